import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { sealedGeneration } from '../../shared/cooccurrence/generation.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Made, Position, Sink } from '../../shared/stream/binding.ts';
import type { Headers } from '../../shared/stream/log.ts';
import { GENERATION_HEADER, ORDER_HEADER, RUN_END_HEADER, RUN_HEADER } from '../headers.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';
import { CooccurrenceSink } from './sink.ts';

/** Mark of the run that the store learns from. */
const RUN_MARK = 'cooccurrence/run';

/** A run, as the store remembers it. */
interface LearntRun {
  name: string;
  order: number;
  /** The generation that it builds. */
  generation: number;
  taxonomy: string;
}

/**
 * The co-occurrence pool: a run that reads generation g builds generation g + 1 from its candidates, and seals it when
 * the run has ended in every partition. Of two runs that would build the same generation, the later one does. One store
 * takes all partitions: the pool has one worker a store.
 */
export class CooccurrenceRuns implements Sink<CandidateBatch> {
  readonly #store: Store;
  readonly #taxonomies: TaxonomySource;
  readonly #partitions: number;
  readonly #onSealed: (generation: number, run: string) => void;
  #run: LearntRun | undefined;
  #sink: CooccurrenceSink | undefined;

  /**
   * @param partitions of p2i-candidates
   * @param onSealed is told of each generation that can be read now
   */
  constructor(
    store: Store,
    taxonomies: TaxonomySource,
    partitions: number,
    onSealed: (generation: number, run: string) => void,
  ) {
    this.#store = store;
    this.#taxonomies = taxonomies;
    this.#partitions = partitions;
    this.#onSealed = onSealed;
    const mark = store.mark(RUN_MARK);
    if (mark !== undefined) this.#run = JSON.parse(mark) as LearntRun;
  }

  apply(made: readonly Made<CandidateBatch>[], { topic, partition, nextOffset }: Position): void {
    for (let from = 0, to = 0; from < made.length; from = to) {
      while (to < made.length && made[to].headers[RUN_HEADER] === made[from].headers[RUN_HEADER]) to++;
      const sink = this.#sinkOf(made[from].headers);
      if (sink === undefined) continue;
      const part = made.slice(from, to);
      sink.begin(topic, partition, part[0].offset);
      sink.apply(part, { topic, partition, nextOffset: to < made.length ? made[to].offset : nextOffset });
      const ended = part.some(({ headers }) => headers[RUN_END_HEADER] === 'true');
      if (ended && sink.end(partition, this.#partitions)) this.#seal(sink);
    }
  }

  committedOffset(topic: string, partition: number): number | undefined {
    if (this.#run === undefined || this.#isSealed(this.#run.generation)) return undefined;
    return this.#open(this.#run).begunAt(topic, partition);
  }

  /** What takes the records of a run; undefined where nothing has to be learnt from them. */
  #sinkOf(headers: Headers): CooccurrenceSink | undefined {
    const name = headers[RUN_HEADER];
    const reads = headers[GENERATION_HEADER];
    if (name === undefined || reads === undefined) return undefined;
    const generation = Number(reads) + 1;
    if (this.#isSealed(generation)) return undefined;
    const order = Number(headers[ORDER_HEADER] ?? 0);
    if (this.#run?.name !== name || this.#run.generation !== generation) {
      const building = this.#run !== undefined && !this.#isSealed(this.#run.generation);
      if (building && this.#run!.order > order) return undefined;
      this.#run = { name, order, generation, taxonomy: headers.taxonomy };
      this.#sink = undefined;
      this.#store.apply({ puts: [], marks: { [RUN_MARK]: JSON.stringify(this.#run) } });
    }
    return this.#open(this.#run);
  }

  #open({ name, generation, taxonomy }: LearntRun): CooccurrenceSink {
    const label = `${generation}/${name}`;
    this.#sink ??= new CooccurrenceSink(this.#store, generation, this.#taxonomies.taxonomy(taxonomy), label);
    return this.#sink;
  }

  #seal(sink: CooccurrenceSink): void {
    sink.seal();
    this.#sink = undefined;
    this.#onSealed(this.#run!.generation, this.#run!.name);
  }

  #isSealed(generation: number): boolean {
    return sealedGeneration(this.#store) >= generation;
  }
}
