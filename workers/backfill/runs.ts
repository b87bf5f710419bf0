import type { Redis } from 'ioredis';
import { P2iError } from '../../shared/errors/errors.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { isCopied, replayGroup, type Range } from '../replay.ts';
import { changeBook, readBook, type RunBook, type RunsLog } from './book.ts';
import { isExact, leftOf, readLedger, type PartitionLedger, type RunLedger } from './ledger.ts';
import { makePlan, type Planning, type PlanRequest } from './plan.ts';
import { addCopyJobs, checkCron, failedCopyJobs, nextFire, type BackfillQueue } from './queue.ts';
import {
  changed,
  hasEnded,
  plannedRun,
  ranFor,
  type Run,
  type RunChange,
  type RunPlan,
  type RunState,
  type Schedule,
} from './run.ts';

/*
 * What can be done with runs: plan, start, pause, resume, cancel, retry, look. All but the last two need no Redis: what is
 * recorded on p2i-runs is what counts, and the backfill workers bring the queue in line with it.
 */

/** Who did it, and when (milliseconds since 1970). */
export interface By {
  by: string;
  time: number;
}

/** Everything that is planned, in order of planning; and the schedules. */
export async function listRuns(runs: RunsLog): Promise<{ runs: Run[]; schedules: Schedule[] }> {
  const book = await readBook(runs);
  return { runs: inOrder(book), schedules: [...book.schedules.values()] };
}

/** Runs in order of planning. */
export function inOrder(book: RunBook): Run[] {
  return [...book.runs.values()].sort((a, b) => a.plan.order - b.plan.order);
}

/** @throws P2iError RUN_UNKNOWN */
export function runOf({ runs }: RunBook, name: string): Run {
  const run = runs.get(name);
  if (run !== undefined) return run;
  const message = `there are ${[...runs.keys()].join(', ') || 'none'}`;
  throw new P2iError('RUN_UNKNOWN', message, { where: `run ${name}` });
}

/**
 * Plans a run and records it; `startRun` starts it.
 *
 * @throws as makePlan does
 */
export function planRun(runs: RunsLog, request: PlanRequest, time = Date.now()): Promise<Run> {
  return changeBook(runs, async (book, changes) => {
    const run = plannedRun(await makePlan(runs, book, { request }, time));
    changes.run(run);
    return run;
  });
}

/** What `planRun` would record. @throws as makePlan does */
export async function previewRun(
  runs: RunsLog,
  request: PlanRequest,
  time = Date.now(),
): Promise<{ plan: RunPlan; estimate: Estimate }> {
  const book = await readBook(runs);
  const plan = await makePlan(runs, book, { request }, time);
  return { plan, estimate: estimateOf(plan, book) };
}

/** Starts a planned run. Nothing happens where it was started before. @throws P2iError RUN_UNKNOWN, RUN_REFUSED */
export function startRun(runs: RunsLog, name: string, by: By): Promise<Run> {
  return changeRun(runs, name, 'start', by);
}

/** Ends the copying after the transactions in hand, until it is resumed. What is copied goes on through the pools. */
export function pauseRun(runs: RunsLog, name: string, by: By): Promise<Run> {
  return changeRun(runs, name, 'pause', by);
}

/** Goes on with a run that is paused. */
export function resumeRun(runs: RunsLog, name: string, by: By): Promise<Run> {
  return changeRun(runs, name, 'resume', by);
}

/** Ends the copying for good. What is copied already goes on through the pools: its results are as valid as any. */
export function cancelRun(runs: RunsLog, name: string, by: By): Promise<Run> {
  return changeRun(runs, name, 'cancel', by);
}

function changeRun(runs: RunsLog, name: string, change: RunChange, { by, time }: By): Promise<Run> {
  return changeBook(runs, (book, changes) => {
    const before = runOf(book, name);
    const after = changed(before, change, by, time);
    if (after !== before) changes.run(after);
    return after;
  });
}

/** Marks a run complete. Nothing happens where it was cancelled meanwhile. @param pins that it classified */
export function completeRun(runs: RunsLog, name: string, pins: number, { by, time }: By): Promise<Run> {
  return changeBook(runs, (book, changes) => {
    const before = runOf(book, name);
    if (hasEnded(before)) return before;
    const after = { ...changed(before, 'complete', by, time), pins };
    changes.run(after);
    return after;
  });
}

