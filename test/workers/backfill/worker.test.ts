import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { readAll, type Log } from '../../../shared/stream/log.ts';
import type { ServiceState } from '../../../shared/stream/serve.ts';
import { BackfillMetrics } from '../../../workers/backfill/metrics.ts';
import { addCopyJobs, backoff, copyJobId, jobError, openQueue } from '../../../workers/backfill/queue.ts';
import { cancelRun, pauseRun, planRun, resumeRun, startRun } from '../../../workers/backfill/runs.ts';
import { BackfillWorker } from '../../../workers/backfill/worker.ts';
import { RUN_HEADER } from '../../../workers/headers.ts';
import { BATCH_PINS_TOPIC } from '../../../workers/replay.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import { untilTrue } from '../../support/assertions.ts';
import { redisAvailable, startRedis, type RedisServer } from '../../support/brokers/redis.ts';
import { pinOf } from '../../support/pin.ts';
import { by, redisAt } from '../../support/runs.ts';
import { publish, registry, withLog } from '../made.ts';
import { publishTaxonomies } from './made.ts';

const PATIENCE_MS = 30_000;
/** Of the corpus, in each of its two partitions. */
const RECORDS = 12;
const FUSED = 'p2i-candidates-features-ranking';

const available = redisAvailable();

describe('a backfill worker', { skip: !available.available && available.why }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  /** A worker beside a corpus, both in this process. */
  async function withWorker(
    use: (log: Log, made: { connection: Redis; state: ServiceState }) => Promise<void>,
  ): Promise<void> {
    await withLog(async (log) => {
      for (let i = 0; i < RECORDS; i++)
        await publish(
          log,
          Array.from({ length: 8 }, (_, pin) => pinOf({ id: `P${pin}`, createdAt: i })),
        );
      await publishTaxonomies(log, 't1');
      const connection = await redisAt(redis.url);
      await connection.flushall();
      const state: ServiceState = { lastStep: 0, failing: undefined, pausedSeconds: 0 };
      const stopping = new AbortController();
      const worker = await BackfillWorker.open({
        ...{ runs: { log, registry }, redis: connection, concurrency: 2, state },
        ...{ logger: pino({ level: 'silent' }), metrics: new BackfillMetrics() },
      });
      const working = worker.run(stopping.signal);
      try {
        await use(log, { connection, state });
      } finally {
        stopping.abort();
        await working;
        await worker.close();
        connection.disconnect();
      }
    });
  }

  /** Records of the run on p2i-batch-pins, its ends among them. */
  async function copied(log: Log, run: string): Promise<number> {
    let records = 0;
    for await (const { headers } of readAll(log, BATCH_PINS_TOPIC))
      if (headers[RUN_HEADER] === run) records++;
    return records;
  }

  async function start(log: Log, run: string, maxLag: number): Promise<void> {
    const runs = { log, registry };
    await planRun(runs, { run, reason: 'the test', by: 'test', generation: 0, maxLag });
    await startRun(runs, run, by());
  }

  /** The pools have read all that there is. */
  async function catchUp(log: Log): Promise<void> {
    for (const [partition, end] of (await log.endOffsets(BATCH_PINS_TOPIC)).entries()) {
      const transaction = log.transaction();
      transaction.consumed(FUSED, BATCH_PINS_TOPIC, partition, end);
      await transaction.commit();
    }
  }

  test('copies no further than the pools may be behind, and goes on as they catch up', async () => {
    await withWorker(async (log) => {
      await start(log, 'r1', 3);
      let most = 0;
      for (let rounds = 1; (await copied(log, 'r1')) < 2 * (RECORDS + 1); rounds++) {
        assert.ok(rounds < 1000);
        await sleep(50);
        const committed = await log.committedOffsets(FUSED, BATCH_PINS_TOPIC);
        const ends = await log.endOffsets(BATCH_PINS_TOPIC);
        most = Math.max(most, ...ends.map((end, partition) => end - committed[partition]));
        if (rounds % 10 === 0) await catchUp(log);
      }
      // The end marker of a transaction, which the embedded log has not, is not counted; the end of a run is let through.
      assert.ok(most >= 3 && most <= 3 + 2, `${most} at once`);
    });
  });

  test('heeds a pause, a resumption and the end of a run, and makes the queue anew that Redis lost', async () => {
    await withWorker(async (log, { connection }) => {
      const runs = { log, registry };
      const queue = openQueue(connection);
      await start(log, 'r1', 3);
      await untilTrue(async () => (await copied(log, 'r1')) > 0, PATIENCE_MS);
      await pauseRun(runs, 'r1', by());
      await untilTrue(async () => (await queue.getDelayedCount()) === 2, PATIENCE_MS);
      const before = await copied(log, 'r1');
      await catchUp(log);
      await connection.flushall();
      await sleep(1000);
      assert.equal(await copied(log, 'r1'), before);
      await resumeRun(runs, 'r1', by());
      await untilTrue(async () => (await copied(log, 'r1')) > before, PATIENCE_MS);
      await cancelRun(runs, 'r1', by());
      await untilTrue(async () => {
        const counts = await queue.getJobCounts('active', 'waiting', 'delayed');
        return Object.values(counts).every((jobs) => jobs === 0);
      }, PATIENCE_MS);
      assert.ok((await copied(log, 'r1')) < 2 * (RECORDS + 1));
      await queue.close();
    });
  });

  test('says that Redis is away, and goes on once it is back', async () => {
    await withWorker(async (log, { state }) => {
      await untilTrue(() => state.lastStep > 0, PATIENCE_MS);
      await redis.kill();
      await untilTrue(() => state.failing?.code === 'REDIS_UNAVAILABLE', PATIENCE_MS);
      await start(log, 'r1', 1000);
      await redis.restart();
      await untilTrue(async () => (await copied(log, 'r1')) === 2 * (RECORDS + 1), PATIENCE_MS);
      await untilTrue(() => state.failing === undefined, PATIENCE_MS);
    });
  });

  test('adds a job once, however often that is asked for', async () => {
    const connection = await redisAt(redis.url);
    await connection.flushall();
    const queue = openQueue(connection);
    const ranges = [0, 1].map((partition) => ({ partition, from: 0, to: 5 }));
    for (let i = 0; i < 3; i++) await addCopyJobs(queue, 'r1', ranges);
    assert.equal(await queue.getWaitingCount(), 2);
    const job = await queue.getJob(copyJobId('r1', 1));
    assert.deepEqual(job?.data, { kind: 'copy', run: 'r1', partition: 1 });
    await queue.close();
    connection.disconnect();
  });
});

test('an attempt that may pass is tried again with growing pauses, and no other', () => {
  const transient = new P2iError('BROKER_UNAVAILABLE', 'away');
  assert.equal(jobError(transient), transient);
  const permanent = jobError(new P2iError('BROKER_REFUSED', 'too large', { where: 'p2i-batch-pins' }));
  assert.deepEqual(
    [permanent.name, permanent.message],
    ['UnrecoverableError', 'BROKER_REFUSED p2i-batch-pins: too large'],
  );
  assert.deepEqual([1, 2, 3, 6, 7, 100].map(backoff), [1000, 2000, 4000, 32_000, 60_000, 60_000]);
});
