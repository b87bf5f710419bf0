import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { RetrievalIndex, RetrievalReader } from '../../../consumer/retrieval/index.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { seeded } from '../../support/random.ts';
import { batchOf, flatTaxonomy, Scan, updateOf, type Scores } from './support.ts';

let directory: string;
let stores = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'p2i-retrieval-'));
});
after(() => rm(directory, { recursive: true }));

function newStore(): string {
  return join(directory, String(stores++));
}

/** A store that has taken up updates, the batches ending where `ends` says, each batch twice; and the scan that it is to equal. */
async function indexed(
  changes: readonly [pin: string, scores: Scores | null][],
  isEnd: (offset: number) => boolean,
): Promise<{ reader: RetrievalReader; scan: Scan; index: RetrievalIndex }> {
  const path = newStore();
  const index = await RetrievalIndex.open(path, new FollowedTaxonomy(flatTaxonomy('v1', 16)));
  const scan = new Scan();
  let start = 0;
  changes.forEach(([pin, scores], offset) => {
    scan.set(pin, scores);
    if (!isEnd(offset) && offset < changes.length - 1) return;
    const batch = batchOf(
      changes.slice(start, offset + 1).map(([p, s], i) => updateOf(p, s, { offset: start + i })),
    );
    start = offset + 1;
    index.apply([batch]);
    assert.deepEqual(index.apply([batch]), { updates: 0, passedOver: 0, postings: 0 });
  });
  return { index, scan, reader: RetrievalReader.open(path) };
}

const PIN = fc.integer({ min: 0, max: 30 }).map((n) => `pin ${n}`);
const INTEREST = fc.integer({ min: 1, max: 8 });
/** Few, so that there are ties. */
const SCORE = fc.constantFrom(1e-6, 0.1, 0.25, 0.5, 0.500001, 0.75, 1);
const SCORES = fc
  .uniqueArray(fc.tuple(INTEREST, SCORE), { maxLength: 5, selector: ([id]) => id })
  .map((pairs) => Object.fromEntries(pairs));
const CHANGE = fc.tuple(PIN, fc.option(SCORES, { freq: 6 }));
const WEIGHTS = fc
  .uniqueArray(fc.tuple(INTEREST, fc.constantFrom(1e-300, 0.01, 0.5, 1, 2, 1e300)), {
    minLength: 1,
    selector: ([id]) => id,
  })
  .map((pairs) => new Map(pairs));

describe('retrieval', () => {
  test('finds what a scan of everything finds, whatever comes in whatever batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(CHANGE, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(WEIGHTS, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 12 }),
        async (changes, size, queries, k) => {
          const { reader, scan, index } = await indexed(changes, (offset) => offset % size === size - 1);
          assert.equal(index.pins, scan.size);
          for (let id = 1; id <= 8; id++) assert.deepEqual(reader.top(id, k), scan.top(id, k));
          for (const weights of queries) assert.deepEqual(reader.topFor(weights, k), scan.topFor(weights, k));
          await reader.close();
          await index.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  test('finds what a scan finds where most Pins have some interests and few have the others', async () => {
    const random = seeded(11);
    const share = (id: number): number => (id <= 3 ? 0.6 : 0.03);
    // Broad interests have high scores; the others have some that many share.
    const scoreFor = (id: number): number =>
      id <= 3 ? 1 - 0.3 * random() ** 3 : Math.ceil(20 * random()) / 20;
    const changes: [string, Scores][] = Array.from({ length: 30_000 }, (_, i) => {
      const ids = [1, 2, 3, 4, 5, 6, 7, 8].filter((id) => random() < share(id));
      return [`pin ${i}`, Object.fromEntries(ids.map((id) => [id, scoreFor(id)]))];
    });
    const { reader, scan, index } = await indexed(changes, (offset) => offset % 15_000 === 0);
    for (let query = 0; query < 32; query++) {
      const ids = query % 2 === 0 ? [1, 2, 3] : [1, 2, 3, 4, 5, 6, 7, 8];
      const weights = new Map(ids.map((id) => [id, 0.5 + random()]));
      const k = [1, 10, 100, 1000][query >> 3];
      assert.deepEqual(reader.topFor(weights, k), scan.topFor(weights, k));
    }
    await reader.close();
    await index.close();
  });

  test('finds Pins with one interest of great weight, and none of those whose lists are read first', async () => {
    const random = seeded(13);
    const light = Array.from({ length: 15 }, (_, i) => i + 2);
    const changes: [string, Scores][] = Array.from({ length: 50_000 }, (_, i) => {
      if (i % 5 > 0) return [`pin ${i}`, { 1: random() }];
      return [
        `pin ${i}`,
        Object.fromEntries(light.filter(() => random() < 0.24).map((id) => [id, random()])),
      ];
    });
    const { reader, scan, index } = await indexed(changes, (offset) => offset % 25_000 === 0);
    const weights = new Map([[1, 13], ...light.map((id): [number, number] => [id, 1])]);
    for (const k of [1, 10, 100]) assert.deepEqual(reader.topFor(weights, k), scan.topFor(weights, k));
    await reader.close();
    await index.close();
  });

  test('keeps lists of many blocks in order while they grow, change and shrink', async () => {
    const random = seeded(7);
    const scores = (): Scores =>
      Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7]
          .filter((id) => random() < 1 / id)
          .map((id) => [id, Math.ceil(1000 * random()) / 1000]),
      );
    const changes: [string, Scores | null][] = [];
    for (let i = 0; i < 6000; i++) changes.push([`pin ${i}`, scores()]);
    for (let i = 0; i < 4000; i++) changes.push([`pin ${Math.floor(6000 * random())}`, scores()]);
    // Most of the Pins go, in an order of their own.
    for (let i = 0; i < 5500; i++) changes.push([`pin ${(i * 7919) % 6000}`, null]);
    for (const upTo of [6000, 10_000, changes.length]) {
      const { reader, scan, index } = await indexed(changes.slice(0, upTo), (offset) => offset % 1700 === 0);
      for (let id = 1; id <= 8; id++) {
        assert.deepEqual(reader.top(id, Infinity), scan.top(id, Infinity));
        assert.equal(reader.count(id), scan.top(id, Infinity).length);
      }
      for (let query = 0; query < 40; query++) {
        const ids = [1, 2, 3, 4, 5, 6, 7, 8].filter(() => random() < 0.6);
        const weights = new Map(ids.map((id) => [id, random() + 0.01]));
        for (const k of [1, 10, 100]) assert.deepEqual(reader.topFor(weights, k), scan.topFor(weights, k));
      }
      await reader.close();
      await index.close();
    }
  });
});
