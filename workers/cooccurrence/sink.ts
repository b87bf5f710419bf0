import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { CooccurrenceBuilder } from '../../shared/cooccurrence/builder.ts';
import { sealGeneration } from '../../shared/cooccurrence/seal.ts';
import { lineagePut, lineageToBuild } from '../../shared/cooccurrence/lineage.ts';
import { buildingSpaces, FIRST_LINEAGE, lineageMark } from '../../shared/cooccurrence/spaces.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Made, Position, Sink } from '../../shared/stream/binding.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { pinFacts } from './facts.ts';

/** Mark of the generation of a lineage that is being built. */
const BUILDING = 'building';

/**
 * The co-occurrence pool: takes candidate batches, and builds a generation of the store from their precise matches.
 * The state and the offset that made it are committed together: when memory is full, and by `seal`. What was taken and
 * not yet committed when the process dies is read again.
 */
export class CooccurrenceSink implements Sink<CandidateBatch> {
  readonly #store: Store;
  readonly #lineage: number;
  readonly #generation: number;
  readonly #label: string;
  readonly #taxonomy: TaxonomyTree;
  readonly #builder: CooccurrenceBuilder;
  /** Offsets that were taken, by mark, and are not committed yet. */
  #taken: Record<string, string> = {};

  /**
   * Goes on building, or begins where something else was built last.
   *
   * @param label tells one attempt to build the generation from another
   */
  constructor(store: Store, generation: number, taxonomy: TaxonomyTree, label: string = String(generation)) {
    this.#store = store;
    this.#lineage = lineageToBuild(store, taxonomy);
    this.#generation = generation;
    this.#label = label;
    this.#taxonomy = taxonomy;
    const building = lineageMark(this.#lineage, BUILDING);
    if (store.mark(building) !== label) {
      const { terms, boards } = buildingSpaces(generation, this.#lineage);
      const puts = [lineagePut(this.#lineage, taxonomy)];
      store.apply({ puts, clear: [terms, boards], marks: { [building]: label } });
    }
    this.#builder = new CooccurrenceBuilder(store, generation, this.#lineage);
  }

  /** A consumer group to learn this generation by: another for each lineage. */
  get group(): string {
    const lineage = this.#lineage === FIRST_LINEAGE ? '' : `lineage-${this.#lineage}/`;
    return `learn/${lineage}${this.#label}`;
  }

  apply(made: readonly Made<CandidateBatch>[], position: Position): void {
    // What another run in the same partition had read again is here already.
    const reached = this.#reached(position);
    for (const { out: batch, offset } of made) {
      if (offset < reached) continue;
      for (let p = 0; p < batch.pins.length; p++) {
        if (!batch.pins[p].deleted) this.#builder.add(pinFacts(batch, p, this.#taxonomy));
      }
    }
    const nextOffset = Math.max(reached, position.nextOffset);
    this.#taken[this.#offsetMark(position.topic, position.partition)] = String(nextOffset);
    if (this.#builder.full) this.#commit();
  }

  committedOffset(topic: string, partition: number): number {
    return this.begunAt(topic, partition) ?? 0;
  }

  /** The committed offset; undefined where nothing of the partition is noted, not even that it was begun. */
  begunAt(topic: string, partition: number): number | undefined {
    const mark = this.#store.mark(this.#offsetMark(topic, partition));
    return mark === undefined ? undefined : Number(mark);
  }

  /** Notes durably that the partition is taken from `offset` on; nothing where that is noted already. */
  begin(topic: string, partition: number, offset: number): void {
    if (this.begunAt(topic, partition) !== undefined) return;
    this.#store.apply({ puts: [], marks: { [this.#offsetMark(topic, partition)]: String(offset) } });
  }

  /** Notes that the partition has no more. */
  end(partition: number): void {
    this.#taken[this.#endMark(partition)] = 'true';
  }

  /** True where all of so many partitions have no more. */
  hasEnded(partitions: number): boolean {
    for (let p = 0; p < partitions; p++) {
      const mark = this.#endMark(p);
      if (!(mark in this.#taken) && this.#store.mark(mark) === undefined) return false;
    }
    return true;
  }

  /** Commits what is left and makes the generation the one to read. */
  seal(): void {
    this.#commit();
    sealGeneration(this.#store, this.#generation, this.#lineage);
  }

  #commit(): void {
    this.#builder.flush(this.#taken);
    this.#taken = {};
  }

  /** Up to where the partition is taken, be that committed or not. */
  #reached({ topic, partition }: Position): number {
    const taken = this.#taken[this.#offsetMark(topic, partition)] as string | undefined;
    return taken === undefined ? this.committedOffset(topic, partition) : Number(taken);
  }

  #offsetMark(topic: string, partition: number): string {
    return lineageMark(this.#lineage, `${this.#label}/${topic}/${partition}`);
  }

  #endMark(partition: number): string {
    return lineageMark(this.#lineage, `${this.#label}/ended/${partition}`);
  }
}
