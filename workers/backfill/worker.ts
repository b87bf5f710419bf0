import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { redisError } from '../../shared/connections/redis.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { FIRST_PAUSE_MS, LAST_PAUSE_MS } from '../../shared/stream/retry.ts';
import type { ServiceState } from '../../shared/stream/serve.ts';
import { batchLaneLag } from '../pools/lag.ts';
import { copyRanges, type Copied } from '../replay.ts';
import type { RunsLog } from './book.ts';
import { BookFollower } from './follow.ts';
import { isExact, LedgerFollower, readLedger } from './ledger.ts';
import type { BackfillMetrics } from './metrics.ts';
import {
  addCopyJobs,
  backoff,
  jobError,
  keepSchedules,
  openQueue,
  promoteCopyJobs,
  removeCopyJobs,
  REPLAY_PREFIX,
  REPLAY_QUEUE,
  type BackfillJob,
  type BackfillQueue,
  type CopyJob,
  type CopyProgress,
  type PlanJob,
} from './queue.ts';
import { hasEnded, headersOf, type Run, type RunState } from './run.ts';
import { completeRun, startScheduled, uncopiedRanges } from './runs.ts';

export interface BackfillWorkerOptions {
  runs: RunsLog;
  redis: Redis;
  /** Jobs that it works on at once. */
  concurrency: number;
  logger: Logger;
  metrics: BackfillMetrics;
  /** Is kept up to date, for who asks how it goes. */
  state: ServiceState;
}

type AnyJob = Job<BackfillJob>;

/** How far the pools were behind where it was worst, when that was asked, and what this worker had copied by then. */
interface Lag {
  at: number;
  offsets: Promise<number>;
  copied: ReadonlyMap<number, number>;
}

/** The copying was ended: the run is not running any more, or this worker is to stop. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Executes the runs that are recorded on p2i-runs: keeps the queue's jobs and schedulers in line with them, works on jobs,
 * adds the ledgers up, and marks runs complete. Any number of these work side by side. What is copied is what Kafka has
 * committed, so a queue that lost everything is made anew, and a job that is done twice copies once.
 */
export class BackfillWorker {
  readonly #options: BackfillWorkerOptions;
  readonly #queue: BackfillQueue;
  readonly #follower: BookFollower;
  readonly #ledger: LedgerFollower;
  readonly #jobs: Worker<BackfillJob>;
  readonly #stopping = new AbortController();
  /** By run: the state in which the queue was brought in line with it. */
  readonly #inLine = new Map<string, RunState>();
  /** By partition: records that this worker has copied. */
  readonly #copied = new Map<number, number>();
  #lag: Lag = { at: -Infinity, offsets: Promise.resolve(0), copied: new Map() };
  /** Something was recorded that the queue does not know of. */
  #isBehind = true;

