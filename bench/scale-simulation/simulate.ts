import { seeded } from '../../test/support/random.ts';
import { Latencies } from './latencies.ts';
import type { Plan, Pool } from './plan.ts';
import { SimulatedPool } from './simulated-pool.ts';
import type { Values } from './inputs.ts';

/** One day of one plan. */
export interface Scenario {
  plan: Plan;
  /** Pools that follow their lag; the others have the planned workers all day. */
  scaled: readonly string[];
  /** Of the day and of the run, which begins with it. */
  hours: number;
  /** Pins of the run. */
  pins: number;
  /** New Pins/s, on average. */
  newPins: number;
  /** Cores that all workers share; undefined where each has what it needs. */
  cores?: number;
  /** Hour at which a broker dies. */
  brokerDies?: number;
  seed: number;
}

export interface Simulation {
  /** Hours from the beginning of the run to its last result; undefined where the day ended first. */
  finishedAfter: number | undefined;
  /** Pins of the run that were published in the day. */
  published: number;
  /** The same of all its Pins. */
  share: number;
  pools: PoolHistory[];
  /** Share of the run that was published, every `SAMPLE_SECONDS`. */
  progress: { hour: number; share: number }[];
  /** Pools of which all planned workers were busy, from hour to hour. */
  bottlenecks: { from: number; to: number; pool: string }[];
  /** Seconds from the arrival of a new Pin to its result. */
  latency: { p50: number; p99: number; p999: number };
}

export interface PoolHistory {
  name: string;
  /** Seconds of work that lay before the pool at most: its lag over the rate that is planned for. */
  peakLag: number;
  peakWorkers: number;
  workerHours: number;
  rebalances: number;
  /** Every `SAMPLE_SECONDS`. */
  samples: { hour: number; lag: number; workers: number }[];
}

/** Seconds of a step. */
const STEP = 5;
const SAMPLE_SECONDS = 300;
/** Of an hour there is one bottleneck at most. */
const HOUR = 3600;
/** Above this busy share a pool is what the run waits for. */
const SATURATED = 0.95;
/** A replay leaves a partition alone while so many seconds of its rate wait there. */
const THROTTLE_SECONDS = 600;

/**
 * Goes through a day in steps of 5 s. Queues are by partition and hold Pins as a fluid; workers hold ranges of
 * partitions and divide their time by what waits in each. Workers come, die and are moved as the scenario says, and
 * every change of a group's members stops it for a rebalance. The same scenario gives the same day.
 */
export function simulate(scenario: Scenario, values: Values): Simulation {
  const { plan, seed } = scenario;
  const random = seeded(seed);
  const pools = plan.pools.map(
    (pool) =>
      new SimulatedPool(pool, plan.partitions, values, {
        scaled: scenario.scaled.includes(pool.name),
        ceiling: pool.name === 'replay' ? (THROTTLE_SECONDS * plan.batchRate) / plan.partitions : Infinity,
        random,
      }),
  );
  const named = (name: string): SimulatedPool => pools.find(({ pool }) => pool.name === name)!;
  const instant = named('instant');
  const publishing = named('publishing');
  const batch = pools.filter(({ pool }) => pool.lane === 'batch');
  const nextOf = new Map(batch.map((pool, i) => [pool, batch[i + 1] ?? publishing]));
  nextOf.set(instant, publishing);
  const latencies = new Latencies(instant, publishing, plan, values, random);
  const recorder = new Recorder(pools);

  const replay = batch[0];
  replay.arrive(scenario.pins);
  let published = 0;
  let finishedAfter: number | undefined;
  for (let now = 0; now < scenario.hours * 3600; now += STEP) {
    if (scenario.brokerDies !== undefined && passes(now, scenario.brokerDies * 3600)) {
      // It led every so-manieth partition of each topic.
      for (const pool of pools) pool.stall(now + values.electionSeconds, plan.brokers);
    }
    const newPins = scenario.newPins * dailyCurve(now / 3600, values.instantPeak);
    instant.arrive(newPins * STEP);

    for (const pool of pools) pool.begin(now, STEP);
    replay.limit(plan.batchRate * STEP);
    const order = [instant, ...batch, publishing];
    if (scenario.cores !== undefined) {
      shareCores(pools, scenario.cores * STEP);
      // The cores were shared by what waited before the step: nobody takes up what comes only now.
      order.reverse();
    }
    for (const pool of order) {
      published += pool.work(nextOf.get(pool));
    }

    latencies.draw(newPins);
    recorder.take(now, published / scenario.pins);
    // What is left of a fluid is never quite nothing.
    if (finishedAfter === undefined && published > scenario.pins * (1 - 1e-9) - 1)
      finishedAfter = (now + STEP) / 3600;
    for (const pool of pools) pool.end(now + STEP);
  }
  return {
    finishedAfter,
    published: Math.round(published),
    share: published / scenario.pins,
    pools: pools.map((pool) => recorder.historyOf(pool)),
    progress: recorder.progress,
    bottlenecks: recorder.bottlenecks,
    latency: latencies.quantiles(),
  };
}

