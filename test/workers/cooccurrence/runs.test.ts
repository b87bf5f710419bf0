import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import { sliceCandidates } from '../../../shared/candidates/split.ts';
import { sealedGeneration } from '../../../shared/cooccurrence/generation.ts';
import { FIRST_LINEAGE, sealedMark } from '../../../shared/cooccurrence/spaces.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Change } from '../../../shared/store/store.ts';
import type { Made } from '../../../shared/stream/binding.ts';
import { CooccurrenceRuns } from '../../../workers/cooccurrence/runs.ts';
import {
  GENERATION_HEADER,
  LEARN_HEADER,
  ORDER_HEADER,
  RUN_END_HEADER,
  RUN_HEADER,
  TAXONOMY_HEADER,
} from '../../../workers/headers.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { pinOf } from '../../support/pin.ts';
import { annotation, candidatesOf, NATURE } from '../candidates/made.ts';

const TOPIC = 'p2i-candidates';
const PARTITIONS = 2;
const BATCHES = 4;

const terms = ['mountain', 'river', 'castle', 'toys and models > horse'];
const all = candidatesOf(
  Array.from({ length: BATCHES * PARTITIONS * 5 }, (_, i) =>
    pinOf({ id: `T${i}`, title: 'A castle by a river', annotations: [annotation(terms[i % 4])] }),
  ),
);
const none = sliceCandidates(all, 0, 0);

interface Run {
  name: string;
  order: number;
  generation: number;
  learns?: boolean;
}

/** The records of a run in a partition: its batches, then its end; offsets from `first`. */
function recordsOf(
  { name, order, generation, learns }: Run,
  partition: number,
  first: number,
): Made<CandidateBatch>[] {
  const headers = {
    [RUN_HEADER]: name,
    [ORDER_HEADER]: String(order),
    [GENERATION_HEADER]: String(generation),
    [TAXONOMY_HEADER]: NATURE.version,
    ...(learns === false && { [LEARN_HEADER]: 'false' }),
  };
  const records = Array.from({ length: BATCHES }, (_, i): Made<CandidateBatch> => {
    const from = 5 * (partition * BATCHES + i);
    return { out: sliceCandidates(all, from, from + 5), offset: first + i, headers };
  });
  const end = { out: none, offset: first + BATCHES, headers: { ...headers, [RUN_END_HEADER]: 'true' } };
  return [...records, end];
}

/** A store whose process may die when a generation is to be sealed. */
class MortalStore extends MemoryStore {
  diesAtSeal = false;

  override apply(change: Change): void {
    if (this.diesAtSeal && change.marks !== undefined && sealedMark(FIRST_LINEAGE) in change.marks)
      throw new Error('died');
    super.apply(change);
  }
}

/** One partition as a log, so that a new process may go back. */
class Feed {
  readonly #records: readonly Made<CandidateBatch>[][];
  readonly sealed: number[] = [];
  readonly store = new MortalStore();
  #sink = this.#open();
  /** What the log's group has committed; never behind the store. */
  readonly #next = new Array<number>(PARTITIONS).fill(0);

  constructor(runs: readonly Run[]) {
    this.#records = Array.from({ length: PARTITIONS }, (_, partition) =>
      runs.flatMap((run, r) => recordsOf(run, partition, r * (BATCHES + 1))),
    );
  }

  #open(): CooccurrenceRuns {
    return new CooccurrenceRuns(this.store, oneTaxonomy(NATURE), PARTITIONS, (generation) =>
      this.sealed.push(generation),
    );
  }

  /** The process dies: what its sink had gathered is gone, the store and the log are not. */
  restart(): void {
    this.#sink = this.#open();
    for (let partition = 0; partition < PARTITIONS; partition++)
      this.#next[partition] = this.#sink.committedOffset(TOPIC, partition) ?? this.#next[partition];
  }

  /** Feeds some records of a partition; the process may die when the log has them and the store not. */
  step(partition: number, count: number, dies = false): boolean {
    const from = this.#next[partition];
    const made = this.#records[partition].slice(from, from + count);
    if (made.length === 0) return false;
    this.#sink.prepare(made, { topic: TOPIC, partition });
    this.#next[partition] = from + made.length;
    if (dies) {
      this.restart();
      return true;
    }
    this.#sink.apply(made, { topic: TOPIC, partition, nextOffset: this.#next[partition] });
    return true;
  }

  toEnd(): this {
    for (let partition = 0; partition < PARTITIONS; partition++) while (this.step(partition, 3)) continue;
    return this;
  }

  contents(): unknown[] {
    const side = sealedGeneration(this.store) % 2;
    return ['terms', 'boards', 'interests'].map((space) =>
      Array.from(this.store.scan(`sealed/${side}/${space}`), ([key, bytes]) => [key, ...bytes]),
    );
  }
}

