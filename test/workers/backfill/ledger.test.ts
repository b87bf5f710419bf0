import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { RUN_END_HEADER, RUN_HEADER } from '../../../shared/stream/headers.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { ReceiptWriter, type Done } from '../../../shared/stream/receipts.ts';
import { isExact, LedgerFollower, readLedger, REPLAY } from '../../../workers/backfill/ledger.ts';
import { redisAvailable, startRedis, type RedisServer } from '../../support/brokers/redis.ts';
import { registry } from '../made.ts';

const PARTITIONS = 2;
const RUN = '2026-01-31';
const FUSED = 'candidates,features,ranking';
const PUBLISHING = 'publishing';

/** What one transaction leaves: who did it, in which partition, with what. */
interface Step {
  stages: string;
  partition: number;
  done: Partial<Done>;
  ended?: boolean;
}

const headers = { [RUN_HEADER]: RUN };
const copies = (partition: number, pins: number, ended = false): Step => {
  return { stages: REPLAY, partition, done: { pins, written: 1 }, ended };
};
const ranks = (partition: number, pins: number, failed = 0): Step => {
  return { stages: FUSED, partition, done: { pins, failed, written: 1 } };
};
const publishes = (partition: number, pins: number, written = pins, ended = false): Step => {
  return { stages: PUBLISHING, partition, done: { pins, written }, ended };
};

const scratch = mkdtempSync(join(tmpdir(), 'p2i-ledger-'));
after(() => rmSync(scratch, { recursive: true }));

const available = redisAvailable();
const skip = available.available ? false : available.why;

let server: RedisServer;
let redis: Redis;
before(async () => {
  if (skip) return;
  server = await startRedis();
  redis = new Redis(server.url);
});
after(async () => {
  if (skip) return;
  redis.disconnect();
  await server.close();
});
beforeEach(async () => {
  if (!skip) await redis.flushall();
});

async function withLog<T>(use: (log: Log) => Promise<T>): Promise<T> {
  const log = await EmbeddedLog.open(mkdtempSync(join(scratch, 'l-')));
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

async function take(log: Log, steps: readonly Step[]): Promise<void> {
  for (const { stages, partition, done, ended } of steps) {
    const receipts = await ReceiptWriter.open(log, registry, stages, PARTITIONS);
    const transaction = log.transaction();
    const of = { ...headers, ...done.headers, ...(ended && { [RUN_END_HEADER]: 'true' }) };
    receipts.write(transaction, partition, [{ pins: 0, failed: 0, written: 0, ...done, headers: of }]);
    await transaction.commit();
  }
}

const catchUp = (log: Log): Promise<number> => new LedgerFollower(log, registry, redis).catchUp();
const ledger = (): ReturnType<typeof readLedger> => readLedger(redis, RUN, [0, 1]);

const WHOLE: readonly Step[] = [
  copies(0, 256),
  copies(0, 44, true),
  copies(1, 100, true),
  ranks(0, 300, 2),
  ranks(1, 100),
  publishes(0, 298, 290, true),
  publishes(1, 100, 100, true),
];

describe('the ledger of a run', { skip }, () => {
  test('says what became of the Pins that were copied, in each partition', async () => {
    await withLog(async (log) => {
      await take(log, WHOLE);
      assert.equal(await catchUp(log), WHOLE.length);
      const found = await ledger();
      const ends = { redriven: 0, copied: true, ended: true };
      assert.deepEqual(found.partitions, [
        { partition: 0, pinsIn: 300, results: 290, superseded: 8, deadLetters: 2, ...ends },
        { partition: 1, pinsIn: 100, results: 100, superseded: 0, deadLetters: 0, ...ends },
      ]);
      assert.equal(found.left, 0);
      assert.equal(isExact(found), true);
    });
  });

  test('is not exact while Pins are on their way, nor where some are missing or came twice at its end', async () => {
    const cases: [readonly Step[], number][] = [
      [WHOLE.slice(0, 4), 398],
      [[...WHOLE.slice(0, 5), publishes(0, 298, 298, true), publishes(1, 99, 99, true)], 1],
      [[...WHOLE, publishes(1, 100)], -100],
      // One partition lacks what another has too much.
      [[...WHOLE.slice(0, 5), publishes(0, 299, 299, true), publishes(1, 99, 99, true)], 0],
    ];
    for (const [steps, left] of cases) {
      await redis.flushall();
      await withLog(async (log) => {
        await take(log, steps);
        await catchUp(log);
        const found = await ledger();
        assert.equal(found.left, left);
        assert.equal(isExact(found), false);
      });
    }
  });

  test('counts a dead letter that was redriven once, and tells how many have a result since', async () => {
    await withLog(async (log) => {
      const redriven = { headers: { 'redriven-from': '0@0' } };
      await take(log, [
        ...WHOLE,
        { stages: FUSED, partition: 0, done: { pins: 1, written: 1, ...redriven } },
        { stages: PUBLISHING, partition: 0, done: { pins: 1, written: 1, ...redriven } },
      ]);
      await catchUp(log);
      const { total, ...found } = await ledger();
      assert.equal(total.redriven, 1);
      assert.equal(total.deadLetters, 2);
      assert.equal(isExact({ total, ...found }), true);
    });
  });

  test('is the same however many add it up at once, and from a Redis that has lost everything', async () => {
    await withLog(async (log) => {
      await take(log, WHOLE.slice(0, 4));
      await Promise.all(Array.from({ length: 4 }, () => catchUp(log)));
      await take(log, WHOLE.slice(4));
      await Promise.all(Array.from({ length: 4 }, () => catchUp(log)));
      const first = await ledger();
      assert.equal(isExact(first), true);
      await redis.flushall();
      assert.equal((await ledger()).total.pinsIn, 0);
      await catchUp(log);
      assert.deepEqual(await ledger(), first);
    });
  });

  test('holds the runs apart', async () => {
    await withLog(async (log) => {
      const other = { headers: { [RUN_HEADER]: 'another' } };
      await take(log, [copies(0, 5), { stages: REPLAY, partition: 0, done: { pins: 7, ...other } }]);
      await catchUp(log);
      assert.equal((await ledger()).total.pinsIn, 5);
      assert.equal((await readLedger(redis, 'another', [0])).total.pinsIn, 7);
    });
  });
});

test('wherever followers stop and begin, each receipt counts once', { skip }, async () => {
  const steps = fc.array(
    fc.record({
      partition: fc.nat(PARTITIONS - 1),
      stages: fc.constantFrom(REPLAY, FUSED, PUBLISHING),
      pins: fc.nat(50),
    }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.infiniteStream(fc.boolean()), async (some, stops) => {
      await redis.flushall();
      await withLog(async (log) => {
        for (const { partition, stages, pins } of some) {
          await take(log, [{ partition, stages, done: { pins, written: pins } }]);
          if (stops.next().value) await Promise.all([catchUp(log), catchUp(log)]);
        }
        await catchUp(log);
        const { total } = await ledger();
        const sum = (of: string): number =>
          some.reduce((all, { stages, pins }) => all + (stages === of ? pins : 0), 0);
        assert.equal(total.pinsIn, sum(REPLAY));
        assert.equal(total.results, sum(PUBLISHING));
      });
    }),
    { numRuns: 30 },
  );
});
