import { ENTRY_HEADER, ENTRY_IDF, ENTRY_SIZE, type EntryMemory } from '../../shared/cooccurrence/arena.ts';

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

/** Interests that `best` can tell apart. */
const INTERESTS = 2 ** 21;

/** The exponent of a number and the highest bits of its fraction: what buckets tell apart. */
const BUCKET_SHIFT = 20;
const BUCKETS = 2 ** (31 - BUCKET_SHIFT);

/**
 * A sum of evidence for each interest, over a Pin. Dense by interest, and only what was touched is ever cleared.
 */
export class Prior {
  /** By dense index. */
  readonly value: Float32Array;
  /** The same, as the bits of each number: those of numbers of 0 or more are in the numbers' order. */
  readonly #bits: Int32Array;
  /** The interests with a value, in order of first touch: the first `count`. One place more than there are interests. */
  readonly #touched: Int32Array;
  count = 0;
  /** What `best` found, best first. */
  readonly ranked: Int32Array;
  /** How many of the touched are in each bucket. */
  readonly #histogram = new Int32Array(BUCKETS);
  /** Value and interest in one exact number: a higher value, then a lower interest, is higher. */
  readonly #keys: Float64Array;

  constructor(interests: number) {
    this.value = new Float32Array(interests);
    this.#bits = new Int32Array(this.value.buffer);
    this.#touched = new Int32Array(interests + 1);
    this.ranked = new Int32Array(interests);
    this.#keys = new Float64Array(interests + 1);
  }

  /** @param amount of 0 or more; 0, as of an annotation with no confidence, proposes nothing */
  add(interest: number, amount: number): void {
    if (amount === 0) return;
    if (this.value[interest] === 0) this.#touched[this.count++] = interest;
    this.value[interest] += amount;
  }

  /** Adds the interests of a term or board that the store knows. Rare terms tell more. */
  addEntry({ ints, floats, doubles }: EntryMemory, entry: number, weight: number): void {
    const scale = weight * Math.min(1, doubles[(entry >> 1) + ENTRY_IDF] / FULL_IDF);
    if (scale === 0) return;
    const value = this.value;
    const bits = this.#bits;
    const touched = this.#touched;
    const size = ints[entry + ENTRY_SIZE];
    const end = entry + ENTRY_HEADER + size;
    let count = this.count;
    for (let i = entry + ENTRY_HEADER; i < end; i++) {
      const interest = ints[i];
      // It counts if its value is 0: no branch, which a processor would guess wrong too often.
      touched[count] = interest;
      count += 1 - (-bits[interest] >>> 31);
      value[interest] += scale * floats[i + size];
    }
    this.count = count;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.value[this.#touched[i]] = 0;
    this.count = 0;
  }

  /**
   * Writes the `k` touched interests of highest value to `ranked`, best first; equal values by interest.
   * @returns how many there are, at most k
   */
  best(k: number): number {
    const found = this.#atLeast(this.#bucketOf(k));
    const keys = this.#keys;
    if (found > k) partition(keys, found, k);
    const n = Math.min(k, found);
    sortDescending(keys, n);
    for (let i = 0; i < n; i++) {
      // A remainder of doubles would be a call.
      const rest = keys[i] - Math.floor(keys[i] / INTERESTS) * INTERESTS;
      this.ranked[i] = INTERESTS - 1 - rest;
    }
    return n;
  }

  /** The highest bucket that has, with those above it, `k` of the touched; the lowest where there are not as many. */
  #bucketOf(k: number): number {
    const histogram = this.#histogram.fill(0);
    const bits = this.#bits;
    const touched = this.#touched;
    let bucket = 0;
    for (let i = 0; i < this.count; i++) {
      const own = bits[touched[i]] >>> BUCKET_SHIFT;
      histogram[own]++;
      bucket = Math.max(bucket, own);
    }
    for (let above = histogram[bucket]; above < k && bucket > 0; above += histogram[bucket]) bucket--;
    return bucket;
  }

  /** Writes the keys of what is touched and in the bucket or above it. Returns how many there are. */
  #atLeast(bucket: number): number {
    const least = bucket << BUCKET_SHIFT;
    const bits = this.#bits;
    const touched = this.#touched;
    const keys = this.#keys;
    let found = 0;
    for (let i = 0; i < this.count; i++) {
      const interest = touched[i];
      const value = bits[interest];
      keys[found] = value * INTERESTS + (INTERESTS - 1 - interest);
      // 1 where the value is not below: both are of 0 or more.
      found += 1 + ((value - least) >> 31);
    }
    return found;
  }
}

/** Quickselect (Hoare 1961): the k highest of the first n to the front, in any order. */
function partition(keys: Float64Array, n: number, k: number): void {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = keys[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (keys[i] > pivot) i++;
      while (keys[j] < pivot) j--;
      if (i <= j) {
        const swap = keys[i];
        keys[i++] = keys[j];
        keys[j--] = swap;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

/** Gaps of a Shell sort (Ciura 2001). */
const GAPS = [701, 301, 132, 57, 23, 10, 4, 1];

/** Sorts the first n, the highest first, in place and without a call of a function for each comparison. */
function sortDescending(keys: Float64Array, n: number): void {
  for (const gap of GAPS) {
    for (let i = gap; i < n; i++) {
      const key = keys[i];
      let j = i;
      for (; j >= gap && keys[j - gap] < key; j -= gap) keys[j] = keys[j - gap];
      keys[j] = key;
    }
  }
}
