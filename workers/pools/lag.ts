import type { Log } from '../../shared/stream/log.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { poolOf, type Pool } from './pool.ts';

/** How far a pool is behind. */
export interface PoolLag extends Pool {
  /** By partition: offsets of its topic that the group has not committed. */
  records: number[];
}

/**
 * How far the pool is behind in each partition. Offsets are counted: each transaction that wrote to the partition has one
 * of its own, its end marker, beside those of its records, so that the lag of many small transactions is up to twice the
 * records. The marker at the very end is not counted: a pool that has read everything has a lag of 0.
 *
 * @throws P2iError of the log; CONFIG_INVALID where there is no such topic
 */
export async function poolLag(log: Log, { group, topic }: Pool): Promise<PoolLag> {
  // The group first: what is committed and appended between the two calls makes the lag greater, never negative.
  const committed = await log.committedOffsets(group, topic);
  const ends = await log.endOffsets(topic);
  const records = ends.map((end, partition) => lagOf({ committed: committed[partition], end }));
  return { group, topic, records };
}

/** How many offsets a group is behind that goes on from `committed` where `end` is after everything. */
export function lagOf({ committed, end }: { committed: number; end: number }): number {
  return Math.max(0, end - committed - 1);
}

/**
 * How far the batch lane is behind where it is worst: records of one partition that the pool which reads it has yet to
 * read. Stages may be fused or not; of the pools that read the same topic only one shape runs, and the others have read
 * nothing, so the one that is less behind counts.
 *
 * @throws P2iError of the log; CONFIG_INVALID where a topic is not there
 */
export async function batchLaneLag(log: Log): Promise<number> {
  const lags = await Promise.all(BATCH_LANE.map((readers) => leastLag(log, readers)));
  return Math.max(0, ...lags.flat());
}

/** By partition: the lag of the pool that is less behind there. */
async function leastLag(log: Log, readers: readonly Pool[]): Promise<number[]> {
  const lags = await Promise.all(readers.map((pool) => poolLag(log, pool)));
  return lags[0].records.map((_, partition) => Math.min(...lags.map(({ records }) => records[partition])));
}

/** The shapes of the batch lane, by the topic that they read. */
const BATCH_LANE: readonly (readonly Pool[])[] = (
  [
    [['candidates'], ['candidates', 'features'], ['candidates', 'features', 'ranking']],
    [['features'], ['features', 'ranking']],
    [['ranking']],
    [['publishing']],
  ] as const satisfies StageName[][][]
).map((shapes) => shapes.map((stages) => poolOf(stages, 'batch')));
