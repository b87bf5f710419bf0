import { Generation, newestGeneration } from '../shared/cooccurrence/generation.ts';
import { interestNames, type InterestNames } from '../shared/features/interest-names.ts';
import type { Store } from '../shared/store/store.ts';
import type { TaxonomyArtefacts } from './artefacts.ts';

/** A generation of the co-occurrence store, seen through a taxonomy version. */
export interface OpenGeneration {
  generation: Generation;
  /** The interests' names, weighed by it. Worked out at the first call: only feature extraction needs them. */
  names: () => InterestNames;
}

/** Opens generations once each. @typeParam A what is held of a taxonomy version */
export interface Generations<A> {
  /** Number of the newest sealed one of the taxonomy; 0 where there is none. @throws P2iError STORE_UNAVAILABLE */
  newest(artefacts: A): number;
  /** @throws P2iError GENERATION_UNKNOWN, STORE_UNAVAILABLE */
  open(artefacts: A, number: number): OpenGeneration | Promise<OpenGeneration>;
}

/** Kept open: two generations of a few versions. */
export const KEPT = 8;

/** The generations of a store that this thread reads. */
export class StoreGenerations implements Generations<TaxonomyArtefacts> {
  readonly #store: Store;
  readonly #open: { artefacts: TaxonomyArtefacts; number: number; opened: OpenGeneration }[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  newest({ taxonomy }: TaxonomyArtefacts): number {
    return newestGeneration(this.#store, taxonomy);
  }

  open(artefacts: TaxonomyArtefacts, number: number): OpenGeneration {
    const known = this.#open.find((open) => open.artefacts === artefacts && open.number === number);
    if (known !== undefined) return known.opened;
    const { taxonomy, textVectors } = artefacts;
    const generation = new Generation(this.#store, taxonomy, number);
    let names: InterestNames | undefined;
    const opened = {
      generation,
      names: () => (names ??= interestNames(taxonomy, textVectors, generation)),
    };
    if (this.#open.length === KEPT) this.#open.shift();
    this.#open.push({ artefacts, number, opened });
    return opened;
  }
}
