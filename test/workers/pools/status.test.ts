import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { writeHeartbeat, type Heartbeat } from '../../../workers/pools/heartbeat.ts';
import { poolStatus, readPoolStatuses } from '../../../workers/pools/status.ts';
import { registry, withLog } from '../made.ts';
import { heartbeatOf, NOW } from './made.ts';

/** Heartbeats of a worker, five seconds apart, the last one now. */
function beats(count: number, each: (n: number) => Partial<Heartbeat> = () => ({})): Heartbeat[] {
  return Array.from({ length: count }, (_, n) =>
    heartbeatOf({ at: NOW - 5000 * (count - 1 - n), ...each(n) }),
  );
}

describe('the status of a pool', () => {
  test('is the mean of what its workers lately did, and the sum of how far they are behind', () => {
    const status = poolStatus(
      [...beats(3), ...beats(3, () => ({ worker: 'b', busyShare: 0.9 }))],
      [30, 0, 12],
      NOW,
    );
    assert.deepEqual(
      { ...status, busyShare: status.busyShare.toFixed(3) },
      {
        ...{ group: 'p2i-ranking', topic: 'p2i-features', stages: ['ranking'], lane: 'batch' },
        ...{ workers: 2, lost: 0, partitions: 3, pinsFailed: 0 },
        ...{ pinsPerSecond: 400, busyShare: '0.700', lagRecords: 42, lagPins: 420, lagGrowth: null },
        ...{ drainSeconds: 420 / 400, stageShares: { ranking: 1 }, failing: {} },
      },
    );
  });

  test('forgets what is older than some seconds', () => {
    const old = beats(3, () => ({ busyShare: 0, at: NOW - 40_000 }));
    assert.equal(poolStatus([...old, ...beats(3, () => ({ busyShare: 1 }))], [0], NOW).busyShare, 1);
  });

  test('tells a worker that was asked to stop from one that went silent', () => {
    const stopped = poolStatus([heartbeatOf({ leaving: true })], [5], NOW);
    assert.deepEqual([stopped.workers, stopped.lost], [0, 0]);
    const silent = poolStatus([heartbeatOf()], [5], NOW + 30_000);
    assert.deepEqual([silent.workers, silent.lost, silent.pinsPerSecond], [0, 1, 0]);
    const late = poolStatus([heartbeatOf()], [5], NOW + 12_000);
    assert.deepEqual([late.workers, late.lost], [1, 0]);
  });

  test('takes the growth of the lag partition by partition, whichever worker has it', () => {
    const places = (committed: number, end: number): Partial<Heartbeat> => ({
      partitions: [{ partition: 0, committed, end }],
    });
    const moved = [
      heartbeatOf({ at: NOW - 12_000, ...places(100, 201) }),
      heartbeatOf({ at: NOW - 6000, worker: 'b', ...places(110, 241) }),
    ];
    // From 100 to 160 offsets of 10 Pins in 12 s.
    assert.equal(poolStatus(moved, [160], NOW).lagGrowth, (60 * 10 * 60) / 12);
    assert.equal(poolStatus(moved, [40], NOW).lagGrowth, (-60 * 10 * 60) / 12);
  });

  test('does not know the lag in Pins, nor the time it takes, of what it has read nothing of', () => {
    const idle = heartbeatOf({ pinsPerOffset: null, work: [] });
    const { lagPins, drainSeconds } = poolStatus([idle], [7], NOW);
    assert.deepEqual([lagPins, drainSeconds], [null, null]);
    assert.equal(poolStatus([idle], [0], NOW).drainSeconds, 0);
  });

  test('says which stage of a fused pool takes how much, and what its workers fail with', () => {
    const work = (stage: string, compute: number) => ({
      ...{ stage, pinsIn: 10, pinsOut: 9, pinsFailed: 1 },
      seconds: { poll: 99, compute },
    });
    const fused = heartbeatOf({
      ...{ stages: ['features', 'ranking'], failing: 'STORE_UNAVAILABLE' },
      work: [work('features', 3), work('ranking', 1)],
    });
    const { stageShares, failing, pinsFailed, pinsPerSecond } = poolStatus([fused], [0], NOW);
    assert.deepEqual(stageShares, { features: 0.75, ranking: 0.25 });
    assert.deepEqual(failing, { STORE_UNAVAILABLE: 1 });
    assert.deepEqual([pinsFailed, pinsPerSecond], [2, 2]);
  });

  test('is made of numbers whatever the heartbeats say', () => {
    const count = fc.nat({ max: 1e9 });
    const heartbeat = fc.record({
      worker: fc.constantFrom('a', 'b'),
      at: fc.integer({ min: NOW - 200_000, max: NOW + 1000 }),
      seconds: fc.double({ min: 0.001, max: 1000, noNaN: true }),
      busyShare: fc.double({ min: 0, max: 1, noNaN: true }),
      leaving: fc.boolean(),
      pinsPerOffset: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
      partitions: fc.array(fc.record({ partition: fc.nat({ max: 3 }), committed: count, end: count })),
    });
    fc.assert(
      fc.property(fc.array(heartbeat, { minLength: 1 }), fc.array(count), (made, lag) => {
        const sorted = made.map((change) => heartbeatOf(change)).sort((a, b) => a.at - b.at);
        const status = poolStatus(sorted, lag, NOW);
        assert.ok(status.busyShare >= 0 && status.busyShare <= 1 + 1e-9);
        for (const value of Object.values(status))
          if (typeof value === 'number') assert.ok(Number.isFinite(value), JSON.stringify(status));
      }),
    );
  });
});

describe('the pools', () => {
  test('are those whose workers said something lately, in the order of the stages', async () => {
    await withLog(async (log) => {
      const at = Date.now();
      for (const change of [
        { worker: 'd', group: 'p2i-features', topic: 'p2i-candidates', at: at - 600_000 },
        { group: 'p2i-ranking', topic: 'p2i-features' },
        { worker: 'b', group: 'p2i-candidates', topic: 'p2i-batch-pins', stages: ['candidates'] },
        { worker: 'c', group: 'p2i-publishing', topic: 'p2i-ranked', stages: ['publishing'] },
      ])
        await writeHeartbeat(log, registry, heartbeatOf({ at, ...change }));
      const statuses = await readPoolStatuses(log, registry);
      assert.deepEqual(
        statuses.map(({ group, workers, partitions }) => [group, workers, partitions]),
        [
          ['p2i-candidates', 1, 2],
          ['p2i-ranking', 1, 2],
          ['p2i-publishing', 1, 2],
        ],
      );
    });
  });

  test('are none where no worker ever said anything', async () => {
    await withLog(async (log) => assert.deepEqual(await readPoolStatuses(log, registry), []), true);
  });
});
