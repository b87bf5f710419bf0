import { ERRORS, type ErrorCode } from '../../shared/errors/errors.ts';
import type { PoolStatus } from './status.ts';

/** The pool that holds up the others, and what to do about it. */
export interface Bottleneck {
  /** Its consumer group. */
  group: string;
  /** One sentence for people. */
  words: string;
  /** How many more workers it needs; 0 where workers are not what it lacks. Never more than it has partitions for. */
  workersToAdd: number;
}

/** A pool whose workers wait for records less than a fifth of their time cannot do much more. */
const BUSY = 0.8;
/** A pool is behind whose lag takes so long to work off, s: a burst that a pool deals with is over before. */
const BEHIND_SECONDS = 10;
/** Or so long already, s, while it grows by more than a share of what the pool reads. */
const GROWING_SECONDS = 3;
const GROWING_SHARE = 0.05;
/** In which time the lag is to be worked off by the workers that are to be added, s. */
const CATCH_UP_SECONDS = 600;

/**
 * The pool that holds up the others, if any. First one that does not work though there is work for it: its workers are
 * gone, or cannot. Else, of the pools that are as busy as can be and behind, the one that can do the fewest Pins a second:
 * in a chain that one sets the pace. A pool that is held back to spare it (its lag does not grow, since nobody adds to
 * it) is found as well: it is busy, and behind.
 */
export function bottleneckOf(pools: readonly PoolStatus[]): Bottleneck | undefined {
  const stopped = pools.find((pool) => pool.lagRecords > 0 && (isGone(pool) || isFailing(pool)));
  if (stopped !== undefined) return isGone(stopped) ? gone(stopped) : failing(stopped);
  const held = pools.filter((pool) => isBusy(pool) && isBehind(pool));
  if (held.length === 0) return undefined;
  return busy(held.reduce((least, pool) => (capacityOf(pool) < capacityOf(least) ? pool : least)));
}

/** The name of a pool in words: `ranking`, `candidates,features,ranking (instant)`. */
export function poolName({ stages, lane }: Pick<PoolStatus, 'stages' | 'lane'>): string {
  return stages.join(',') + (lane === 'instant' ? ' (instant)' : '');
}

function isGone({ workers, lost }: PoolStatus): boolean {
  return workers === 0 && lost > 0;
}

function isFailing({ workers, failing: codes }: PoolStatus): boolean {
  return workers > 0 && Object.values(codes).reduce((sum, some) => sum + some, 0) === workers;
}

function isBusy({ workers, busyShare }: PoolStatus): boolean {
  return workers > 0 && busyShare >= BUSY;
}

function isBehind({ lagRecords, drainSeconds, lagGrowth, pinsPerSecond }: PoolStatus): boolean {
  if (lagRecords === 0) return false;
  const seconds = drainSeconds ?? Infinity;
  const growing = lagGrowth !== null && lagGrowth / 60 > GROWING_SHARE * pinsPerSecond;
  return seconds >= BEHIND_SECONDS || (growing && seconds >= GROWING_SECONDS);
}

/** Pins that it can do in a second with the workers that it has. */
function capacityOf({ pinsPerSecond, busyShare }: PoolStatus): number {
  return pinsPerSecond / busyShare;
}

function gone(pool: PoolStatus): Bottleneck {
  const workersToAdd = Math.min(pool.lost, pool.partitions);
  const words = `${poolName(pool)} has no worker left: ${lagOf(pool)}, start ${workersOf(workersToAdd)}`;
  return { group: pool.group, words, workersToAdd };
}

function failing(pool: PoolStatus): Bottleneck {
  const [code] = Object.keys(pool.failing) as ErrorCode[];
  const what = ERRORS[code]?.action ?? 'see the logs of its workers';
  return {
    group: pool.group,
    words: `${poolName(pool)} does not work: ${code}, ${lagOf(pool)}; ${what}`,
    workersToAdd: 0,
  };
}

function busy(pool: PoolStatus): Bottleneck {
  const workersToAdd = workersMissing(pool);
  const facts = [`${(100 * pool.busyShare).toFixed(0)} % busy`, lagOf(pool)];
  const advice =
    workersToAdd > 0
      ? `add ${workersOf(workersToAdd)}`
      : `it has a worker for each of its ${pool.partitions} partitions: give them more cores, or the topics more partitions`;
  const words = `${poolName(pool)} is the bottleneck${mostly(pool)}: ${[...facts, advice].join(', ')}`;
  return { group: pool.group, words, workersToAdd };
}

/** Workers that a pool lacks to keep up with what comes and to work off what is there. */
function workersMissing(pool: PoolStatus): number {
  const { workers, partitions, pinsPerSecond, lagPins, lagGrowth } = pool;
  const room = Math.max(0, partitions - workers);
  const each = capacityOf(pool) / workers;
  const coming = pinsPerSecond + Math.max(0, lagGrowth ?? 0) / 60;
  const needed = (coming + (lagPins ?? 0) / CATCH_UP_SECONDS) / each;
  return Math.min(room, Math.max(1, Number.isFinite(needed) ? Math.ceil(needed) - workers : 1));
}

/** The stage that takes most of the time, of a pool that has more than one. */
function mostly({ stageShares }: PoolStatus): string {
  const [first, ...others] = Object.entries(stageShares).sort(([, a], [, b]) => b - a);
  if (first === undefined || others.length === 0) return '';
  return ` (${(100 * first[1]).toFixed(0)} % of its work is ${first[0]})`;
}

/** `lag 48k Pins, +12k Pins/min`. */
function lagOf({ lagRecords, lagPins, lagGrowth }: PoolStatus): string {
  const lag = `lag ${lagPins === null ? `${short(lagRecords)} records` : `${short(lagPins)} Pins`}`;
  if (lagGrowth === null) return lag;
  return `${lag}, ${lagGrowth < 0 ? '−' : '+'}${short(Math.abs(lagGrowth))} Pins/min`;
}

function workersOf(count: number): string {
  return `${count} ${count === 1 ? 'worker' : 'workers'}`;
}

/** A number in three digits at most: `870`, `12k`, `1.2M`. */
export function short(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let unit = 0;
  let scaled = value;
  for (; Math.round(scaled) >= 1000 && unit < units.length - 1; unit++) scaled /= 1000;
  return `${scaled < 10 && unit > 0 ? scaled.toFixed(1) : scaled.toFixed(0)}${units[unit]}`;
}
