import type { Values } from './inputs.ts';
import type { Pool } from './plan.ts';

export interface PoolOptions {
  /** Its workers follow its lag. */
  scaled: boolean;
  /** A partition of the next pool in which so many Pins wait gets no more. */
  ceiling: number;
  random: () => number;
}

/** Members of one consumer group, and what waits for them. */
export class SimulatedPool {
  readonly pool: Pool;
  readonly #values: Values;
  readonly #scaled: boolean;
  readonly #random: () => number;
  readonly #partitions: number;
  /** Pins that wait, by partition. */
  readonly #waiting: Float64Array;
  /** Those of them that are of the run: all of them or none, but where both lanes come through. */
  readonly #ofRun: Float64Array;
  /** Until when nobody works on a partition; and until when that is so anywhere. */
  readonly #stalledUntil: Float64Array;
  #anyStalledUntil = 0;
  /** Speed of each worker, × the usual. */
  readonly #speed: Float64Array;

  /** Members of the group now. */
  workers: number;
  rebalances = 0;
  /** Pins that wait in all. */
  lag = 0;
  /** Share of the workers' time that they worked, in the last step. */
  busyShare = 0;
  /** Pins a second that it did, in the last step. */
  taken = 0;
  #coming: { at: number; workers: number }[] = [];
  #wishes: { at: number; workers: number }[] = [];
  #pausedUntil = 0;
  #lookedAt = -Infinity;
  #now = 0;
  #step = 0;
  #most = Infinity;
  /** Pins that may wait in a partition of the next pool before it gets no more. */
  readonly #ceiling: number;