const FIRST: Run = { name: 'r1', order: 1, generation: 0 };

describe('the co-occurrence pool', () => {
  const whole = new Feed([FIRST]).toEnd();

  test('a run that reads generation 0 builds generation 1, sealed once it has ended in every partition', () => {
    const feed = new Feed([FIRST]);
    while (feed.step(0, 1)) continue;
    assert.equal(sealedGeneration(feed.store), 0);
    feed.toEnd();
    assert.deepEqual(feed.sealed, [1]);
    assert.equal(sealedGeneration(feed.store), 1);
    assert.ok((feed.contents()[0] as unknown[]).length > 0, 'it has learnt something');
  });

  test('killed at any moments, it ends with the same bytes', () => {
    const aStep = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(fc.nat(PARTITIONS - 1), fc.integer({ min: 1, max: 3 }), fc.boolean()),
      },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 20 }), (steps) => {
        const feed = new Feed([FIRST]);
        for (const step of steps) {
          if (step === 'restart') feed.restart();
          else feed.step(...step);
        }
        feed.restart();
        assert.deepEqual(feed.toEnd().contents(), whole.contents());
      }),
    );
  });

  test('killed when all is there and only the seal is missing, it seals when it starts again', () => {
    const feed = new Feed([FIRST]);
    feed.store.diesAtSeal = true;
    assert.throws(() => feed.toEnd(), /died/);
    assert.equal(sealedGeneration(feed.store), 0);
    feed.store.diesAtSeal = false;
    feed.restart();
    assert.deepEqual(feed.sealed, [1]);
    assert.deepEqual(feed.contents(), whole.contents());
  });

  test('runs that follow each other build generation after generation', () => {
    const runs = [FIRST, { name: 'r2', order: 2, generation: 1 }, { name: 'r3', order: 3, generation: 2 }];
    const feed = new Feed(runs);
    // A run that reads a generation begins when that one is sealed: when the run before has ended everywhere.
    for (let i = 0; i < runs.length; i++)
      for (let partition = 0; partition < PARTITIONS; partition++) feed.step(partition, BATCHES + 1);
    assert.deepEqual(feed.sealed, [1, 2, 3]);
    assert.deepEqual(feed.contents(), whole.contents());
  });

  test('a run that reads a generation whose next is built already teaches nothing', () => {
    const feed = new Feed([FIRST, { name: 'again', order: 2, generation: 0 }]).toEnd();
    assert.deepEqual(feed.sealed, [1]);
    assert.deepEqual(feed.contents(), whole.contents());
  });

  test('a later run takes the place of one that never ended, whose stray records are then left alone', () => {
    const feed = new Feed([FIRST, { name: 'r2', order: 2, generation: 0 }]);
    feed.step(0, 2);
    // The second run comes in partition 1 while partition 0 is still in the first.
    while (feed.step(1, 1)) continue;
    feed.toEnd();
    assert.deepEqual(feed.sealed, [1]);
    assert.deepEqual(feed.contents(), whole.contents());
  });

  test('a run that is not to be learnt from teaches nothing, and takes no other run’s place', () => {
    const feed = new Feed([{ name: 'part', order: 2, generation: 0, learns: false }]).toEnd();
    assert.equal(sealedGeneration(feed.store), 0);
    const both = new Feed([FIRST, { name: 'part', order: 2, generation: 0, learns: false }]);
    both.step(0, 2);
    while (both.step(1, 1)) continue;
    both.toEnd();
    assert.deepEqual(both.sealed, [1]);
    assert.deepEqual(both.contents(), whole.contents());
  });

  test('records of no run teach nothing', () => {
    const store = new MemoryStore();
    const sink = new CooccurrenceRuns(store, oneTaxonomy(NATURE), 1, () => assert.fail('sealed'));
    sink.apply([{ out: all, offset: 0, headers: {} }], { topic: TOPIC, partition: 0, nextOffset: 1 });
    assert.equal(sink.committedOffset(TOPIC, 0), undefined);
    assert.equal(sealedGeneration(store), 0);
  });
});
