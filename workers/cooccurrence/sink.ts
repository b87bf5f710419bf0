import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { CooccurrenceBuilder } from '../../shared/cooccurrence/builder.ts';
import { sealGeneration } from '../../shared/cooccurrence/seal.ts';
import { buildingSpaces } from '../../shared/cooccurrence/spaces.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Position, Sink } from '../../shared/stream/binding.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { pinFacts } from './facts.ts';

/** Mark of the generation that is being built. */
const BUILDING_MARK = 'cooccurrence/building';

/**
 * The co-occurrence pool: takes candidate batches, and builds a generation of the store from their precise matches.
 * The state and the offset that made it are committed together: when memory is full, and by `seal`. What was taken and
 * not yet committed when the process dies is read again.
 */
export class CooccurrenceSink implements Sink<CandidateBatch> {
  readonly #store: Store;
  readonly #generation: number;
  readonly #taxonomy: Taxonomy;
  readonly #builder: CooccurrenceBuilder;
  /** Offsets that were taken, by mark, and are not committed yet. */
  #taken: Record<string, string> = {};

  /** Goes on building `generation`, or begins it where another one was built last. */
  constructor(store: Store, generation: number, taxonomy: Taxonomy) {
    this.#store = store;
    this.#generation = generation;
    this.#taxonomy = taxonomy;
    if (store.mark(BUILDING_MARK) !== String(generation)) {
      const { terms, boards } = buildingSpaces(generation);
      store.apply({ puts: [], clear: [terms, boards], marks: { [BUILDING_MARK]: String(generation) } });
    }
    this.#builder = new CooccurrenceBuilder(store, generation);
  }

  apply(batches: readonly CandidateBatch[], position: Position): void {
    for (const batch of batches) {
      for (let p = 0; p < batch.pins.length; p++) this.#builder.add(pinFacts(batch, p, this.#taxonomy));
    }
    this.#taken[this.#offsetMark(position.topic, position.partition)] = String(position.nextOffset);
    if (this.#builder.full) this.#commit();
  }

  committedOffset(topic: string, partition: number): number {
    return Number(this.#store.mark(this.#offsetMark(topic, partition)) ?? 0);
  }

  /** Commits what is left and makes the generation the one to read. */
  seal(): void {
    this.#commit();
    sealGeneration(this.#store, this.#generation);
  }

  #commit(): void {
    this.#builder.flush(this.#taken);
    this.#taken = {};
  }

  #offsetMark(topic: string, partition: number): string {
    return `cooccurrence/${this.#generation}/${topic}/${partition}`;
  }
}
