import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { P2iConsumer } from '../../../consumer/consumer.ts';
import { followInto, RetrievalIndex, RetrievalReader } from '../../../consumer/retrieval/index.ts';
import type { UpdateBatch } from '../../../consumer/results/update.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { ofCode, unexpected } from '../../support/assertions.ts';
import { NEWER, OLDER } from './story.ts';
import { batchOf, flatTaxonomy, updateOf, type Scores } from './support.ts';

let directory: string;
let stores = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'p2i-retrieval-'));
});
after(() => rm(directory, { recursive: true }));

function newStore(): string {
  return join(directory, String(stores++));
}

function indexOf(pins: Readonly<Record<string, Scores>>): UpdateBatch {
  return batchOf(Object.entries(pins).map(([pin, scores], offset) => updateOf(pin, scores, { offset })));
}

/** What p2i-results is to `followInto`: batches of partition 0, and then nothing more until it is told to stop. */
function topicOf(batches: readonly UpdateBatch[], ends: number[]): Pick<P2iConsumer, 'opened' | 'results'> {
  return {
    opened: { log: { endOffsets: async () => ends } },
    results: {
      async *follow({ from, signal }: { from: ReadonlyMap<number, number>; signal: AbortSignal }) {
        for (const batch of batches) if (batch.next > (from.get(0) ?? 0)) yield batch;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
  } as unknown as Pick<P2iConsumer, 'opened' | 'results'>;
}

describe('a newer taxonomy version', () => {
  const PINS: Record<string, Scores> = {
    cat: { 111: 0.9, 11: 0.95, 1: 0.99 },
    kitten: { 112: 0.8, 11: 0.85, 1: 0.9 },
    rose: { 121: 0.7, 12: 0.75, 1: 0.8 },
    square: { 211: 0.6, 21: 0.65, 2: 0.7 },
    painter: { 31: 0.5, 3: 0.55 },
  };

  async function carried(): Promise<{ reader: RetrievalReader; index: RetrievalIndex }> {
    const path = newStore();
    const taxonomy = new FollowedTaxonomy(OLDER);
    const index = await RetrievalIndex.open(path, taxonomy);
    index.apply([indexOf(PINS)]);
    await index.carry(taxonomy.publish(NEWER)!);
    return { index, reader: RetrievalReader.open(path) };
  }

  test('a merged interest goes on as its heir, a moved one under its new ancestors, a removed one as those above', async () => {
    const { reader, index } = await carried();
    const names = (id: number): string[] => reader.top(id, 10).map(({ pin }) => pin);
    assert.equal(reader.taxonomy, 'v2');
    assert.deepEqual(names(111), ['cat', 'kitten']);
    assert.deepEqual(names(112), []);
    assert.equal(reader.count(112), 0);
    assert.deepEqual(names(12), ['rose']);
    assert.deepEqual(names(1), ['cat', 'kitten']);
    assert.deepEqual(names(2), ['rose', 'square']);
    assert.deepEqual(names(211), []);
    assert.deepEqual(names(21), ['square']);
    assert.deepEqual(names(31), ['painter']);
    assert.equal(reader.pin('rose')!.taxonomy, 'v1');
    await reader.close();
    await index.close();
  });

  test('results of it replace those of the version before, and not the reverse', async () => {
    const { reader, index } = await carried();
    const updates = [
      updateOf('rose', { 31: 0.4, 3: 0.5 }, { offset: 5, taxonomy: 'v2' }),
      updateOf('rose', PINS.rose, { offset: 6 }),
      updateOf('cat', null, { offset: 7, taxonomy: 'v2' }),
      updateOf('painter', null, { offset: 8 }),
    ];
    assert.deepEqual(index.apply([batchOf(updates)]), { updates: 4, passedOver: 1, postings: 10 });
    assert.deepEqual(
      reader.top(3, 10).map(({ pin }) => pin),
      ['rose'],
    );
    assert.equal(reader.pin('painter'), undefined);
    assert.equal(reader.pin('cat'), undefined);
    assert.equal(index.pins, 3);
    await reader.close();
    await index.close();
  });

  test('a batch waits until the store is in its ids', async () => {
    const taxonomy = new FollowedTaxonomy(OLDER);
    const index = await RetrievalIndex.open(newStore(), taxonomy);
    const succession = taxonomy.publish(NEWER)!;
    assert.throws(() => index.apply([indexOf(PINS)]), ofCode('STORE_MISMATCH', /in the ids of v1/));
    await index.carry(succession);
    await assert.rejects(index.carry(succession), ofCode('STORE_MISMATCH'));
    assert.equal(index.apply([indexOf(PINS)]).updates, 5);
    await index.close();
  });
});

describe('a store', () => {
  const FLAT = flatTaxonomy('v1', 3);

  test('has one writer at a time', async () => {
    const path = newStore();
    const index = await RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    const second = RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    await assert.rejects(second, ofCode('STORE_UNAVAILABLE', /another process writes to it/));
    await index.close();
    await (await RetrievalIndex.open(path, new FollowedTaxonomy(FLAT))).close();
  });

  test('of a taxonomy that is not followed is refused', async () => {
    const path = newStore();
    const index = await RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    index.apply([indexOf({ a: { 1: 0.5 } })]);
    await index.close();
    await assert.rejects(
      RetrievalIndex.open(path, new FollowedTaxonomy(NEWER)),
      ofCode('STORE_MISMATCH', /is of taxonomy v1/),
    );
  });

  test('that is none, is broken or is not there is refused', async () => {
    const path = newStore();
    assert.throws(() => RetrievalReader.open(path), ofCode('STORE_UNAVAILABLE', /no store/));
    await mkdir(path);
    await writeFile(join(path, 'data.mdb'), Buffer.alloc(100_000, 7));
    assert.throws(() => RetrievalReader.open(path), ofCode('STORE_UNAVAILABLE', /no LMDB file/));
    const opened = RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    await assert.rejects(opened, ofCode('STORE_UNAVAILABLE', /no LMDB file/));
    const cut = newStore();
    const index = await RetrievalIndex.open(cut, new FollowedTaxonomy(FLAT));
    for (let i = 1; i < 4; i++)
      index.apply([
        batchOf(
          Array.from({ length: 20_000 }, (_, at) =>
            updateOf(`${at}`, { 1: 0.5, 2: 0.25 * i }, { offset: 20_000 * i + at }),
          ),
        ),
      ]);
    await index.close();
    await truncate(join(cut, 'data.mdb'), 1 << 20);
    assert.throws(() => RetrievalReader.open(cut), ofCode('STORE_UNAVAILABLE', /cut short/));
    const file = join(directory, 'file');
    await writeFile(file, '');
    await assert.rejects(RetrievalIndex.open(file, new FollowedTaxonomy(FLAT)), ofCode('STORE_UNAVAILABLE'));
  });

  test('is read with all of a batch or nothing of it', async () => {
    const path = newStore();
    const index = await RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    index.apply([indexOf({ a: { 1: 0.5 }, b: { 1: 0.6 } })]);
    const reader = RetrievalReader.open(path);
    assert.equal(reader.count(1), 2);
    const failing = batchOf([
      updateOf('c', { 1: 0.7 }, { offset: 2 }),
      updateOf('d', { 1: 0.8 }, { offset: 3 }),
    ]);
    failing.updates[1].result!.interests = {} as never;
    assert.throws(() => index.apply([failing]), ofCode('STORE_UNAVAILABLE'));
    assert.equal(reader.count(1), 2);
    assert.equal(index.offsets.get(0), 2);
    await reader.close();
    await index.close();
  });

  test('takes only weights above 0', async () => {
    const path = newStore();
    const index = await RetrievalIndex.open(path, new FollowedTaxonomy(FLAT));
    index.apply([indexOf({ a: { 1: 0.5 } })]);
    const reader = RetrievalReader.open(path);
    for (const weight of [0, -1, NaN, Infinity])
      assert.throws(() => reader.topFor(new Map([[1, weight]]), 1), ofCode('CONFIG_INVALID', /interest 1/));
    assert.deepEqual(reader.topFor(new Map([[7, 1]]), 1), []);
    await reader.close();
    await index.close();
  });
});

describe('following p2i-results', () => {
  const BATCHES = Array.from({ length: 50 }, (_, i) =>
    batchOf([updateOf(`pin ${i}`, { 1: 0.5 }, { offset: i })]),
  );
  const options = { onUnreadable: unexpected };

  test('goes on where the store has got to, and ends when the caller does', async () => {
    const path = newStore();
    const taxonomy = { takeUp: async () => [] };
    for (const [upTo, expected] of [
      [20, 20],
      [50, 30],
    ]) {
      const index = await RetrievalIndex.open(path, new FollowedTaxonomy(flatTaxonomy('v1', 3)));
      let updates = 0;
      for await (const applied of followInto(
        index,
        topicOf(BATCHES.slice(0, upTo), [50]),
        taxonomy,
        options,
      )) {
        updates += applied.updates;
        if (updates === expected) break;
      }
      assert.equal(index.offsets.get(0), upTo);
      assert.equal(index.pins, upTo);
      await index.close();
    }
  });

  test('another topic than that which the store was made from is refused', async () => {
    const path = newStore();
    const index = await RetrievalIndex.open(path, new FollowedTaxonomy(flatTaxonomy('v1', 3)));
    index.apply(BATCHES);
    for (const ends of [[49], []]) {
      const following = followInto(index, topicOf([], ends), { takeUp: async () => [] }, options);
      await assert.rejects(following.next(), ofCode('STORE_MISMATCH', /p2i-results-0 up to 50/));
    }
    await index.close();
  });
});
