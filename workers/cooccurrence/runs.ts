import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { sealedGeneration } from '../../shared/cooccurrence/generation.ts';
import { P2iError } from '../../shared/errors/errors.ts';
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

  prepare(
    made: readonly Made<CandidateBatch>[],
    { topic, partition }: Pick<Position, 'topic' | 'partition'>,
  ): void {
    for (const part of byRun(made)) this.#sinkOf(part[0].headers)?.begin(topic, partition, part[0].offset);
  }

  apply(made: readonly Made<CandidateBatch>[], { topic, partition, nextOffset }: Position): void {
    const parts = byRun(made);
    for (const [i, part] of parts.entries()) {
      const sink = this.#sinkOf(part[0].headers);
      if (sink === undefined) continue;
      sink.apply(part, { topic, partition, nextOffset: parts[i + 1]?.[0].offset ?? nextOffset });
      if (!part.some(({ headers }) => headers[RUN_END_HEADER] === 'true')) continue;
      sink.end(partition);
      if (sink.hasEnded(this.#partitions)) this.#seal(sink);
    }
  }

  committedOffset(topic: string, partition: number): number | undefined {
    if (this.#run === undefined || this.#isSealed(this.#run.generation)) return undefined;
    const sink = this.#goOn(this.#run);
    if (sink === undefined) return undefined;
    // A process died when all was there and only the seal was missing: no record will come to ask for it.
    if (sink.hasEnded(this.#partitions)) this.#seal(sink);
    return sink.begunAt(topic, partition);
  }

  /** What builds the run that the store remembers; undefined where its taxonomy has been retired since: it never ends. */
  #goOn(run: LearntRun): CooccurrenceSink | undefined {
    try {
      return this.#open(run);
    } catch (error) {
      if (error instanceof P2iError && error.code === 'TAXONOMY_UNKNOWN') return undefined;
      throw error;
    }
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

/** Records that follow each other and are of one run. */
function byRun(made: readonly Made<CandidateBatch>[]): Made<CandidateBatch>[][] {
  const parts: Made<CandidateBatch>[][] = [];
  for (const one of made) {
    const last = parts.at(-1);
    if (last !== undefined && last[0].headers[RUN_HEADER] === one.headers[RUN_HEADER]) last.push(one);
    else parts.push([one]);
  }
  return parts;
}