  private constructor(options: BackfillWorkerOptions, follower: BookFollower) {
    const { redis, concurrency, runs, logger } = options;
    this.#options = options;
    this.#follower = follower;
    this.#queue = openQueue(redis);
    this.#ledger = new LedgerFollower(runs.log, runs.registry, redis);
    this.#jobs = new Worker<BackfillJob>(REPLAY_QUEUE, (job, token) => this.#work(job, token!), {
      connection: redis,
      prefix: REPLAY_PREFIX,
      concurrency,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      // Who is killed with a job in hand is to blame, not the job: copying the bytes has no poison.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      settings: { backoffStrategy: backoff },
    });
    this.#jobs.on('error', (error) =>
      logger.debug({ error: error.message }, 'the queue answered with an error'),
    );
    this.#jobs.on('failed', (job, error) => this.#failed(job, error));
    // Commands wait for it to come back: nobody else says so.
    redis.on('close', () => {
      if (!this.#stopping.signal.aborted) this.#tryingAgain(connectionLost());
    });
    redis.on('ready', () => (this.#isBehind = true));
  }

  /** @throws P2iError of the log */
  static async open(options: BackfillWorkerOptions): Promise<BackfillWorker> {
    return new BackfillWorker(options, await BookFollower.open(options.runs));
  }

  /** Works until the signal; jobs in hand go back to the queue after their transaction. @throws what no retry mends */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#stopping.abort(), { once: true });
    if (signal.aborted) this.#stopping.abort();
    const stopping = this.#stopping.signal;
    const working = this.#jobs.run();
    const others = Promise.all([
      this.#follower.follow(
        stopping,
        () => (this.#isBehind = true),
        (error) => this.#tryingAgain(error),
      ),
      this.#keep(stopping),
    ]);
    try {
      // The jobs end when they are told to, below, unless they fail.
      await Promise.race([others, working.then(() => others)]);
    } finally {
      this.#stopping.abort();
      await this.#jobs.close();
      await working;
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#jobs.close();
    await this.#queue.close();
    await this.#follower.close();
  }

  /** Brings queue and ledgers in line with what is recorded and done, again and again. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { state, redis } = this.#options;
    let pause = FIRST_PAUSE_MS;
    let nextAt = 0;
    while (!signal.aborted) {
      try {
        if (redis.status !== 'ready') throw connectionLost();
        // A Redis that came back empty says nothing of that: the queue is looked at from time to time.
        if (this.#isBehind || performance.now() > nextAt) {
          this.#isBehind = false;
          await this.#alignQueue();
          nextAt = performance.now() + ALIGN_MS;
        }
        await this.#ledger.catchUp(signal);
        await this.#completeRuns();
        state.lastStep = Date.now();
        state.failing = undefined;
        pause = FIRST_PAUSE_MS;
        await sleep(KEEP_MS, undefined, { signal }).catch(() => undefined);
      } catch (error) {
        const known = redisError(error, 'Redis');
        if (!known.transient) throw known;
        this.#isBehind = true;
        this.#tryingAgain(known);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(2 * pause, LAST_PAUSE_MS);
      }
    }
  }

  #tryingAgain(error: P2iError): void {
    this.#options.state.failing = error;
    this.#options.state.lastStep = Date.now();
    this.#options.logger.warn({ code: error.code, error: error.message }, 'trying again');
  }

  async #alignQueue(): Promise<void> {
    const { book } = this.#follower;
    await keepSchedules(this.#queue, book.schedules);
    for (const run of book.runs.values()) {
      const { plan, state } = run;
      const known = this.#inLine.get(plan.run);
      if (state === 'running') {
        const ranges = await uncopiedRanges(this.#options.runs, plan);
        await addCopyJobs(this.#queue, plan.run, ranges);
        if (known !== state) await promoteCopyJobs(this.#queue, plan.run, ranges);
      } else if (state === 'cancelled' && known !== state)
        await removeCopyJobs(this.#queue, plan.run, plan.ranges);
      if (known !== state) this.#options.logger.info({ run: plan.run, state }, 'run is now in this state');
      this.#inLine.set(plan.run, state);
    }
  }

  async #completeRuns(): Promise<void> {
    const { runs, redis, logger } = this.#options;
    for (const { plan, state } of this.#follower.book.runs.values()) {
      if (state !== 'running' && state !== 'paused') continue;
      const ledger = await readLedger(
        redis,
        plan.run,
        plan.ranges.map(({ partition }) => partition),
      );
      // One of the workers says so.
      if (!isExact(ledger) || (await redis.set(completingKey(plan.run), 1, 'PX', LOCK_MS, 'NX')) === null)
        continue;
      const { pinsIn } = ledger.total;
      const run = await completeRun(runs, plan.run, pinsIn, { by: 'ledger', time: Date.now() });
      if (run.changedBy === 'ledger') logger.info({ run: plan.run, ledger: ledger.total }, 'run complete');
    }
  }

  async #work(job: AnyJob, token: string): Promise<unknown> {
    const { data } = job;
    if (data.kind === 'plan') return this.#plan(data, job);
    const run = this.#follower.book.runs.get(data.run);
    const range = run?.plan.ranges.find(({ partition }) => partition === data.partition);
    // What is recorded is not known here yet, or the run is paused.
    if (run === undefined || (run.state !== 'running' && !hasEnded(run))) return putOff(job, token);
    if (range === undefined || hasEnded(run)) return { state: run.state };
    const logger = this.#options.logger.child({ run: data.run, partition: data.partition });
    logger.info('copying');
    try {
      const copied = await this.#copy(job, run, range);
      logger.info(copied, 'copied');
      return copied;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw jobError(error);
      logger.info({ because: error.message }, 'copying was interrupted');
      if (this.#stopping.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      return this.#stateOf(data) === 'paused' ? putOff(job, token) : { state: this.#stateOf(data) };
    }
  }

  async #copy(job: AnyJob, { plan }: Run, range: Run['plan']['ranges'][number]): Promise<Copied> {
    const { runs, metrics } = this.#options;
    const reports = new ProgressReports(job);
    let before: Copied = { records: 0, pins: 0 };
    const { partition } = range;
    const room = async (): Promise<number> => {
      const lag = this.#freshLag();
      const offsets = await lag.offsets;
      const since = (this.#copied.get(partition) ?? 0) - (lag.copied.get(partition) ?? 0);
      return plan.maxLag - offsets - since;
    };
    return copyRanges(runs.log, runs.registry, headersOf(plan), [range], {
      pollBytes: POLL_BYTES,
      allowed: () => this.#untilAllowed(job.data as CopyJob, room, reports),
      onProgress: (copied) => {
        const records = copied.records - before.records;
        metrics.copied(records, copied.pins - before.pins);
        this.#copied.set(partition, (this.#copied.get(partition) ?? 0) + records);
        before = copied;
        reports.copied(copied);
      },
    });
  }

  /**
   * Waits while the pools are too far behind.
   *
   * @param room how many records more they may be behind now
   * @returns how many records may be copied
   * @throws Interrupted where the copying is to end
   */
  async #untilAllowed(job: CopyJob, room: () => Promise<number>, reports: ProgressReports): Promise<number> {
    const { signal } = this.#stopping;
    for (;;) {
      if (signal.aborted) throw new Interrupted('this worker stops');
      const state = this.#stateOf(job);
      if (state !== 'running') throw new Interrupted(`the run is ${state}`);
      const records = await room();
      reports.waiting(records <= 0);
      if (records > 0) return records;
      await this.#options.metrics.wait(() => sleep(WAIT_MS, undefined, { signal }).catch(() => undefined));
    }
  }

  /** The lag of the batch lane, asked for once for all jobs. */
  #freshLag(): Lag {
    if (performance.now() - this.#lag.at > LAG_MS)
      this.#lag = {
        at: performance.now(),
        offsets: batchLaneLag(this.#options.runs.log),
        copied: new Map(this.#copied),
      };
    return this.#lag;
  }

  #stateOf({ run }: CopyJob): RunState | undefined {
    return this.#follower.book.runs.get(run)?.state;
  }

  async #plan({ schedule }: PlanJob, job: AnyJob): Promise<unknown> {
    const { runs, logger } = this.#options;
    const due = job.opts.prevMillis ?? job.timestamp;
    try {
      const run = await startScheduled(runs, schedule, due);
      if (run === undefined)
        logger.warn({ schedule }, 'nothing started: its last run has not ended, or this one is there');
      else logger.info({ schedule, run: run.plan.run }, 'run started');
      return { run: run?.plan.run ?? null };
    } catch (error) {
      throw jobError(error);
    }
  }

  #failed(job: AnyJob | undefined, error: Error): void {
    const { logger, metrics } = this.#options;
    const cause = error instanceof P2iError ? error : error.cause;
    const code = cause instanceof P2iError ? cause.code : 'INTERNAL';
    metrics.failed(code);
    logger.warn({ job: job?.id, code, error: error.message, attempt: job?.attemptsMade }, 'a job failed');
  }
}

