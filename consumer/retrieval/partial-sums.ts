import type { Columns } from './entry.ts';

/** Sums are counted in so many ranges of equal width. */
const RANGES = 256;
/** Of a sum to its range. */
const SCALE = RANGES - 1;

/** A sum of n numbers differs from the exact one by less than n of these. */
export const SUM_ERROR = 2 ** -23;

/** Sums of Pins while they are added up, none of them above 1, with how many Pins have at least how much. */
export class PartialSums {
  /** By Pin number; all 0 between two queries. Of pages that nobody touches the system gives none. */
  #sums = new Float32Array(0);
  /** Numbers of the Pins whose sum is not 0. */
  #touched = new Uint32Array(1024);
  #touchedCount = 0;
  readonly #counts = new Int32Array(RANGES);

  /** @param pins numbers are below it */
  begin(pins: number): void {
    // In order it is faster, unless few are touched.
    if (this.#touchedCount > this.#sums.length / 16) this.#sums.fill(0);
    else for (let i = 0; i < this.#touchedCount; i++) this.#sums[this.#touched[i]] = 0;
    this.#touchedCount = 0;
    this.#counts.fill(0);
    if (this.#sums.length < pins) this.#sums = new Float32Array(pins + (pins >> 3));
  }

  /** @param weight of a quantised score, above 0 */
  add({ pins, scores }: Columns, weight: number): void {
    this.#reserve(pins.length);
    // A search spends most of its time here.
    const [sums, touched, counts] = [this.#sums, this.#touched, this.#counts];
    let count = this.#touchedCount;
    for (let i = 0; i < pins.length; i++) {
      const pin = pins[i];
      const before = sums[pin];
      const after = before + weight * scores[i];
      if (before === 0) touched[count++] = pin;
      else counts[(before * SCALE) | 0]--;
      sums[pin] = after;
      counts[(sums[pin] * SCALE) | 0]++;
    }
    this.#touchedCount = count;
  }

  /** A sum that at least k Pins have; 0 where fewer have one. It is at most a range below the k-th highest. */
  reachedBy(k: number): number {
    for (let range = RANGES - 1, count = 0; range >= 0; range--) {
      count += this.#counts[range];
      if (count >= k) return range / SCALE;
    }
    return 0;
  }

  /** How many Pins have at least so much, or perhaps a little less. */
  countFrom(sum: number): number {
    let count = 0;
    for (let range = Math.max(0, Math.trunc(sum * SCALE)); range < RANGES; range++)
      count += this.#counts[range];
    return count;
  }

  /** Pins that have at least so much, the highest sum first. */
  from(sum: number): { pin: number; sum: number }[] {
    const found: { pin: number; sum: number }[] = [];
    for (let i = 0; i < this.#touchedCount; i++) {
      const pin = this.#touched[i];
      if (this.#sums[pin] >= sum) found.push({ pin, sum: this.#sums[pin] });
    }
    return found.sort((a, b) => b.sum - a.sum);
  }

  #reserve(more: number): void {
    if (this.#touchedCount + more <= this.#touched.length) return;
    const grown = new Uint32Array(2 * (this.#touchedCount + more));
    grown.set(this.#touched);
    this.#touched = grown;
  }
}
