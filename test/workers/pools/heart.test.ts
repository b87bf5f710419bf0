import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../../../shared/errors/errors.ts';
import { StageMetrics } from '../../../shared/observability/metrics.ts';
import { WorkerMetrics } from '../../../shared/observability/worker-metrics.ts';
import type { Log } from '../../../shared/stream/log.ts';
import type { ServiceState } from '../../../shared/stream/serve.ts';
import { WORKERS_TOPIC } from '../../../shared/stream/topics.ts';
import { Heart, workerName, type HeartOptions } from '../../../workers/pools/heart.ts';
import { readHeartbeats, type Heartbeat } from '../../../workers/pools/heartbeat.ts';
import { registry, withLog } from '../made.ts';

const ABOUT = { worker: 'w', stages: ['ranking'], lane: 'batch', threads: 2, version: '0.1.0' } as const;

/** Long enough to say how busy a worker was. */
const A_WHILE_MS = 1100;

/** A worker of the ranking pool that has partition 1, up to an offset. */
function optionsOf(log: Log, change: Partial<HeartOptions> = {}): HeartOptions {
  const metrics = new StageMetrics();
  return {
    ...{ log, registry, metrics, about: ABOUT, pool: { group: 'p2i-ranking', topic: 'p2i-features' } },
    gauges: new WorkerMetrics(metrics.prometheus, {}),
    state: { lastStep: 0, failing: undefined, pausedSeconds: 0 },
    places: () => new Map([[1, 4]]),
    onFailure: (error) => assert.fail(String(error)),
    ...change,
  };
}

/** Appends records to partition 1 of what the pool reads. */
async function append(log: Log, count: number): Promise<void> {
  const transaction = log.transaction();
  for (let n = 0; n < count; n++)
    transaction.append('p2i-features', 1, { key: '', timestamp: 0, headers: {}, value: new Uint8Array(1) });
  await transaction.commit();
}

/** The first heartbeat, and the one that says that the worker leaves, with what `between` does between. */
async function beats(
  options: HeartOptions,
  between: () => unknown = () => undefined,
): Promise<[Heartbeat, Heartbeat]> {
  const heart = Heart.start(options);
  while ((await readHeartbeats(options.log, registry, 0)).length === 0) await sleep(5);
  await between();
  await heart.stop(true);
  const [first, last, ...others] = await readHeartbeats(options.log, registry, 0);
  assert.equal(others.length, 0);
  return [first, last];
}

describe('the heart of a worker', () => {
  test('says at once that the worker is there, where it is, and at the end that it leaves', async () => {
    await withLog(async (log) => {
      await append(log, 9);
      const [first, last] = await beats(optionsOf(log));
      const { worker, group, topic, stages, threads, pid, leaving, partitions, pinsPerOffset, failing } =
        first;
      assert.deepEqual(
        { worker, group, topic, stages, threads, pid, leaving, partitions, pinsPerOffset, failing },
        {
          ...{ worker: 'w', group: 'p2i-ranking', topic: 'p2i-features', stages: ['ranking'], threads: 2 },
          ...{ pid: process.pid, leaving: false, pinsPerOffset: null, failing: null },
          partitions: [{ partition: 1, committed: 4, end: 9 }],
        },
      );
      assert.ok(Math.abs(first.at - Date.now()) < 60_000 && first.started <= first.at);
      assert.deepEqual([last.leaving, last.partitions], [true, first.partitions]);
    });
  });

  test('tells what was done since the heartbeat before, and the Pins that an offset stands for', async () => {
    await withLog(async (log) => {
      await append(log, 9);
      let committed = 4;
      const options = optionsOf(log, { places: () => new Map([[1, committed]]) });
      options.metrics.pins('ranking', 5, 5);
      const [, last] = await beats(options, () => {
        options.metrics.pins('ranking', 100, 99);
        options.metrics.phase('ranking', 'compute', 0.25);
        committed = 8;
      });
      const [{ seconds, ...pins }] = last.work;
      assert.deepEqual(pins, { stage: 'ranking', pinsIn: 100, pinsOut: 99, pinsFailed: 1 });
      assert.equal(seconds.compute, 0.25);
      // What the first heartbeat saw is worth a little less by now.
      assert.equal(last.pinsPerOffset, (0.9 * 5 + 100) / 4);
      const text = await options.metrics.prometheus.metrics();
      assert.match(text, /^p2i_worker_partitions 1$/m);
      assert.match(text, /^p2i_worker_lag_records 0$/m);
    });
  });

  test('takes for busy what is neither waiting for records nor for another try', async () => {
    await withLog(async (log) => {
      const state: ServiceState = { lastStep: 0, failing: undefined, pausedSeconds: 0 };
      const options = optionsOf(log, { state });
      const [, busy] = await beats(options, () => sleep(A_WHILE_MS));
      assert.ok(busy.busyShare > 0.99);
    });
    await withLog(async (log) => {
      const state: ServiceState = { lastStep: 0, failing: undefined, pausedSeconds: 0 };
      const options = optionsOf(log, { state });
      const [, waiting] = await beats(options, async () => {
        await sleep(A_WHILE_MS);
        options.metrics.phase('ranking', 'poll', 1000);
        state.failing = new P2iError('STORE_UNAVAILABLE', 'gone');
      });
      assert.deepEqual([waiting.busyShare, waiting.failing], [0, 'STORE_UNAVAILABLE']);
    });
  });

  test('does not say that a worker which has just come is busy', async () => {
    await withLog(async (log) => {
      const [first] = await beats(optionsOf(log));
      assert.equal(first.busyShare, 0);
    });
  });

  test('only tells of a log that takes no heartbeat, and ends in time', async () => {
    await withLog(async (log) => {
      const failures: unknown[] = [];
      const away = new P2iError('BROKER_UNAVAILABLE', 'away');
      const options = optionsOf(log, { onFailure: (error) => failures.push(error) });
      const heart = Heart.start({
        ...options,
        log: { ...log, partitions: log.partitions.bind(log), endOffsets: () => Promise.reject(away) },
      });
      await heart.stop(true);
      assert.deepEqual(failures, [away], 'it is told once');
    });
  });

  test('says nothing at the end of a worker that was not asked to stop', async () => {
    await withLog(async (log) => {
      const heart = Heart.start(optionsOf(log));
      await heart.stop(false);
      const said = await readHeartbeats(log, registry, 0);
      assert.ok(said.every(({ leaving }) => !leaving));
    });
  });

  test('makes its topic where that is not there', async () => {
    await withLog(async (log) => {
      await log.createTopic('p2i-features', 2);
      await beats(optionsOf(log));
      assert.equal(await log.partitions(WORKERS_TOPIC), 1);
    }, true);
  });

  test('has a name of its own', () => {
    assert.notEqual(workerName(), workerName());
  });
});
