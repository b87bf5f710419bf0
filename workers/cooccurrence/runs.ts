import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { sealedGeneration } from '../../shared/cooccurrence/generation.ts';
import { lineages, lineageToBuild } from '../../shared/cooccurrence/lineage.ts';
import { lineageMark } from '../../shared/cooccurrence/spaces.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Made, Position, Sink } from '../../shared/stream/binding.ts';
import type { Headers } from '../../shared/stream/log.ts';
import {
  GENERATION_HEADER,
  LEARN_HEADER,
  ORDER_HEADER,
  RUN_END_HEADER,
  RUN_HEADER,
  TAXONOMY_HEADER,
} from '../headers.ts';
import type { TaxonomySource } from '../taxonomy-source.ts';
import { CooccurrenceSink } from './sink.ts';

/** Mark of the run that a lineage learns from. */
const RUN = 'run';

/** A run, as the store remembers it. */
interface LearntRun {
  name: string;
  order: number;
  /** The generation that it builds. */
  generation: number;
  taxonomy: string;
}

/** A run that a lineage learns from. */
interface Learning {
  readonly lineage: number;
  readonly run: LearntRun;
  /** What builds the generation, once it was needed. */
  sink?: CooccurrenceSink;
}

/**
 * The co-occurrence pool: a run that reads generation g builds generation g + 1 from its candidates, and seals it when
 * the run has ended in every partition. Of two runs that would build the same generation of a taxonomy, the later one
 * does; runs of unrelated taxonomies are learnt from side by side. One store takes all partitions: the pool has one worker
 * a store.
 */
export class CooccurrenceRuns implements Sink<CandidateBatch> {
  readonly #store: Store;
  readonly #taxonomies: TaxonomySource;
  readonly #partitions: number;
  readonly #onSealed: (generation: number, run: string) => void;
  /** By lineage: the run that it learns from, and what builds it. */
  readonly #learning = new Map<number, Learning>();

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
    for (const lineage of lineages(store)) {
      const mark = store.mark(lineageMark(lineage, RUN));
      if (mark !== undefined) this.#learning.set(lineage, { lineage, run: JSON.parse(mark) as LearntRun });
    }
  }

  prepare(
    made: readonly Made<CandidateBatch>[],
    { topic, partition }: Pick<Position, 'topic' | 'partition'>,
  ): void {
    for (const part of byRun(made)) {
      const learning = this.#learningOf(part[0].headers);
      if (learning !== undefined) this.#sinkOf(learning).begin(topic, partition, part[0].offset);
    }
  }

  apply(made: readonly Made<CandidateBatch>[], { topic, partition, nextOffset }: Position): void {
    const parts = byRun(made);
    for (const [i, part] of parts.entries()) {
      const learning = this.#learningOf(part[0].headers);
      if (learning === undefined) continue;
      const sink = this.#sinkOf(learning);
      sink.apply(part, { topic, partition, nextOffset: parts[i + 1]?.[0].offset ?? nextOffset });
      if (!part.some(({ headers }) => headers[RUN_END_HEADER] === 'true')) continue;
      sink.end(partition);
      if (sink.hasEnded(this.#partitions)) this.#seal(learning, sink);
    }
  }

  committedOffset(topic: string, partition: number): number | undefined {
    let from: number | undefined;
    for (const learning of this.#learning.values()) {
      if (this.#isSealed(learning.lineage, learning.run.generation)) continue;
      const sink = this.#goOn(learning);
      if (sink === undefined) continue;
      // A process died when all was there and only the seal was missing: no record will come to ask for it.
      if (sink.hasEnded(this.#partitions)) this.#seal(learning, sink);
      const at = sink.begunAt(topic, partition);
      // What one of several runs has already and is read again for another, its sink passes over.
      if (at !== undefined) from = Math.min(at, from ?? at);
    }
    return from;
  }

  /** What builds a run that the store remembers; undefined where its taxonomy has been retired since: it never ends. */
  #goOn(learning: Learning): CooccurrenceSink | undefined {
    try {
      return this.#sinkOf(learning);
    } catch (error) {
      if (error instanceof P2iError && error.code === 'TAXONOMY_UNKNOWN') return undefined;
      throw error;
    }
  }

  /** The learning that takes the records of a run; undefined where nothing has to be learnt from them. */
  #learningOf(headers: Headers): Learning | undefined {
    const name = headers[RUN_HEADER];
    const reads = headers[GENERATION_HEADER];
    if (name === undefined || reads === undefined || headers[LEARN_HEADER] === 'false') return undefined;
    const generation = Number(reads) + 1;
    const { [TAXONOMY_HEADER]: taxonomy } = headers;
    const lineage = lineageToBuild(this.#store, this.#taxonomies.taxonomy(taxonomy));
    if (this.#isSealed(lineage, generation)) return undefined;
    const order = Number(headers[ORDER_HEADER] ?? 0);
    const known = this.#learning.get(lineage);
    if (known?.run.name === name && known.run.generation === generation) return known;
    const building = known !== undefined && !this.#isSealed(lineage, known.run.generation);
    if (building && known.run.order > order) return undefined;
    const learning: Learning = { lineage, run: { name, order, generation, taxonomy } };
    this.#learning.set(lineage, learning);
    this.#store.apply({ puts: [], marks: { [lineageMark(lineage, RUN)]: JSON.stringify(learning.run) } });
    return learning;
  }

  #sinkOf(learning: Learning): CooccurrenceSink {
    const { name, generation, taxonomy } = learning.run;
    const label = `${generation}/${name}`;
    return (learning.sink ??= new CooccurrenceSink(
      this.#store,
      generation,
      this.#taxonomies.taxonomy(taxonomy),
      label,
    ));
  }

  #seal(learning: Learning, sink: CooccurrenceSink): void {
    sink.seal();
    delete learning.sink;
    this.#onSealed(learning.run.generation, learning.run.name);
  }

  #isSealed(lineage: number, generation: number): boolean {
    return sealedGeneration(this.#store, lineage) >= generation;
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
