import type { ErrorCode } from '../../shared/errors/errors.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import { HEARTBEAT_MS, readHeartbeats, type Heartbeat } from './heartbeat.ts';
import { lagOf, poolLag } from './lag.ts';
import type { Pool } from './pool.ts';

/** How a pool is doing. */
export interface PoolStatus extends Pool {
  stages: string[];
  lane: Lane;
  /** Workers that are alive. */
  workers: number;
  /** Workers that went silent without having been asked to stop. */
  lost: number;
  /** Partitions of its topic: no more workers than these can share them. */
  partitions: number;
  /** Mean over its workers of the share of the time in which they did not wait for records, in [0, 1]. */
  busyShare: number;
  /** Pins that it reads each second. */
  pinsPerSecond: number;
  /** Pins that failed, of those that it read in the window. */
  pinsFailed: number;
  /** Offsets of its topic that it has yet to commit. */
  lagRecords: number;
  /** The same in Pins, by how many its records held lately; null where it has read none. */
  lagPins: number | null;
  /** What the lag grows by, Pins a minute; negative where it shrinks, null where that is not known yet. */
  lagGrowth: number | null;
  /** How long it would take at its rate to work off the lag, were nothing added; null where it works off nothing. */
  drainSeconds: number | null;
  /** Share of the time at work that each stage takes, where more than one are fused: in [0, 1], all together 1. */
  stageShares: Record<string, number>;
  /** How many workers cannot work now, by the code of what keeps them from it. */
  failing: Partial<Record<ErrorCode, number>>;
}

/** What is told of is the mean of so long, ms: long enough for a poll of slow Pins, short enough to be of now. */
const WINDOW_MS = 15_000;

/** A worker that said nothing for so long is not alive, ms: where cores are scarce a heartbeat may be seconds late. */
const SILENT_MS = 5 * HEARTBEAT_MS;

/** Pools are known of whose last heartbeat is not older, ms. */
const KNOWN_MS = 180_000;

/** The shortest time over which a lag is said to grow, ms. */
const GROWTH_MS = 8000;

/** The pools whose workers said something lately, in the order of the stages. @throws P2iError of the log; of the registry */
export async function readPoolStatuses(log: Log, registry: Registry): Promise<PoolStatus[]> {
  const heartbeats = await readHeartbeats(log, registry, Date.now() - KNOWN_MS);
  const pools = Map.groupBy(heartbeats, ({ group }) => group);
  const statuses = await Promise.all(
    [...pools.values()].map(async (own) => poolStatus(own, await placesOf(log, own), Date.now())),
  );
  return statuses.sort((a, b) => orderOf(a) - orderOf(b) || a.group.localeCompare(b.group));
}

/** A moment at which a pool was at a place in each of some partitions. */
interface Moment {
  at: number;
  /** By partition: its lag, offsets. */
  lag: ReadonlyMap<number, number>;
}

/**
 * How a pool is doing.
 *
 * @param heartbeats of its workers, at least one, oldest first
 * @param lag of each partition now, offsets
 * @param now milliseconds since 1970
 */
export function poolStatus(
  heartbeats: readonly Heartbeat[],
  lag: readonly number[],
  now: number,
): PoolStatus {
  const newest = heartbeats[heartbeats.length - 1];
  const last = new Map(heartbeats.map((heartbeat) => [heartbeat.worker, heartbeat]));
  const silent = (heartbeat: Heartbeat): boolean => now - heartbeat.at > SILENT_MS;
  const alive = [...last.values()].filter((heartbeat) => !heartbeat.leaving && !silent(heartbeat));
  const lost = [...last.values()].filter((heartbeat) => !heartbeat.leaving && silent(heartbeat));
  const names = new Set(alive.map(({ worker }) => worker));
  const recent = heartbeats.filter(({ at, worker }) => now - at <= WINDOW_MS && names.has(worker));
  const pinsPerSecond = sumOf(Map.groupBy(recent, ({ worker }) => worker).values(), rateOf);
  const pinsPerOffset = meanOf(heartbeats.map((heartbeat) => heartbeat.pinsPerOffset));
  const lagRecords = sumOf(lag, (offsets) => offsets);
  const lagPins = lagRecords === 0 ? 0 : pinsPerOffset && lagRecords * pinsPerOffset;
  const growth = growthOf([
    ...heartbeats.filter(({ at }) => now - at <= WINDOW_MS).map(momentOf),
    { at: now, lag: new Map(lag.entries()) },
  ]);
  return {
    ...{ group: newest.group, topic: newest.topic, stages: newest.stages, lane: newest.lane },
    ...{
      workers: alive.length,
      lost: lost.length,
      partitions: lag.length,
      pinsPerSecond,
      lagRecords,
      lagPins,
    },
    busyShare: ratio(
      sumOf(recent, ({ busyShare, seconds }) => busyShare * seconds),
      sumOf(recent, ({ seconds }) => seconds),
    ),
    pinsFailed: sumOf(recent, ({ work }) => sumOf(work, ({ pinsFailed }) => pinsFailed)),
    lagGrowth: growth && pinsPerOffset && growth * pinsPerOffset,
    drainSeconds: drainOf(lagRecords, lagPins, pinsPerSecond),
    stageShares: stageSharesOf(recent),
    failing: failingOf(alive),
  };
}

