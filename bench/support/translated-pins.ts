import { PATHS } from '../../cli/paths.ts';
import { NO_ENGAGEMENT, type Pin } from '../../shared/pins/pin.ts';
import { readTaxonomy } from '../../shared/taxonomy/read.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { ENGLISH } from '../../shared/translation/languages.ts';
import { seeded } from '../../test/support/random.ts';

/** Names of the description of a Pin. */
const DESCRIBING = 3;

/** Every so many-th interest has a Pin. */
const EVERY = 20;

/** Pins about the same interests in several languages, word for word what their translators made of them. */
export class TranslatedPins {
  readonly taxonomy: Taxonomy;
  /** Dense indices: of the title, then of the description. */
  readonly #named: readonly (readonly number[])[];

  /** Of the bundled Shopify taxonomy. @param tags languages that all interests of the Pins have a name in */
  static async open(tags: readonly string[]): Promise<TranslatedPins> {
    return new TranslatedPins(await readTaxonomy(PATHS.shopify), tags);
  }

  constructor(taxonomy: Taxonomy, tags: readonly string[]) {
    this.taxonomy = taxonomy;
    const random = seeded(1);
    const having = taxonomy.names
      .keys()
      .filter((interest) => tags.every((tag) => this.name(interest, tag) !== undefined))
      .toArray();
    const any = (): number => having[Math.floor(random() * having.length)];
    this.#named = having
      .filter((_, i) => i % EVERY === 0)
      .map((interest) => [interest, ...Array.from({ length: DESCRIBING }, any)]);
  }

  /** What an interest is called in a language. */
  name(interest: number, tag: string): string | undefined {
    if (tag === ENGLISH) return this.taxonomy.names[interest];
    return this.taxonomy.translations.get(interest)?.[tag]?.[0];
  }

  /**
   * The Pins in a language: the title names an interest, the description three further ones.
   *
   * @param states whether they state their language
   */
  in(tag: string, states: boolean): Pin[] {
    return this.#named.map((interests, i): Pin => {
      const [title, ...others] = interests.map((interest) => this.name(interest, tag));
      return {
        ...{ id: `${tag}-${i}`, version: 1, createdAt: 0, title: title!, description: others.join(', ') },
        ...{ language: states ? tag : null, annotations: [], boards: [], engagement: NO_ENGAGEMENT },
        ...{ kind: null, country: null, embedding: null, deleted: false },
      };
    });
  }
}
