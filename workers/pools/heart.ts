import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '../../shared/features/feature.ts';
import type { StageMetrics } from '../../shared/observability/metrics.ts';
import type { StageReport } from '../../shared/observability/report.ts';
import type { WorkerMetrics } from '../../shared/observability/worker-metrics.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { Log } from '../../shared/stream/log.ts';
import { PHASES } from '../../shared/stream/observer.ts';
import type { ServiceState } from '../../shared/stream/serve.ts';
import { WORKERS_TOPIC } from '../../shared/stream/topics.ts';
import { HEARTBEAT_MS, writeHeartbeat, type Heartbeat, type StageWork } from './heartbeat.ts';
import { lagOf } from './lag.ts';
import type { Pool } from './pool.ts';

/** What a heart tells of. */
export interface HeartOptions {
  log: Log;
  registry: Registry;
  pool: Pool;
  about: WorkerDescription;
  metrics: StageMetrics;
  /** Where it puts what only it knows, for those who scrape. */
  gauges: WorkerMetrics;
  state: ServiceState;
  /** The partitions that the worker has now, each with the offset up to which it has committed. */
  places: () => ReadonlyMap<number, number>;
  /** Is told of the first heartbeat of a row that could not be written. */
  onFailure: (error: unknown) => void;
}

export interface WorkerDescription {
  worker: string;
  stages: readonly string[];
  lane: Lane;
  threads: number;
  /** Of the program. */
  version: string;
}

/** A name for this worker that no other process ever has. */
export function workerName(): string {
  return `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** How long the last heartbeat may take, ms. */
const LAST_MS = 3000;

/** A shorter time, as that before the first heartbeat, says nothing of how busy a worker is, seconds. */
const LEAST_SECONDS = 1;

/** What is left of what was read before, in how many Pins an offset stands for, at the next heartbeat. */
const REMEMBERED = 0.9;

/**
 * Says every few seconds on p2i-workers how a worker is, beside its work: where the log is away a heartbeat is left out,
 * and the next one is about the longer time.
 */
export class Heart {
  readonly #options: HeartOptions;
  readonly #started = Date.now();
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> | undefined;
  #isFailing = false;
  /** As it was at the heartbeat before. */
  #last: {
    at: number;
    waited: number;
    reports: readonly StageReport[];
    committed: ReadonlyMap<number, number>;
  };
  /** What was read lately. */
  #read = { offsets: 0, pins: 0 };

  private constructor(options: HeartOptions) {
    this.#options = options;
    this.#last = { at: performance.now(), waited: 0, reports: [], committed: new Map() };
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat(false);
    }, HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** Starts it, with a first heartbeat. */
  static start(options: HeartOptions): Heart {
    const heart = new Heart(options);
    heart.#beating = heart.#beat(false);
    return heart;
  }

  /** @param leaving the worker was asked to stop: the last heartbeat says so, if that takes no long time */
  async stop(leaving: boolean): Promise<void> {
    clearInterval(this.#timer);
    if (!leaving) return;
    const last = async (): Promise<void> => {
      await this.#beating;
      await this.#beat(true);
    };
    const end = new AbortController();
    await Promise.race([last(), sleep(LAST_MS, undefined, { signal: end.signal }).catch(() => undefined)]);
    end.abort();
  }

  /** Never rejects. */
  async #beat(leaving: boolean): Promise<void> {
    const { log, registry, onFailure } = this.#options;
    try {
      if ((await log.partitions(WORKERS_TOPIC)) === 0) await log.createTopic(WORKERS_TOPIC, 1);
      await writeHeartbeat(log, registry, await this.#heartbeat(leaving));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) onFailure(error);
      this.#isFailing = true;
    } finally {
      this.#beating = undefined;
    }
  }

  async #heartbeat(leaving: boolean): Promise<Heartbeat> {
    const { log, pool, about, metrics, gauges, state, places } = this.#options;
    const last = this.#last;
    const ends = await log.endOffsets(pool.topic);
    const committed = places();
    const reports = metrics.phaseReport();
    const at = performance.now();
    const waited = state.pausedSeconds + reports.reduce((sum, { seconds }) => sum + seconds.poll, 0);
    const seconds = (at - last.at) / 1000;
    const work = reports.map((report) => since(report, last.reports));
    const partitions = [...committed].map(([partition, offset]) => ({
      ...{ partition, committed: offset, end: ends[partition] },
    }));
    this.#count(committed, work);
    this.#last = { at, waited, reports, committed };
    const idle = seconds < LEAST_SECONDS ? 1 : (waited - last.waited) / seconds;
    const busyShare = Math.min(1, Math.max(0, 1 - idle));
    const pinsPerOffset = this.#read.offsets > 0 ? this.#read.pins / this.#read.offsets : null;
    const lag = partitions.reduce((sum, place) => sum + lagOf(place), 0);
    gauges.set({
      busyShare,
      partitions: partitions.length,
      lagRecords: lag,
      lagPins: lag * (pinsPerOffset ?? 1),
    });
    return {
      ...{
        ...pool,
        ...about,
        stages: [...about.stages],
        host: hostname(),
        pid: process.pid,
      },
      ...{
        started: this.#started,
        at: Date.now(),
        seconds,
        leaving,
        busyShare,
        work,
        partitions,
        pinsPerOffset,
      },
      failing: state.failing?.code ?? null,
    };
  }

  /** Takes up what was read since the heartbeat before. */
  #count(committed: ReadonlyMap<number, number>, work: readonly StageWork[]): void {
    let offsets = 0;
    for (const [partition, offset] of committed)
      offsets += Math.max(0, offset - (this.#last.committed.get(partition) ?? offset));
    const pins = work.find(({ stage }) => stage === this.#options.about.stages[0])?.pinsIn ?? 0;
    this.#read = {
      offsets: REMEMBERED * this.#read.offsets + offsets,
      pins: REMEMBERED * this.#read.pins + pins,
    };
  }
}

/** What a stage did since the reports before. */
function since(now: StageReport, before: readonly StageReport[]): StageWork {
  const then = before.find(({ stage }) => stage === now.stage);
  return {
    stage: now.stage,
    pinsIn: now.pinsIn - (then?.pinsIn ?? 0),
    pinsOut: now.pinsOut - (then?.pinsOut ?? 0),
    pinsFailed: now.pinsFailed - (then?.pinsFailed ?? 0),
    seconds: Object.fromEntries(
      PHASES.map((phase) => [phase, now.seconds[phase] - (then?.seconds[phase] ?? 0)]),
    ),
  };
}