async function placesOf(log: Log, heartbeats: readonly Heartbeat[]): Promise<number[]> {
  return (await poolLag(log, heartbeats[heartbeats.length - 1])).records;
}

const ORDER = ['candidates', 'features', 'ranking', 'publishing', 'cooccurrence'];

/** The batch lane's stages as they follow each other, then the instant lane’s. */
function orderOf({ stages, lane }: PoolStatus): number {
  const at = ORDER.indexOf(stages[0]);
  return (at < 0 ? ORDER.length : at) + (lane === 'instant' ? ORDER.length + 1 : 0);
}

/** Pins that one worker reads a second. */
function rateOf(heartbeats: readonly Heartbeat[]): number {
  const pins = sumOf(
    heartbeats,
    ({ work, stages }) => work.find(({ stage }) => stage === stages[0])?.pinsIn ?? 0,
  );
  return ratio(
    pins,
    sumOf(heartbeats, ({ seconds }) => seconds),
  );
}

function momentOf({ at, partitions }: Heartbeat): Moment {
  return { at, lag: new Map(partitions.map((place) => [place.partition, lagOf(place)])) };
}

/** Offsets that the lag grows by in a minute: the sum over its partitions, whichever workers had them. */
function growthOf(moments: readonly Moment[]): number | null {
  const first = new Map<number, { at: number; lag: number }>();
  let growth: number | null = null;
  const last = moments[moments.length - 1];
  for (const { at, lag } of moments)
    for (const [partition, offsets] of lag)
      if (!first.has(partition)) first.set(partition, { at, lag: offsets });
  for (const [partition, then] of first) {
    const minutes = (last.at - then.at) / 60_000;
    if (last.at - then.at < GROWTH_MS) continue;
    growth = (growth ?? 0) + ((last.lag.get(partition) ?? 0) - then.lag) / minutes;
  }
  return growth;
}

function drainOf(lagRecords: number, lagPins: number | null, pinsPerSecond: number): number | null {
  if (lagRecords === 0) return 0;
  return lagPins !== null && pinsPerSecond > 0 ? lagPins / pinsPerSecond : null;
}

function stageSharesOf(heartbeats: readonly Heartbeat[]): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const { work } of heartbeats)
    for (const { stage, seconds: phases } of work)
      seconds[stage] =
        (seconds[stage] ?? 0) + sumOf(Object.values(phases), (spent) => spent) - (phases.poll ?? 0);
  const all = sumOf(Object.values(seconds), (spent) => spent);
  return Object.fromEntries(Object.entries(seconds).map(([stage, spent]) => [stage, ratio(spent, all)]));
}

function failingOf(alive: readonly Heartbeat[]): Partial<Record<ErrorCode, number>> {
  const failing: Partial<Record<ErrorCode, number>> = {};
  for (const { failing: code } of alive) if (code !== null) failing[code] = (failing[code] ?? 0) + 1;
  return failing;
}

function sumOf<T>(items: Iterable<T>, value: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += value(item);
  return sum;
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sumOf(known, (value) => value) / known.length;
}

/** 0 where there is nothing to divide by. */
function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
