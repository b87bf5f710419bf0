import type { Entry } from '../../shared/cooccurrence/generation.ts';

/** Inverse document frequency at which a term counts fully: one Pin in 3,000. */
const FULL_IDF = 8;

/**
 * What each kind of evidence counts in the prior. The prior only decides which candidates are worth scoring, so round
 * numbers do: a phrase tells more than its words, a board's name less than the board.
 */
export const PRIOR_WEIGHT = {
  word: 1,
  phrase: 2,
  title: 2,
  boardWord: 0.2,
  annotation: 2,
  board: 2,
  lexical: 1,
} as const;

/**
 * A sum of evidence for each interest, over a Pin. Dense by interest, and only what was touched is ever cleared.
 */
export class Prior {
  /** By dense index. */
  readonly value: Float32Array;
  /** The interests with a value, in order of first touch: the first `count`. */
  readonly touched: Int32Array;
  count = 0;

  constructor(interests: number) {
    this.value = new Float32Array(interests);
    this.touched = new Int32Array(interests);
  }

  /** @param amount of 0 or more; 0, as of an annotation with no confidence, proposes nothing */
  add(interest: number, amount: number): void {
    if (amount === 0) return;
    const value = this.value;
    if (value[interest] === 0) this.touched[this.count++] = interest;
    value[interest] += amount;
  }

  /** Adds the interests of the terms or boards that the store knows. Rare terms tell more. */
  addEntries(entries: readonly Entry[], weight: number): void {
    const { value, touched } = this;
    for (const entry of entries) {
      const scale = weight * Math.min(1, entry.idf / FULL_IDF);
      if (scale === 0) continue;
      const { interests, share } = entry;
      for (let i = 0; i < interests.length; i++) {
        const interest = interests[i];
        if (value[interest] === 0) touched[this.count++] = interest;
        value[interest] += scale * share[i];
      }
    }
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.value[this.touched[i]] = 0;
    this.count = 0;
  }

  /**
   * Moves the `k` touched interests of highest value to the front of `touched`, best first; equal values by interest.
   * @returns how many there are, at most k
   */
  best(k: number): number {
    const { touched, value } = this;
    if (this.count > k) this.#partition(k);
    const n = Math.min(k, this.count);
    touched.subarray(0, n).sort((a, b) => value[b] - value[a] || a - b);
    return n;
  }

  /** Quickselect (Hoare 1961): the k best to the front, in any order. */
  #partition(k: number): void {
    const { touched, value } = this;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const pivot = touched[(low + high) >> 1];
      const pivotValue = value[pivot];
      let i = low;
      let j = high;
      while (i <= j) {
        while (value[touched[i]] > pivotValue || (value[touched[i]] === pivotValue && touched[i] < pivot))
          i++;
        while (value[touched[j]] < pivotValue || (value[touched[j]] === pivotValue && touched[j] > pivot))
          j--;
        if (i <= j) {
          const swap = touched[i];
          touched[i++] = touched[j];
          touched[j--] = swap;
        }
      }
      if (k <= j) high = j;
      else if (k >= i) low = i;
      else return;
    }
  }
}