  constructor(pool: Pool, partitions: number, values: Values, { scaled, ceiling, random }: PoolOptions) {
    this.pool = pool;
    this.#values = values;
    this.#scaled = scaled;
    this.#random = random;
    this.#ceiling = ceiling;
    this.#partitions = partitions;
    this.#waiting = new Float64Array(partitions);
    this.#ofRun = pool.lane === 'both' ? new Float64Array(partitions) : this.#waiting;
    this.#stalledUntil = new Float64Array(partitions);
    this.#speed = Float64Array.from({ length: partitions }, () =>
      Math.max(0.5, 1 + values.workerSpread * normal(random)),
    );
    this.workers = scaled ? 1 : pool.workers;
  }

  /** Share of the step that a rebalance takes. */
  get pause(): number {
    return Math.min(1, Math.max(0, (this.#pausedUntil - this.#now) / this.#step));
  }

  /** Pins come, as many to each partition. */
  arrive(pins: number): void {
    for (let p = 0; p < this.#partitions; p++) this.#waiting[p] += pins / this.#partitions;
    this.lag += pins;
  }

  begin(now: number, step: number): void {
    this.#now = now;
    this.#step = step;
    this.#most = Infinity;
  }

  /** It does no more Pins in this step. */
  limit(pins: number): void {
    this.#most = Math.min(this.#most, pins);
  }

  /** It has only this share of the CPU that it asks for. */
  slow(share: number): void {
    this.limit(share * this.#wanted());
  }

  /** CPU seconds of the step that it asks for. */
  wantedCpu(): number {
    return this.#wanted() * this.pool.cpu;
  }

  /** One partition in so many is not to be had. */
  stall(until: number, every: number): void {
    for (let p = 0; p < this.#partitions; p += every) this.#stalledUntil[p] = until;
    this.#anyStalledUntil = Math.max(this.#anyStalledUntil, until);
  }

  /** Pins a second that a worker does of one of its partitions when all of them wait. */
  ratePerPartition(): number {
    return Math.min(this.workers, this.#partitions) / this.pool.seconds / this.#partitions;
  }

  /** Pins that wait in a partition, and for how long yet nobody takes any. */
  stateOf(partition: number): { waiting: number; stalled: number } {
    const stalled = Math.max(0, this.#stalledUntil[partition] - this.#now - this.#step);
    return { waiting: this.#waiting[partition], stalled };
  }

  /**
   * Works for a step. A worker divides its time by what waits in its range of partitions.
   *
   * @param next gets what is done
   * @returns Pins of the run that are done
   */
  work(next?: SimulatedPool): number {
    const active = Math.min(this.workers, this.#partitions);
    const seconds = this.#step * (1 - this.pause);
    const most = this.#most / active;
    const mixed = this.pool.lane === 'both';
    const stalled = this.#anyStalledUntil > this.#now;
    const left = (p: number): boolean =>
      (stalled && this.#stalledUntil[p] > this.#now) ||
      (next !== undefined && next.#waiting[p] > this.#ceiling);
    let busy = 0;
    let all = 0;
    let allOfRun = 0;
    for (let w = 0; w < active; w++) {
      const from = this.#firstOf(w, active);
      const to = this.#firstOf(w + 1, active);
      let waiting = 0;
      for (let p = from; p < to; p++) if (!left(p)) waiting += this.#waiting[p];
      if (waiting <= 0) continue;
      const can = (seconds * this.#speed[w]) / this.pool.seconds;
      const done = Math.min(waiting, can, most);
      const share = done / waiting;
      busy += can > 0 ? done / can : 0;
      all += done;
      for (let p = from; p < to; p++) {
        if (left(p)) continue;
        const pins = this.#waiting[p] * share;
        this.#waiting[p] -= pins;
        if (next !== undefined) next.#waiting[p] += pins;
        if (mixed) {
          const run = this.#ofRun[p] * share;
          this.#ofRun[p] -= run;
          allOfRun += run;
        } else if (this.pool.lane === 'batch' && next?.pool.lane === 'both') next.#ofRun[p] += pins;
      }
    }
    this.lag = Math.max(0, this.lag - all);
    if (next !== undefined) next.lag += all;
    this.taken = all / this.#step;
    this.busyShare = active === 0 ? 0 : busy / active;
    return allOfRun;
  }

  /** Pins of the step, where nothing but its own work holds it up. */
  #wanted(): number {
    return Math.min(this.lag, this.#most, (this.workers * this.#step) / this.pool.seconds);
  }

  #firstOf(worker: number, workers: number): number {
    return Math.ceil((worker * this.#partitions) / workers);
  }

  /** Workers die, come and are asked for. */
  end(now: number): void {
    this.#die(now);
    const come = this.#coming.filter(({ at }) => at <= now);
    if (come.length > 0) {
      this.#coming = this.#coming.filter(({ at }) => at > now);
      this.#change(
        come.reduce((sum, { workers }) => sum + workers, 0),
        now,
      );
    }
    if (this.#scaled && now - this.#lookedAt >= this.#values.scalerSeconds) {
      this.#lookedAt = now;
      this.#scale(now);
    }
  }

  /**
   * As Kubernetes' autoscaler goes by a lag: up at once, at most to the double; down to the most that was wished of late;
   * neither for a small difference.
   */
  #scale(now: number): void {
    const { targetLagSeconds, cooldownSeconds, scalerTolerance, startSeconds } = this.#values;
    const there = this.workers + this.#coming.reduce((sum, { workers }) => sum + workers, 0);
    const wanted = Math.ceil((this.lag * this.pool.seconds) / targetLagSeconds);
    const steady = Math.abs(wanted / there - 1) <= scalerTolerance;
    const wish = Math.max(1, Math.min(steady ? there : wanted, this.pool.workers));
    this.#wishes = this.#wishes.filter(({ at }) => at > now - cooldownSeconds);
    this.#wishes.push({ at: now, workers: wish });
    const most = Math.max(...this.#wishes.map(({ workers }) => workers));
    if (wish > there)
      this.#coming.push({
        at: now + startSeconds,
        workers: Math.min(wish, Math.max(2 * there, there + 4)) - there,
      });
    else if (most < there) this.#change(Math.max(most, 1) - there, now);
  }

  #die(now: number): void {
    const expected = (this.workers * this.#values.workerDeathsADay * this.#step) / 86_400;
    // Rarely more than one a step.
    if (this.#random() >= expected) return;
    const active = Math.min(this.workers, this.#partitions);
    const dead = Math.floor(this.#random() * active);
    const missed = now + this.#values.sessionSeconds;
    for (let p = this.#firstOf(dead, active); p < this.#firstOf(dead + 1, active); p++)
      this.#stalledUntil[p] = missed;
    this.#anyStalledUntil = Math.max(this.#anyStalledUntil, missed);
    this.#coming.push({ at: missed, workers: -1 }, { at: now + this.#values.startSeconds, workers: 1 });
  }

  #change(by: number, now: number): void {
    this.workers += by;
    this.rebalances++;
    this.#pausedUntil = now + this.#values.rebalanceSeconds;
  }
}

/** From the normal distribution (Box and Muller 1958). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
