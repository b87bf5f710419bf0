import type { Database } from 'lmdb';
import { aligned, entryScore } from './entry.ts';
import type { Moment } from './tables.ts';

/** Ranges of scores that the postings of an interest are counted in. */
export const RANGES = 32;

/** The range of a quantised score; the highest scores are in the last. */
export function rangeOf(quantised: number): number {
  return quantised >> 11;
}

/** The highest quantised score of a range; 0 for what lies below all. */
export function topOfRange(range: number): number {
  return range < 0 ? 0 : ((range + 1) << 11) - 1;
}

/** How many postings an interest has in each range of scores: what says how far reading pays, before anything is read. */
export class ScoreCounts {
  readonly #table: Database<Buffer, number>;

  constructor(table: Database<Buffer, number>) {
    this.#table = table;
  }

  /** @returns by range; a copy */
  get(interest: number, at: Moment = {}): Uint32Array {
    const bytes = this.#table.get(interest, at);
    if (bytes === undefined) return new Uint32Array(RANGES);
    const { buffer, byteOffset } = aligned(bytes);
    return new Uint32Array(buffer, byteOffset, RANGES);
  }

  /** Within a transaction. */
  update(interest: number, added: Float64Array, removed: Float64Array): void {
    const counts = this.get(interest);
    for (const entry of added) counts[rangeOf(entryScore(entry))]++;
    for (const entry of removed) counts[rangeOf(entryScore(entry))]--;
    if (counts.some((count) => count > 0)) this.#table.putSync(interest, Buffer.from(counts.buffer));
    else this.#table.removeSync(interest);
  }
}
