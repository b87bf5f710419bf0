import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bottleneckOf, poolName, short } from '../../../workers/pools/bottleneck.ts';
import type { PoolStatus } from '../../../workers/pools/status.ts';
import { poolOf } from './made.ts';

const STAGES = ['candidates', 'features', 'ranking', 'publishing'];

/** Busy, and a minute of work behind. */
const SLOW: Partial<PoolStatus> = {
  ...{ workers: 3, busyShare: 0.94, pinsPerSecond: 800, lagRecords: 480, lagPins: 48_000 },
  ...{ lagGrowth: 12_000, drainSeconds: 60 },
};

describe('the bottleneck', () => {
  test('is told in one sentence, with the workers to add', () => {
    const found = bottleneckOf([poolOf({ stages: ['features'] }), poolOf(SLOW)]);
    assert.deepEqual(found, {
      group: 'p2i-ranking',
      words: 'ranking is the bottleneck: 94 % busy, lag 48k Pins, +12k Pins/min, add 1 worker',
      workersToAdd: 1,
    });
  });

  test('is found where it is spared: busy and behind, though its lag does not grow', () => {
    assert.equal(bottleneckOf([poolOf({ ...SLOW, lagGrowth: 0 })])?.group, 'p2i-ranking');
    assert.equal(bottleneckOf([poolOf({ ...SLOW, lagGrowth: null })])?.group, 'p2i-ranking');
  });

  test('is no pool that waits for records, that has read all, or whose short burst is about to be done', () => {
    assert.equal(bottleneckOf([poolOf({ ...SLOW, busyShare: 0.79 })]), undefined);
    assert.equal(bottleneckOf([poolOf({ ...SLOW, lagRecords: 0, lagPins: 0, drainSeconds: 0 })]), undefined);
    assert.equal(bottleneckOf([poolOf({ ...SLOW, lagGrowth: 0, drainSeconds: 9 })]), undefined);
    assert.equal(bottleneckOf([poolOf({ ...SLOW, drainSeconds: 2 })]), undefined);
    assert.equal(bottleneckOf([]), undefined);
  });

  test('of a fused pool names the stage that takes most of the time', () => {
    const stageShares = { candidates: 0.25, features: 0.55, ranking: 0.2 };
    const fused = poolOf({ ...SLOW, stages: ['candidates', 'features', 'ranking'], stageShares });
    assert.match(
      bottleneckOf([fused])!.words,
      /^candidates,features,ranking is the bottleneck \(55 % of its work is features\): 94 % busy/,
    );
  });

  test('with a worker for each partition is not asked for more workers', () => {
    const { words, workersToAdd } = bottleneckOf([poolOf({ ...SLOW, workers: 12 })])!;
    assert.equal(workersToAdd, 0);
    assert.match(words, /it has a worker for each of its 12 partitions: give them more cores/);
  });

  test('is before all a pool whose workers are gone, or cannot work, while there is work for it', () => {
    const lagging = { lagRecords: 120, lagPins: 12_000, lagGrowth: 6000 };
    const gone = poolOf({ stages: ['features'], workers: 0, lost: 2, ...lagging });
    assert.deepEqual(bottleneckOf([poolOf(SLOW), gone]), {
      group: 'p2i-features',
      words: 'features has no worker left: lag 12k Pins, +6.0k Pins/min, start 2 workers',
      workersToAdd: 2,
    });
    const failing = poolOf({ ...lagging, workers: 2, failing: { GENERATION_UNKNOWN: 2 } });
    const { words, workersToAdd } = bottleneckOf([failing])!;
    assert.match(
      words,
      /^ranking does not work: GENERATION_UNKNOWN, lag 12k Pins, .*; the worker waits for it/,
    );
    assert.equal(workersToAdd, 0);
  });

  test('is no pool that was stopped, nor one of which some workers go on', () => {
    const lagging = { lagRecords: 120, lagPins: 12_000 };
    assert.equal(bottleneckOf([poolOf({ ...lagging, workers: 0, lost: 0 })]), undefined);
    assert.equal(bottleneckOf([poolOf({ ...lagging, workers: 1, lost: 1 })]), undefined);
    assert.equal(
      bottleneckOf([poolOf({ ...lagging, workers: 2, failing: { BROKER_UNAVAILABLE: 1 } })]),
      undefined,
    );
  });

  test('numbers have three digits at most', () => {
    assert.deepEqual([0, 7.4, 870, 999.6, 12_345, 999_600, 1_234_567].map(short), [
      ...['0', '7', '870', '1.0k', '12k', '1.0M', '1.2M'],
    ]);
    assert.equal(poolName({ stages: ['candidates'], lane: 'instant' }), 'candidates (instant)');
  });
});

