import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LmdbStore } from '../../../shared/store/lmdb.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { LANE_HEADER, ORDER_HEADER, PIN_VERSION_HEADER } from '../../../workers/headers.ts';
import { PublishedRanks } from '../../../workers/publishing/published-ranks.ts';
import type { Rank } from '../../../workers/publishing/rank.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';
import { registry, withLog } from '../made.ts';

const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
const directory = mkdtempSync(join(tmpdir(), 'p2i-ranks-'));
after(() => rmSync(directory, { recursive: true }));

const KEYS = ['ø', 'a', 'b@v1', 'b'].map((pin) => resultKey(pin, 'v1'));
const first: Rank = { pinVersion: 1, lane: 'instant', order: 0 };
const batch: Rank = { pinVersion: 1, lane: 'batch', order: 1_700_000_000_000 };
const newer: Rank = { pinVersion: 2, lane: 'instant', order: 0 };

/** Appends results of these ranks, one a key; `deleted` ones as tombstones. */
async function append(
  log: Log,
  partition: number,
  ranks: Iterable<readonly [key: string, rank: Rank]>,
  deleted = false,
): Promise<void> {
  const transaction = log.transaction();
  for (const [key, { pinVersion, lane, order }] of ranks) {
    const value: PinInterests = {
      ...{ pin: key, pinVersion, lane, run: '', taxonomy: 'v1', model: 'm1', time: 0 },
      interests: [],
    };
    transaction.append(RESULTS_TOPIC, partition, {
      ...{ key, timestamp: 0, value: deleted ? null : codec.encode(value) },
      headers: {
        [ORDER_HEADER]: String(order),
        ...(deleted && { [PIN_VERSION_HEADER]: String(pinVersion), [LANE_HEADER]: lane }),
      },
    });
  }
  await transaction.commit();
}

async function taken(store: Store, log: Log, mostHeld?: number): Promise<PublishedRanks> {
  const ranks = new PublishedRanks(store, log, codec, mostHeld);
  await ranks.takeUp(0);
  return ranks;
}

/** Where each reader of the log began, in the order of opening. */
function readersOf(log: Log): number[] {
  const begun: number[] = [];
  const reader = log.reader.bind(log);
  log.reader = (topic, from) => {
    begun.push(from!.get(0)!);
    return reader(topic, from);
  };
  return begun;
}

describe('the ranks of what is published', () => {
  for (const [name, open] of [
    ['memory', () => new MemoryStore()],
    ['LMDB', () => new LmdbStore(join(directory, 'store'))],
  ] as const) {
    test(`are known again from the topic and from a store of ${name}, tombstones too`, async () => {
      const store = open();
      await withLog(async (log) => {
        await append(
          log,
          0,
          KEYS.map((key) => [key, batch]),
        );
        const before = await taken(store, log, 3);
        for (const key of KEYS) assert.deepEqual(before.get(0, key), batch);
        assert.equal(before.get(0, 'c@v1'), undefined);

        await append(log, 0, [[KEYS[1], newer]], true);
        const begun = readersOf(log);
        const later = await taken(store, log, 3);
        assert.deepEqual(begun, [3], 'what the store has is not read again');
        assert.deepEqual(
          KEYS.map((key) => later.get(0, key)),
          [batch, newer, batch, batch],
        );
      });
      await store.close();
    });
  }

  test('that were set and not committed are forgotten', async () => {
    await withLog(async (log) => {
      const ranks = await taken(new MemoryStore(), log);
      ranks.set(0, KEYS[0], newer);
      assert.deepEqual(ranks.get(0, KEYS[0]), newer);
      await ranks.takeUp(0);
      assert.equal(ranks.get(0, KEYS[0]), undefined);
    });
  });

  test('that were committed go to the store once there are many', async () => {
    await withLog(async (log) => {
      const store = new MemoryStore();
      const ranks = await taken(store, log, 2);
      const begun = readersOf(log);
      for (const key of KEYS.slice(0, 3)) {
        ranks.set(0, key, batch);
        await append(log, 0, [[key, batch]]);
        await ranks.committed(0);
      }
      const again = await taken(store, log);
      assert.deepEqual(begun, [2]);
      for (const key of KEYS.slice(0, 3)) assert.deepEqual(again.get(0, key), batch);
    });
  });

  test('of each partition stand alone', async () => {
    await withLog(async (log) => {
      const store = new MemoryStore();
      await append(log, 0, [[KEYS[0], first]]);
      await append(log, 1, [[KEYS[0], newer]]);
      const ranks = await taken(store, log, 1);
      await ranks.takeUp(1);
      assert.deepEqual([ranks.get(0, KEYS[0]), ranks.get(1, KEYS[0])], [first, newer]);
    });
  });

  test('of another topic than the one that is there are thrown away', async () => {
    const store = new MemoryStore();
    await withLog(async (log) => {
      await append(log, 0, [
        [KEYS[0], newer],
        [KEYS[1], newer],
      ]);
      await taken(store, log, 1);
    });
    await withLog(async (log) => {
      await append(log, 0, [[KEYS[0], first]]);
      const ranks = await taken(store, log, 1);
      assert.deepEqual([ranks.get(0, KEYS[0]), ranks.get(0, KEYS[1])], [first, undefined]);
    });
  });
});