/**
 * Puts the jobs of a run that failed for good back into the queue, and any that is not there.
 *
 * @returns the partitions whose jobs had failed
 * @throws P2iError RUN_UNKNOWN; RUN_REFUSED where the run is not running or paused
 */
export async function retryRun(runs: RunsLog, queue: BackfillQueue, name: string): Promise<number[]> {
  const run = runOf(await readBook(runs), name);
  if (run.state !== 'running' && run.state !== 'paused') {
    const message = `it is ${run.state}; only a run that is running or paused has jobs to retry`;
    throw new P2iError('RUN_REFUSED', message, { where: `run ${name}` });
  }
  const failed = await failedCopyJobs(queue, name);
  // Another retry may have come first.
  for (const { job } of failed) await job.retry('failed', { resetAttemptsMade: true }).catch(() => undefined);
  await addCopyJobs(queue, name, await uncopiedRanges(runs, run.plan));
  return failed.map(({ partition }) => partition).sort((a, b) => a - b);
}

/**
 * Records a schedule, or changes the one of that name; the backfill workers plan and start its runs.
 *
 * @throws P2iError CONFIG_INVALID where the cron entry is none
 */
export function scheduleRuns(runs: RunsLog, schedule: Schedule): Promise<Schedule> {
  checkCron(schedule.cron);
  return changeBook(runs, (_, changes) => {
    changes.schedule(schedule);
    return schedule;
  });
}

/** Ends a schedule; its runs stay. @param dryRun true: only checks. @throws P2iError RUN_UNKNOWN */
export function unschedule(runs: RunsLog, name: string, dryRun = false): Promise<void> {
  return changeBook(runs, (book, changes) => {
    if (!book.schedules.has(name)) {
      const message = `there are ${[...book.schedules.keys()].join(', ') || 'none'}`;
      throw new P2iError('RUN_UNKNOWN', message, { where: `schedule ${name}` });
    }
    if (!dryRun) changes.unschedule(name);
  });
}

/**
 * Plans the run of a schedule that is due, and starts it: `daily-2026-11-29-0200`. Nothing happens where it is recorded
 * already, the schedule is gone, or its run before has not ended.
 *
 * @param due milliseconds since 1970
 * @returns the run; undefined where there is none to start
 */
export function startScheduled(runs: RunsLog, name: string, due: number): Promise<Run | undefined> {
  return changeBook(runs, async (book, changes) => {
    const schedule = book.schedules.get(name);
    if (schedule === undefined) return undefined;
    const [date, clock] = new Date(due).toISOString().split('T');
    const run = `${name}-${date}-${clock.slice(0, 5).replace(':', '')}`;
    if (book.runs.has(run) || hasUnfinished(book, name)) return undefined;
    const planning = { request: requestOf(schedule, run, book), schedule: name };
    const time = Date.now();
    const planned = plannedRun(await makePlan(runs, book, planning, time));
    const started = changed(planned, 'start', planned.changedBy, time);
    changes.run(started);
    return started;
  });
}

function hasUnfinished(book: RunBook, schedule: string): boolean {
  return [...book.runs.values()].some((run) => run.plan.schedule === schedule && !hasEnded(run));
}

function requestOf(schedule: Schedule, run: string, book: RunBook): Planning['request'] {
  const { reason, name, taxonomy, model, generation, maxLag } = schedule;
  const isFirst = ![...book.runs.values()].some(
    ({ plan, state }) => plan.schedule === name && state === 'complete',
  );
  return {
    ...{ run, reason, by: `schedule ${name}`, maxLag },
    ...(taxonomy !== null && { taxonomy }),
    ...(model !== null && { model }),
    ...(generation !== null && isFirst && { generation }),
  };
}

/** When the schedule is due next, milliseconds since 1970. */
export function dueNext({ cron }: Schedule, time = Date.now()): number | undefined {
  return nextFire(cron, time);
}

/** What a plan would take, by the newest complete run. */
export interface Estimate {
  /** Offsets; some hold no record. */
  records: number;
  /** null: no run is complete to go by. */
  pins: number | null;
  seconds: number | null;
}

