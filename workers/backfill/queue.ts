import { getNextMillis, Queue, UnrecoverableError, type Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { P2iError } from '../../shared/errors/errors.ts';
import { isTransient } from '../../shared/stream/retry.ts';
import type { Range } from '../replay.ts';
import type { Schedule } from './run.ts';

/** The BullMQ queue of the runs. */
export const REPLAY_QUEUE = 'p2i-replay';
/** Of its keys. The braces keep them together on a cluster. */
export const REPLAY_PREFIX = '{p2i}';

/** Copies the range of a run in one partition. */
export interface CopyJob {
  kind: 'copy';
  run: string;
  partition: number;
}

/** Plans the next run of a schedule, and starts it: the queue makes one each time that the cron entry says. */
export interface PlanJob {
  kind: 'plan';
  schedule: string;
}

export type BackfillJob = CopyJob | PlanJob;

export type BackfillQueue = Queue<BackfillJob>;

/** How far a job that copies is: its `progress`. */
export interface CopyProgress {
  /** Copied since it was taken up last. */
  records: number;
  pins: number;
  /** True while it waits for the pools. */
  waiting: boolean;
}

/** The queue, over a connection that stays the caller's. */
export function openQueue(redis: Redis): BackfillQueue {
  const queue: BackfillQueue = new Queue<BackfillJob>(REPLAY_QUEUE, {
    connection: redis,
    prefix: REPLAY_PREFIX,
  });
  // Commands tell whoever gives them; an error event that nobody hears would end the process.
  queue.on('error', () => undefined);
  return queue;
}

/** The id of a job that copies: adding one that is there adds nothing. */
export function copyJobId(run: string, partition: number): string {
  return `${run}/${partition}`;
}

/** Adds the jobs that copy these ranges of a run; those that are there already stay as they are. */
export async function addCopyJobs(
  queue: BackfillQueue,
  run: string,
  ranges: readonly Range[],
): Promise<void> {
  const jobs = ranges.map(({ partition }) => ({
    name: run,
    data: { kind: 'copy' as const, run, partition },
    opts: { ...JOB_OPTIONS, jobId: copyJobId(run, partition) },
  }));
  if (jobs.length > 0) await queue.addBulk(jobs);
}

/** Lets jobs that were put off be taken up now. */
export async function promoteCopyJobs(
  queue: BackfillQueue,
  run: string,
  ranges: readonly Range[],
): Promise<void> {
  for (const { partition } of ranges) {
    const job = await queue.getJob(copyJobId(run, partition));
    // It may be taken up at the same moment.
    if (await job?.isDelayed()) await job!.promote().catch(() => undefined);
  }
}

/** Removes the jobs that wait; those that are being worked on end by themselves. */
export async function removeCopyJobs(
  queue: BackfillQueue,
  run: string,
  ranges: readonly Range[],
): Promise<void> {
  for (const { partition } of ranges) await queue.remove(copyJobId(run, partition));
}

/** Jobs of a run that failed for good, and why. */
export async function failedCopyJobs(
  queue: BackfillQueue,
  run: string,
): Promise<{ partition: number; reason: string; job: Job<BackfillJob> }[]> {
  const failed: { partition: number; reason: string; job: Job<BackfillJob> }[] = [];
  for (const job of await queue.getFailed()) {
    if (job.data.kind === 'copy' && job.data.run === run)
      failed.push({ partition: job.data.partition, reason: job.failedReason, job });
  }
  return failed;
}

/** @throws P2iError CONFIG_INVALID where it is no cron entry */
export function checkCron(cron: string): void {
  if (nextFire(cron, Date.now()) === undefined)
    throw new P2iError('CONFIG_INVALID', `not a cron entry: ${cron}`, { where: 'cron' });
}

/** When the entry fires next, milliseconds since 1970; undefined where it is none, or never fires. */
export function nextFire(cron: string, time: number): number | undefined {
  try {
    return getNextMillis(time, { pattern: cron, tz: TIME_ZONE });
  } catch {
    return undefined;
  }
}

/** Makes the queue's schedulers those that are recorded. */
export async function keepSchedules(
  queue: BackfillQueue,
  schedules: ReadonlyMap<string, Schedule>,
): Promise<void> {
  const there = new Map((await queue.getJobSchedulers()).map(({ key, pattern }) => [key, pattern]));
  for (const key of there.keys()) if (!schedules.has(key)) await queue.removeJobScheduler(key);
  for (const { name, cron } of schedules.values()) {
    // One that is as it should be is left alone: making it anew could drop the job that is just due.
    if (there.get(name) === cron) continue;
    const data: PlanJob = { kind: 'plan', schedule: name };
    await queue.upsertJobScheduler(name, { pattern: cron, tz: TIME_ZONE }, { name, data, opts: JOB_OPTIONS });
  }
}

/** How long a job waits before its next attempt, ms: doubled from one second to a minute. */
export function backoff(attempt: number): number {
  return Math.min(1000 * 2 ** (attempt - 1), 60_000);
}

/** What a failed attempt is to the queue: it tries again after what may pass, and only then. */
export function jobError(error: unknown): Error {
  if (isTransient(error)) return error as Error;
  const message = error instanceof Error ? error.message : String(error);
  const text = error instanceof P2iError ? `${error.code} ${message}` : message;
  return Object.assign(new UnrecoverableError(text), { cause: error });
}

const TIME_ZONE = 'UTC';

const JOB_OPTIONS = {
  // Some hours of brokers that are away.
  attempts: 200,
  backoff: { type: 'custom' },
  removeOnComplete: { age: 7 * 86_400 },
} as const satisfies JobsOptions;
