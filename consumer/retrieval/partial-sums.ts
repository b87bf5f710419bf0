import type { Columns } from './entry.ts';

/** Sums are counted in so many ranges of equal width. */
const RANGES = 256;

/** Sums of Pins while they are added up, with how many Pins have at least how much. */
export class PartialSums {
  /** By Pin number; all 0 between two queries. Of pages that nobody touches the system gives none. */
  #sums = new Float64Array(0);
  /** Numbers of the Pins whose sum is not 0. */
  #touched = new Uint32Array(1024);
  #touchedCount = 0;
  readonly #counts = new Uint32Array(RANGES);
  /** Of a sum to its range. */
  #scale = 1;

  /** @param pins numbers are below it @param most no sum is above it */
  begin(pins: number, most: number): void {
    // In order it is faster, unless few are touched.
    if (this.#touchedCount > this.#sums.length / 16) this.#sums.fill(0);
    else for (let i = 0; i < this.#touchedCount; i++) this.#sums[this.#touched[i]] = 0;
    this.#touchedCount = 0;
    this.#counts.fill(0);
    this.#scale = (RANGES - 1) / most;
    if (this.#sums.length < pins) this.#sums = new Float64Array(pins + (pins >> 3));
  }

  /** @param weight of a quantised score, above 0 */
  add({ pins, scores }: Columns, weight: number): void {
    this.#reserve(pins.length);
    for (let i = 0; i < pins.length; i++) {
      const pin = pins[i];
      const before = this.#sums[pin];
      const after = before + weight * scores[i];
      if (before === 0) this.#touched[this.#touchedCount++] = pin;
      else this.#counts[Math.trunc(before * this.#scale)]--;
      this.#counts[Math.trunc(after * this.#scale)]++;
      this.#sums[pin] = after;
    }
  }

  /** A sum that at least k Pins have; 0 where fewer have one. It is at most a range below the k-th highest. */
  reachedBy(k: number): number {
    for (let range = RANGES - 1, count = 0; range >= 0; range--) {
      count += this.#counts[range];
      if (count >= k) return range / this.#scale;
    }
    return 0;
  }

  /** How many Pins have at least so much, or perhaps a little less. */
  countFrom(sum: number): number {
    let count = 0;
    for (let range = Math.max(0, Math.trunc(sum * this.#scale)); range < RANGES; range++)
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