/** New Pins at an hour of the day, × their mean: least at 3, most at 15. @param peak × mean */
export function dailyCurve(hour: number, peak: number): number {
  return 1 - (peak - 1) * Math.cos(((hour - 3) * Math.PI) / 12);
}

function passes(now: number, at: number): boolean {
  return now <= at && at < now + STEP;
}

/** One machine for all: each pool gets as much of it as it asks for, or its share of what there is. */
function shareCores(pools: readonly SimulatedPool[], seconds: number): void {
  const wanted = pools.map((pool) => pool.wantedCpu());
  const all = wanted.reduce((a, b) => a + b, 0);
  if (all > seconds) for (const pool of pools) pool.slow(seconds / all);
}

/** What is told of the day. */
class Recorder {
  readonly #histories: Map<Pool, PoolHistory>;
  readonly #pools: readonly SimulatedPool[];
  readonly bottlenecks: Simulation['bottlenecks'] = [];
  readonly progress: Simulation['progress'] = [];
  #busy: number[];

  constructor(pools: readonly SimulatedPool[]) {
    this.#pools = pools;
    this.#busy = pools.map(() => 0);
    this.#histories = new Map(
      pools.map(({ pool }) => [
        pool,
        { name: pool.name, peakLag: 0, peakWorkers: 0, workerHours: 0, rebalances: 0, samples: [] },
      ]),
    );
  }

  take(now: number, share: number): void {
    const sampled = (now + STEP) % SAMPLE_SECONDS === 0;
    for (const [i, pool] of this.#pools.entries()) {
      const history = this.#histories.get(pool.pool)!;
      // All of the corpus waits for the replay: that is no lag.
      const lag = pool.pool.name === 'replay' ? 0 : pool.lag / pool.pool.rate;
      history.peakLag = Math.max(history.peakLag, lag);
      history.peakWorkers = Math.max(history.peakWorkers, pool.workers);
      history.workerHours += (pool.workers * STEP) / 3600;
      this.#busy[i] += (pool.busyShare * pool.workers) / pool.pool.workers;
      if (sampled) history.samples.push({ hour: (now + STEP) / 3600, lag, workers: pool.workers });
    }
    if (sampled) this.progress.push({ hour: (now + STEP) / HOUR, share });
    if ((now + STEP) % HOUR === 0) this.#bottleneck((now + STEP) / HOUR);
  }

  historyOf(pool: SimulatedPool): PoolHistory {
    return { ...this.#histories.get(pool.pool)!, rebalances: pool.rebalances };
  }

  /** A pool that follows its lag always has work; the run waits for it only where no more workers can come. */
  #bottleneck(hour: number): void {
    const shares = this.#busy.map((busy) => busy / (HOUR / STEP));
    this.#busy = shares.map(() => 0);
    const most = shares.indexOf(Math.max(...shares));
    if (shares[most] < SATURATED) return;
    const pool = this.#pools[most].pool.name;
    const last = this.bottlenecks.at(-1);
    if (last?.pool === pool && last.to === hour - 1) last.to = hour;
    else this.bottlenecks.push({ from: hour - 1, to: hour, pool });
  }
}