function completingKey(run: string): string {
  return `p2i:{ledger}:completing/${run}`;
}

function connectionLost(): P2iError {
  return new P2iError('REDIS_UNAVAILABLE', 'the connection is lost');
}

/** Puts a job back, to be looked at again later or once its run is resumed. */
async function putOff(job: AnyJob, token: string): Promise<never> {
  await job.moveToDelayed(Date.now() + PUT_OFF_MS, token);
  throw new DelayedError();
}

/** The progress of a job, written now and then: a Redis that is away holds nothing up. */
class ProgressReports {
  readonly #job: AnyJob;
  #progress: CopyProgress = { records: 0, pins: 0, waiting: false };
  #writtenAt = -Infinity;
  #isWriting = false;

  constructor(job: AnyJob) {
    this.#job = job;
  }

  copied(copied: Copied): void {
    this.#progress = { ...this.#progress, ...copied };
    this.#write();
  }

  waiting(waiting: boolean): void {
    if (waiting === this.#progress.waiting) return;
    this.#progress = { ...this.#progress, waiting };
    this.#write();
  }

  #write(): void {
    if (this.#isWriting || performance.now() - this.#writtenAt < PROGRESS_MS) return;
    this.#isWriting = true;
    this.#writtenAt = performance.now();
    void this.#job
      .updateProgress(this.#progress)
      .catch(() => undefined)
      .finally(() => (this.#isWriting = false));
  }
}

/** Bytes of a transaction: so few that it puts the pools behind by no more than a plan allows, or hardly so. */
const POLL_BYTES = 1 << 18;
/** A job whose worker says nothing for so long is another's: taking it over too early harms nothing, ms. */
const LOCK_MS = 10_000;
/** How often the queue is looked at though nothing was recorded, ms. */
const ALIGN_MS = 15_000;
const KEEP_MS = 1000;
/** How old the lag may be by which copying goes on or waits, ms. */
const LAG_MS = 1000;
/** How long copying waits before it looks whether it may go on, ms. */
const WAIT_MS = 100;
/** How long a job of a paused run rests before it is looked at again, ms; resuming wakes it. */
const PUT_OFF_MS = 5000;
const PROGRESS_MS = 1000;
