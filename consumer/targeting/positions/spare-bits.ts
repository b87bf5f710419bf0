import { PositionBits } from './bits.ts';

/** So many are kept; others are left to the collector. */
const MOST = 8;

/**
 * Bits of answers that nobody needs any more, for the next answers: bits of a million Pins are 125 kB, and a collector that
 * has some hundred of these to free each second stops everything now and then.
 */
export class SpareBits {
  readonly #spare: PositionBits[] = [];

  /** Bits with no position and room for all below `end`. */
  take(end: number): PositionBits {
    const bits = this.#spare.pop();
    if (bits === undefined) return new PositionBits(end);
    bits.clear(end);
    return bits;
  }

  /** Takes back bits that nobody will read or write any more. */
  give(bits: PositionBits): void {
    if (this.#spare.length < MOST) this.#spare.push(bits);
  }
}
