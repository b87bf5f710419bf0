import type { Heartbeat } from '../../../workers/pools/heartbeat.ts';
import type { PoolStatus } from '../../../workers/pools/status.ts';

/** A pool of one worker that has nothing to do. */
export function poolOf(change: Partial<PoolStatus> = {}): PoolStatus {
  const stages = change.stages ?? ['ranking'];
  return {
    ...{ group: `p2i-${stages.join('-')}`, topic: 'p2i-features', stages, lane: 'batch' },
    ...{ workers: 1, lost: 0, partitions: 12, busyShare: 0, pinsPerSecond: 0, pinsFailed: 0 },
    ...{ lagRecords: 0, lagPins: 0, lagGrowth: 0, drainSeconds: 0, stageShares: {}, failing: {} },
    ...change,
  };
}

/** Milliseconds since 1970: the time of the tests. */
export const NOW = 1_800_000_000_000;

/** A heartbeat of a ranking worker that read 1000 Pins in five seconds, 10 an offset, and is busy half of the time. */
export function heartbeatOf(change: Partial<Heartbeat> = {}): Heartbeat {
  return {
    ...{ worker: 'a', group: 'p2i-ranking', topic: 'p2i-features', stages: ['ranking'], lane: 'batch' },
    ...{ host: 'host', pid: 1, version: '0.1.0', threads: 1, started: NOW - 60_000, at: NOW, seconds: 5 },
    ...{ leaving: false, busyShare: 0.5, pinsPerOffset: 10, failing: null, partitions: [] },
    work: [
      { stage: 'ranking', pinsIn: 1000, pinsOut: 1000, pinsFailed: 0, seconds: { poll: 2.5, compute: 2 } },
    ],
    ...change,
  };
}
