import type { Columns } from './entry.ts';
import { RANGES, rangeOf, topOfRange } from './score-counts.ts';

/** Reading on in a list. */
export interface Step {
  /** By how much it lowers the bound. */
  drop: number;
  /** Postings that it reads; to begin with a block counts as some. */
  cost: number;
}

/** What a block costs before its first posting is read, in postings. */
const BLOCK_COST = 300;

/** One interest's list, read best first, with a bound on what is unread. */
export class ListScan {
  /** Of a quantised score. */
  readonly weight: number;
  readonly #blocks: Iterator<Columns>;
  /** How many postings are unread, by range of scores. */
  readonly #unread: Uint32Array;
  /** No unread score is above it; 0 where all is read. Quantised. */
  #highest: number;
  #step: Step | undefined;

  constructor(blocks: Iterator<Columns>, counts: Uint32Array, weight: number) {
    this.#blocks = blocks;
    this.#unread = counts;
    this.weight = weight;
    this.#highest = topOfRange(RANGES - 1);
    this.#measure();
  }

  /** The most that an unread posting adds to a Pin’s sum. */
  get bound(): number {
    return this.weight * this.#highest;
  }

  /** That which lowers the bound most for what it costs; undefined where all is read. */
  get step(): Step | undefined {
    return this.#step;
  }

  /** All that is unread, as a step. */
  get rest(): Step {
    return { drop: this.bound, cost: BLOCK_COST + this.#unread.reduce((sum, count) => sum + count, 0) };
  }

  /** The next block. */
  read(): Columns {
    const columns = this.#blocks.next().value as Columns;
    const { scores } = columns;
    this.#highest = scores.at(-1)!;
    if (rangeOf(scores[0]) === rangeOf(this.#highest)) this.#unread[rangeOf(this.#highest)] -= scores.length;
    else for (const score of scores) this.#unread[rangeOf(score)]--;
    this.#measure();
    return columns;
  }

  close(): void {
    this.#blocks.return?.();
  }

  #measure(): void {
    let highest = RANGES - 1;
    while (highest >= 0 && this.#unread[highest] === 0) highest--;
    this.#highest = Math.min(this.#highest, topOfRange(highest));
    this.#step = undefined;
    for (let range = highest, cost = BLOCK_COST; range >= 0; range--) {
      cost += this.#unread[range];
      const drop = this.weight * (this.#highest - topOfRange(range - 1));
      if (this.#step === undefined || drop * this.#step.cost > this.#step.drop * cost)
        this.#step = { drop, cost };
    }
  }
}
