import type { PositionList } from './list.ts';

/** Many of the positions: a bit for each. */
export class PositionBits {
  #words: Int32Array;
  #size = 0;

  /** @param end positions below it need no more room */
  constructor(end: number) {
    this.#words = new Int32Array((end + 31) >>> 5);
  }

  /** Takes everything away, and sees to it that positions below `end` need no more room. */
  clear(end: number): void {
    if (end > this.end) this.#words = new Int32Array((end + 31) >>> 5);
    else this.#words.fill(0);
    this.#size = 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Positions below it need no more room. */
  get end(): number {
    return this.#words.length * 32;
  }

  has(position: number): boolean {
    return ((this.#words[position >>> 5] >>> (position & 31)) & 1) === 1;
  }

  add(position: number): void {
    if (this.has(position)) return;
    if (position >= this.end) this.#grow(position);
    this.#words[position >>> 5] |= 1 << (position & 31);
    this.#size++;
  }

  delete(position: number): void {
    if (!this.has(position)) return;
    this.#words[position >>> 5] &= ~(1 << (position & 31));
    this.#size--;
  }

  /** Adds positions for which there is room. `count` has to follow. */
  unite(others: PositionList | PositionBits): void {
    const words = this.#words;
    if (others instanceof PositionBits) {
      const theirs = others.#words;
      for (let i = 0; i < theirs.length; i++) words[i] |= theirs[i];
    } else {
      const list = others.view();
      for (let i = 0; i < list.length; i++) words[list[i] >>> 5] |= 1 << (list[i] & 31);
    }
  }

  /** Takes positions away, of which some may be beyond the end. `count` has to follow. */
  subtract(others: PositionList | PositionBits): void {
    const words = this.#words;
    if (others instanceof PositionBits) {
      const theirs = others.#words;
      const both = Math.min(words.length, theirs.length);
      for (let i = 0; i < both; i++) words[i] &= ~theirs[i];
    } else {
      const list = others.view();
      for (let i = 0; i < list.length; i++) words[list[i] >>> 5] &= ~(1 << (list[i] & 31));
    }
  }

  /** Counts its positions anew. */
  count(): void {
    const words = this.#words;
    let size = 0;
    for (let i = 0; i < words.length; i++) size += ones(words[i]);
    this.#size = size;
  }

  /** Ascending. @param skip how many to leave out at the beginning */
  *values(skip: number = 0): Generator<number, undefined> {
    let left = skip;
    for (let i = 0; i < this.#words.length; i++) {
      let word = this.#words[i];
      const inWord = ones(word);
      if (left >= inWord) {
        left -= inWord;
        continue;
      }
      for (; word !== 0; word &= word - 1) {
        if (left > 0) left--;
        else yield i * 32 + 31 - Math.clz32(word & -word);
      }
    }
  }

  #grow(position: number): void {
    const grown = new Int32Array(Math.ceil((position + 1) / 32 + this.#words.length / 4));
    grown.set(this.#words);
    this.#words = grown;
  }
}

/** How many bits of a word are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