/** Pins that each pool of a chain can do in a second. */
const capacities = fc.array(fc.integer({ min: 50, max: 5000 }), { minLength: 4, maxLength: 4 });

/** The pools of a chain that Pins have come to at a steady rate for a minute, each as fast as it can be. */
function chained(rate: number, most: readonly number[]): PoolStatus[] {
  let coming = rate;
  return most.map((capacity, i): PoolStatus => {
    const pinsPerSecond = Math.min(coming, capacity);
    const growing = coming - pinsPerSecond;
    coming = pinsPerSecond;
    return poolOf({
      ...{ stages: [STAGES[i]], pinsPerSecond, busyShare: pinsPerSecond / capacity },
      ...{ lagGrowth: 60 * growing, lagPins: 60 * growing, lagRecords: Math.ceil(growing) },
      drainSeconds: (60 * growing) / pinsPerSecond,
    });
  });
}

describe('of a chain of pools', () => {
  test('it is the slowest of those that Pins come to faster than it can do them', () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 50, max: 5000 }), (most, rate) => {
        const [least, next] = [...most].sort((a, b) => a - b);
        const slowest = most.indexOf(least);
        // Of two that are as slow, about, the second is hardly behind.
        fc.pre(rate > 1.25 * least && next > 1.25 * least);
        assert.equal(bottleneckOf(chained(rate, most))?.group, `p2i-${STAGES[slowest]}`);
      }),
    );
  });

  test('it is none where all keep up', () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 1, max: 5000 }), (most, rate) => {
        fc.pre(rate <= Math.min(...most));
        assert.equal(bottleneckOf(chained(rate, most)), undefined);
      }),
    );
  });

  test('it is the slowest as well where the Pins that come are held back to spare it', () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 10, max: 600 }), (most, seconds) => {
        const slowest = most.indexOf(Math.min(...most));
        const pools = chained(most[slowest], most);
        const pool = pools[slowest];
        Object.assign(pool, { lagPins: seconds * pool.pinsPerSecond, lagRecords: 9, drainSeconds: seconds });
        assert.equal(bottleneckOf(pools)?.group, pool.group);
      }),
    );
  });

  test('workers to add are never more than there are partitions for, and enough to keep up where there are', () => {
    const pool = fc.record({
      partitions: fc.integer({ min: 1, max: 64 }),
      workers: fc.integer({ min: 1, max: 64 }),
      each: fc.integer({ min: 10, max: 5000 }),
      coming: fc.integer({ min: 10, max: 100_000 }),
    });
    fc.assert(
      fc.property(pool, ({ partitions, workers, each, coming }) => {
        fc.pre(workers <= partitions && coming > 1.25 * workers * each);
        const pinsPerSecond = workers * each;
        const lag = 60 * (coming - pinsPerSecond);
        const { workersToAdd } = bottleneckOf([
          poolOf({
            ...{ partitions, workers, pinsPerSecond, busyShare: 1, lagRecords: 100, lagPins: lag },
            ...{ lagGrowth: lag, drainSeconds: lag / pinsPerSecond },
          }),
        ])!;
        assert.ok(workers + workersToAdd <= partitions);
        assert.ok(workers + workersToAdd === partitions || (workers + workersToAdd) * each >= coming);
      }),
    );
  });
});
