import { PinExplainer } from '../quality/explain.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { Lane } from '../shared/features/feature.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { TaxonomyArtefacts } from '../workers/artefacts.ts';
import type { TaxonomyVersions } from '../workers/chains.ts';
import type { Generations, OpenGeneration } from '../workers/generations.ts';
import { taxonomyUnknown } from '../workers/taxonomy-source.ts';

export interface ClassifierOptions {
  taxonomies: TaxonomyVersions;
  generations: Generations<TaxonomyArtefacts>;
  model: RankingModel;
}

/** The stages of one taxonomy version and lane, over the newest generation of the co-occurrence store. */
export interface OpenClassifier {
  artefacts: TaxonomyArtefacts;
  generation: number;
  explainer: PinExplainer;
}

interface Kept extends OpenClassifier {
  of: OpenGeneration;
}

/** The stages that classify Pins which are handed in, with the versions and the generation that are live. */
export class Classifier {
  readonly #options: ClassifierOptions;
  /** By version and lane. */
  readonly #open = new Map<string, Kept>();

  constructor(options: ClassifierOptions) {
    this.#options = options;
  }

  get model(): RankingModel {
    return this.#options.model;
  }

  /** Versions that classify, in the order of publishing. */
  versions(): readonly string[] {
    return this.#options.taxonomies.versions();
  }

  /**
   * A taxonomy version, with what is built of it.
   *
   * @param version the newest where it is absent
   * @throws P2iError TAXONOMY_UNKNOWN; TAXONOMY_UNPUBLISHED where there is none at all
   */
  artefacts(version = this.versions().at(-1)): TaxonomyArtefacts {
    if (version === undefined) throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
    const artefacts = this.#options.taxonomies.artefacts(version);
    if (artefacts === undefined) throw taxonomyUnknown(version);
    return artefacts;
  }

  /** @throws P2iError as `artefacts`; STORE_UNAVAILABLE */
  async open(lane: Lane, version?: string): Promise<OpenClassifier> {
    const { generations, model } = this.#options;
    const artefacts = this.artefacts(version);
    const of = await generations.open(artefacts, generations.newest(artefacts));
    const key = `${lane} ${artefacts.taxonomy.version}`;
    const kept = this.#open.get(key);
    if (kept?.of === of && kept.artefacts === artefacts) return kept;
    const { generation, names } = of;
    const explainer = new PinExplainer(artefacts, generation, model, lane, names());
    const opened = { of, artefacts, generation: generation.number, explainer };
    this.#forgetRetired();
    this.#open.set(key, opened);
    return opened;
  }

  #forgetRetired(): void {
    const { taxonomies } = this.#options;
    for (const [key, { artefacts }] of this.#open) {
      if (taxonomies.artefacts(artefacts.taxonomy.version) !== artefacts) this.#open.delete(key);
    }
  }
}
