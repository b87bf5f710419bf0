import { quantile } from '../support/figures.ts';
import type { Values } from './inputs.ts';
import type { Plan } from './plan.ts';
import { normal, type SimulatedPool } from './simulated-pool.ts';

/** New Pins that are followed in each step. */
const DRAWS = 4;

/** How long new Pins take: some of each step are followed through both pools. */
export class Latencies {
  readonly #hops: readonly SimulatedPool[];
  readonly #partitions: number;
  readonly #transaction: number;
  readonly #spread: number;
  readonly #values: Values;
  readonly #random: () => number;
  readonly #seconds: number[] = [];

  constructor(
    instant: SimulatedPool,
    publishing: SimulatedPool,
    { partitions, transaction }: Plan,
    values: Values,
    random: () => number,
  ) {
    this.#hops = [instant, publishing];
    this.#partitions = partitions;
    this.#transaction = transaction;
    // Of a log-normal distribution with that ratio of its p99 to its median.
    this.#spread = Math.log(values.transactionSpread) / 2.326;
    this.#values = values;
    this.#random = random;
  }

  /** @param newPins how many came a second: busy hours count for more */
  draw(newPins: number): void {
    if (newPins <= 0) return;
    const draws = DRAWS * (newPins / this.#hops[0].pool.rate);
    for (let i = 0; i < draws; i++) {
      if (draws - i < 1 && this.#random() > draws - i) break;
      const partition = Math.floor(this.#random() * this.#partitions);
      this.#seconds.push(this.#hops.reduce((sum, hop) => sum + this.#hop(hop, partition, newPins), 0));
    }
  }

  quantiles(): { p50: number; p99: number; p999: number } {
    const of = (q: number): number => (this.#seconds.length === 0 ? NaN : quantile(this.#seconds, q));
    return { p50: of(0.5), p99: of(0.99), p999: of(0.999) };
  }

  /** Through a pool: fetched, after those before it, when the worker comes around, in a transaction. */
  #hop(hop: SimulatedPool, partition: number, newPins: number): number {
    const { waiting, stalled } = hop.stateOf(partition);
    const paused = this.#random() < hop.pause ? this.#random() * this.#values.rebalanceSeconds : 0;
    const queued = waiting / hop.ratePerPartition();
    const rate = hop.pool.lane === 'both' ? hop.taken : newPins;
    const cycle = cycleSeconds({
      partitions: this.#partitions / Math.min(hop.workers, this.#partitions),
      rate: rate / this.#partitions,
      transaction: this.#transaction,
      service: hop.pool.service,
      batch: hop.pool.batch,
    });
    const transaction = this.#transaction * Math.exp(this.#spread * normal(this.#random));
    const own = hop.pool.service * Math.min(hop.pool.batch, 1 + (rate / this.#partitions) * cycle);
    const fetch = this.#values.fetchMs / 1000;
    return fetch + stalled + paused + queued + this.#random() * cycle + own + transaction;
  }
}

export interface Cycle {
  /** Of one worker. */
  partitions: number;
  /** Pins/s of one partition. */
  rate: number;
  /** Seconds of a transaction. */
  transaction: number;
  /** Seconds of a Pin. */
  service: number;
  /** Pins of a transaction at most. */
  batch: number;
}

/**
 * How long a worker takes to come around its partitions (a polling system with gated service; Takagi 1988): those that
 * got a Pin since the last time take a transaction each, and every Pin its service.
 */
export function cycleSeconds({ partitions, rate, transaction, service, batch }: Cycle): number {
  const most = partitions * (transaction + batch * service);
  let cycle = transaction;
  for (let i = 0; i < 50; i++) {
    const visited = partitions * (1 - Math.exp(-rate * cycle));
    cycle = Math.min(most, visited * transaction + partitions * rate * cycle * service);
    cycle = Math.max(cycle, transaction);
  }
  return cycle;
}