function estimateOf({ ranges }: RunPlan, book: RunBook): Estimate {
  const records = lengthOf(ranges);
  const last = inOrder(book).findLast(({ state, pins }) => state === 'complete' && pins !== null && pins > 0);
  const share = last === undefined ? 0 : records / lengthOf(last.plan.ranges);
  if (last === undefined) return { records, pins: null, seconds: null };
  return { records, pins: Math.round(share * last.pins!), seconds: (share * last.ranFor) / 1000 };
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** A run in one partition. */
export interface RangeStatus extends Range {
  /** Offsets that are copied, of `to - from`. */
  copied: number;
  ledger: PartitionLedger;
  /** Why its job failed for good; null where it did not. */
  failed: string | null;
}

/** How a run goes. */
export interface RunStatus {
  run: Run;
  ranges: RangeStatus[];
  /** Offsets of p2i-pins, all ranges together. */
  records: { total: number; copied: number };
  /** All partitions together, and Pins that are on their way. */
  ledger: Omit<RunLedger, 'partitions'>;
  /** All is accounted for, each Pin once. */
  exact: boolean;
  /** How much of it has come out of publishing, 0 to 1. */
  done: number;
  /** Pins a second that came out of publishing while it was running; null before the first. */
  rate: number | null;
  /** Seconds until it is complete, at the rate until now; null where that is not known or it is not running. */
  secondsLeft: number | null;
}

/** As statusOf, of a run by its name. @throws P2iError RUN_UNKNOWN; as statusOf does */
export async function runStatus(runs: RunsLog, kept: RunsKept, name: string): Promise<RunStatus> {
  return statusOf(runs, kept, runOf(await readBook(runs), name));
}

/** Where ledgers and jobs are kept. */
export interface RunsKept {
  redis: Redis;
  queue: BackfillQueue;
}

/**
 * How a run goes. The ledgers are as new as the backfill workers keep them, or as a LedgerFollower that has just caught up.
 *
 * @throws P2iError of the log; the client's error where Redis is away
 */
export async function statusOf(
  { log }: RunsLog,
  { redis, queue }: RunsKept,
  run: Run,
  time = Date.now(),
): Promise<RunStatus> {
  const { plan } = run;
  const committed = await log.committedOffsets(replayGroup(plan.run), PINS_TOPIC);
  const partitions = plan.ranges.map(({ partition }) => partition);
  const { partitions: lines, total, left } = await readLedger(redis, plan.run, partitions);
  const failed = new Map((await failedCopyJobs(queue, plan.run)).map((job) => [job.partition, job.reason]));
  const ranges = plan.ranges.map((range, i) => ({
    ...range,
    copied: copiedOf(range, run.state, committed[range.partition]),
    ledger: lines[i],
    failed: failed.get(range.partition) ?? null,
  }));
  const records = {
    total: lengthOf(plan.ranges),
    copied: ranges.reduce((sum, { copied }) => sum + copied, 0),
  };
  const exact = isExact({ partitions: lines, total, left });
  const done = run.state === 'complete' ? 1 : shareDone(records, total);
  const seconds = ranFor(run, time) / 1000;
  const out = total.pinsIn - leftOf(total);
  return {
    ...{ run, ranges, records, ledger: { total, left }, exact, done },
    rate: seconds > 0 && out > 0 ? out / seconds : null,
    secondsLeft: run.state === 'running' && done > 0 ? (seconds * (1 - done)) / done : null,
  };
}

/** Brokers forget the offsets of a group that is idle for days; that a run is complete is recorded. */
function copiedOf({ from, to }: Range, state: RunState, committed: number): number {
  return state === 'complete' ? to - from : Math.max(0, Math.min(committed, to) - from);
}

function shareDone({ total, copied }: RunStatus['records'], pins: RunLedger['total']): number {
  if (total === 0 || pins.pinsIn === 0) return 0;
  return (copied / total) * ((pins.pinsIn - leftOf(pins)) / pins.pinsIn);
}

/** The ranges of a run that are not copied to their end. */
export async function uncopiedRanges({ log }: RunsLog, { run, ranges }: RunPlan): Promise<Range[]> {
  const committed = await log.committedOffsets(replayGroup(run), PINS_TOPIC);
  return ranges.filter(({ partition, to }) => !isCopied(to, committed[partition]));
}
