import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import { sliceCandidates } from '../../../shared/candidates/split.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import { sealedGeneration } from '../../../shared/cooccurrence/generation.ts';
import { CooccurrenceSink } from '../../../workers/cooccurrence/sink.ts';
import { annotation, candidatesOf, NATURE } from '../candidates/made.ts';
import { pinOf } from '../../support/pin.ts';

const TOPIC = 'p2i-candidates';

const terms = ['mountain', 'rivers', 'castle', 'horse', 'toys and models > horse'];

/** 40 Pins on 6 boards. */
const all = candidatesOf(
  Array.from({ length: 40 }, (_, i) =>
    pinOf({
      id: `T${i}`,
      title: ['St Mawes, Cornwall', 'Ascot', 'A castle by a river'][i % 3],
      annotations: i % 4 === 0 ? [] : [annotation(terms[i % 5], 0.5 + (i % 6) / 10)],
      boards: [{ id: `group:${i % 6}`, name: 'Picturesque Views' }],
    }),
  ),
);

/** One record a batch, the offset its position. */
const RECORDS: CandidateBatch[] = Array.from({ length: 8 }, (_, i) => sliceCandidates(all, i * 5, i * 5 + 5));

const MADE = RECORDS.map((out, offset) => ({ out, offset, headers: {} }));

function contents(store: MemoryStore): unknown[] {
  return ['sealed/1/terms', 'sealed/1/boards', 'sealed/1/interests'].map((space) =>
    Array.from(store.scan(space), ([key, bytes]) => [key, ...bytes]),
  );
}

function feed(store: MemoryStore, cuts: readonly number[]): CooccurrenceSink {
  const sink = new CooccurrenceSink(store, 1, NATURE);
  let from = sink.committedOffset(TOPIC, 0);
  for (const to of [...cuts.filter((cut) => cut > from), RECORDS.length]) {
    sink.apply(MADE.slice(from, to), { topic: TOPIC, partition: 0, nextOffset: to });
    from = to;
  }
  return sink;
}

function whole(): MemoryStore {
  const store = new MemoryStore();
  feed(store, []).seal();
  return store;
}

describe('the co-occurrence pool', () => {
  test('learns the same to the last bit wherever the runtime cuts its input', () => {
    const expected = contents(whole());
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 5 });
    fc.assert(
      fc.property(cuts, (chosen) => {
        const store = new MemoryStore();
        feed(
          store,
          chosen.sort((a, b) => a - b),
        ).seal();
        assert.deepEqual(contents(store), expected);
      }),
      { numRuns: 25 },
    );
  });

  test('that dies before it commits reads all of it again, and counts no Pin twice', () => {
    const store = new MemoryStore();
    const dying = new CooccurrenceSink(store, 1, NATURE);
    dying.apply(MADE.slice(0, 5), { topic: TOPIC, partition: 0, nextOffset: 5 });
    const next = new CooccurrenceSink(store, 1, NATURE);
    assert.equal(next.committedOffset(TOPIC, 0), 0);
    feed(store, [3]).seal();
    assert.deepEqual(contents(store), contents(whole()));
  });

  test('the offset of each partition is committed with the state that it made', () => {
    const store = new MemoryStore();
    const sink = new CooccurrenceSink(store, 1, NATURE);
    assert.equal(sink.committedOffset(TOPIC, 0), 0);
    sink.apply(MADE.slice(0, 5), { topic: TOPIC, partition: 0, nextOffset: 5 });
    sink.apply(MADE.slice(5), { topic: TOPIC, partition: 3, nextOffset: 3 });
    sink.seal();
    const again = new CooccurrenceSink(store, 1, NATURE);
    assert.equal(again.committedOffset(TOPIC, 0), 5);
    assert.equal(again.committedOffset(TOPIC, 3), 3);
    assert.equal(again.committedOffset(TOPIC, 1), 0);
    assert.equal(sealedGeneration(store), 1);
  });

  test('a replay of the whole corpus into the next generation says the same as the first', () => {
    const store = whole();
    const sink = new CooccurrenceSink(store, 2, NATURE);
    assert.equal(sink.committedOffset(TOPIC, 0), 0);
    sink.apply(MADE, { topic: TOPIC, partition: 0, nextOffset: RECORDS.length });
    assert.equal(sealedGeneration(store), 1, 'the old one is read until the new one is sealed');
    sink.seal();
    assert.equal(sealedGeneration(store), 2);
    for (const space of ['terms', 'boards', 'interests']) {
      assert.deepEqual([...store.scan(`sealed/0/${space}`)], [...store.scan(`sealed/1/${space}`)]);
    }
  });

  test('learns nothing from Pins that are gone', () => {
    const gone = candidatesOf([pinOf({ id: 'gone', deleted: true, annotations: [annotation('mountain')] })]);
    const store = new MemoryStore();
    const sink = new CooccurrenceSink(store, 1, NATURE);
    const made = [...MADE, { out: gone, offset: MADE.length, headers: {} }];
    sink.apply(made, { topic: TOPIC, partition: 0, nextOffset: made.length });
    sink.seal();
    assert.deepEqual(contents(store), contents(whole()));
  });

  test('the generation after the next starts from nothing', () => {
    const store = whole();
    for (const generation of [2, 3]) {
      const sink = new CooccurrenceSink(store, generation, NATURE);
      sink.apply(MADE, { topic: TOPIC, partition: 0, nextOffset: RECORDS.length });
      sink.seal();
    }
    assert.equal(sealedGeneration(store), 3);
    assert.deepEqual(contents(store), contents(whole()));
  });
});
