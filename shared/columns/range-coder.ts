/*
 * A range coder (Martin 1979) whose chances adapt to what has been coded: what is likely takes a fraction of a bit. Writer
 * and reader have the same interface, so that one piece of code says for both what comes in which order: the writer
 * codes the values that it is given, the reader ignores them and returns those that were coded.
 */

/** Where values go, or come from. */
export interface Coder {
  /**
   * @param chances of 1, by context, in `CERTAIN`ths; adapts
   * @param at the context
   * @returns the bit
   */
  bit(chances: Uint16Array, at: number, bit: number): number;
  /** @returns the symbol, below the size of the model */
  symbol(model: SymbolModel, symbol: number): number;
}

const CHANCE_BITS = 12;
const CERTAIN = 1 << CHANCE_BITS;
/** A chance moves by 1/32 of what it is off by. */
const ADAPTATION = 5;

/** Contexts in which a bit is as likely 1 as 0. */
export function evenChances(contexts: number): Uint16Array {
  return new Uint16Array(contexts).fill(CERTAIN / 2);
}

const TOTAL_BITS = 14;
const TOTAL = 1 << TOTAL_BITS;
/** What one occurrence counts; each symbol counts 1 to begin with. */
const OCCURRENCE = 32;
/** Occurrences after which frequencies are first worked out again; every time twice as many, up to the last. */
const FIRST_RENEWAL = 16;
const LAST_RENEWAL = 1024;

/** How often symbols of a small alphabet occur. */
export class SymbolModel {
  readonly size: number;
  readonly #counts: Uint32Array;
  /** Where the share of each symbol of `TOTAL` begins, and the end of the last. */
  readonly starts: Uint16Array;
  /** By the upper bits of a place in `TOTAL` the symbol of the first place that has them. */
  readonly #symbols = new Uint8Array(256);
  #interval = FIRST_RENEWAL;
  #left = FIRST_RENEWAL;

  /** @param size symbols, 2 to 256 */
  constructor(size: number) {
    this.size = size;
    this.#counts = new Uint32Array(size).fill(1);
    this.starts = new Uint16Array(size + 1);
    this.#renew();
  }

  /** The symbol whose share a place is in. */
  symbolAt(place: number): number {
    let symbol = this.#symbols[place >> (TOTAL_BITS - 8)];
    while (this.starts[symbol + 1] <= place) symbol++;
    return symbol;
  }

  /** Counts an occurrence. */
  count(symbol: number): void {
    this.#counts[symbol] += OCCURRENCE;
    if (--this.#left === 0) {
      this.#interval = Math.min(2 * this.#interval, LAST_RENEWAL);
      this.#left = this.#interval;
      this.#renew();
    }
  }

  #renew(): void {
    const counts = this.#counts;
    let sum = 0;
    for (let symbol = 0; symbol < this.size; symbol++) sum += counts[symbol];
    // Each has one place, the others are shared out: all of them, as the sums are rounded, not the shares.
    const shared = (TOTAL - this.size) / sum;
    let before = 0;
    let bucket = 0;
    for (let symbol = 0; symbol < this.size; symbol++) {
      before += counts[symbol];
      const end = symbol + 1 + Math.round(before * shared);
      this.starts[symbol + 1] = end;
      for (; bucket << (TOTAL_BITS - 8) < end; bucket++) this.#symbols[bucket] = symbol;
    }
  }
}

/** Bits of the window in which the range lies: so many that it, and twice it, are small integers to the engine. */
const WINDOW_BITS = 30;
const WHOLE_RANGE = 1 << WINDOW_BITS;
/** Where the range is no longer at least this, the highest byte of the window is settled. */
const LEAST_RANGE = WHOLE_RANGE >>> 8;
/** Bytes that the window takes. */
const WINDOW_BYTES = 4;

/** Codes values into bytes, one sequence of them after the other. */
export class RangeWriter implements Coder {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  /** Where the range begins. */
  #low = 0;
  #range = WHOLE_RANGE;

  bit(chances: Uint16Array, at: number, bit: number): number {
    const chance = chances[at];
    const bound = (this.#range >>> CHANCE_BITS) * chance;
    if (bit === 1) {
      this.#range = bound;
      chances[at] = chance + ((CERTAIN - chance) >>> ADAPTATION);
    } else {
      this.#low += bound;
      this.#range -= bound;
      chances[at] = chance - (chance >>> ADAPTATION);
    }
    while (this.#range < LEAST_RANGE) this.#shift();
    return bit;
  }

  symbol(model: SymbolModel, symbol: number): number {
    const { starts } = model;
    const place = this.#range >>> TOTAL_BITS;
    const start = starts[symbol];
    this.#low += place * start;
    this.#range = place * (starts[symbol + 1] - start);
    while (this.#range < LEAST_RANGE) this.#shift();
    model.count(symbol);
    return symbol;
  }

  /** Ends the sequence and begins the next. */
  finish(): Buffer {
    for (let byte = 0; byte < WINDOW_BYTES; byte++) this.#shift();
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#low = 0;
    this.#range = WHOLE_RANGE;
    return bytes;
  }

  #shift(): void {
    if (this.#low >= WHOLE_RANGE) {
      this.#low -= WHOLE_RANGE;
      // The carry: up to a byte that is not full. There is one, as all bytes together are a fraction below 1.
      let at = this.#length - 1;
      while (this.#bytes[at] === 0xff) this.#bytes[at--] = 0;
      this.#bytes[at]++;
    }
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, this.#bytes]);
    this.#bytes[this.#length++] = this.#low >>> (WINDOW_BITS - 8);
    this.#low = (this.#low & (LEAST_RANGE - 1)) << 8;
    this.#range <<= 8;
  }
}

/** Reads what a `RangeWriter` has coded, value for value with the same contexts and models. */
export class RangeReader implements Coder {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The byte of which the lowest bits are not in the window yet. */
  #last: number;
  /** How far from the beginning of the range the value lies. */
  #code: number;
  #range = WHOLE_RANGE;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#last = this.#byte();
    this.#code = this.#last >>> (8 * WINDOW_BYTES - WINDOW_BITS);
    for (let byte = 1; byte < WINDOW_BYTES; byte++) this.#shift();
    this.#range = WHOLE_RANGE;
  }

  /** True where more has been read than there is: what came last is made up. */
  get isPastEnd(): boolean {
    return this.#at > this.#bytes.length;
  }

  /** @throws RangeError where not all has been read, or more than there is */
  finish(): void {
    if (this.#at !== this.#bytes.length)
      throw new RangeError(`${this.#at} bytes of values, not ${this.#bytes.length}`);
  }

  bit(chances: Uint16Array, at: number): number {
    const chance = chances[at];
    const bound = (this.#range >>> CHANCE_BITS) * chance;
    let bit = 0;
    if (this.#code < bound) {
      bit = 1;
      this.#range = bound;
      chances[at] = chance + ((CERTAIN - chance) >>> ADAPTATION);
    } else {
      this.#code -= bound;
      this.#range -= bound;
      chances[at] = chance - (chance >>> ADAPTATION);
    }
    while (this.#range < LEAST_RANGE) this.#shift();
    return bit;
  }

  symbol(model: SymbolModel): number {
    const { starts } = model;
    const place = this.#range >>> TOTAL_BITS;
    // What rounding leaves over is the last symbol's in bytes that nobody has written.
    const symbol = model.symbolAt(Math.min(TOTAL - 1, (this.#code / place) | 0));
    const start = starts[symbol];
    this.#code -= place * start;
    this.#range = place * (starts[symbol + 1] - start);
    while (this.#range < LEAST_RANGE) this.#shift();
    model.count(symbol);
    return symbol;
  }

  #shift(): void {
    const byte = this.#byte();
    const held = 8 * WINDOW_BYTES - WINDOW_BITS;
    this.#code = (this.#code << 8) | ((this.#last << (8 - held)) & 0xff) | (byte >>> held);
    this.#last = byte;
    this.#range <<= 8;
  }

  #byte(): number {
    const at = this.#at++;
    return at < this.#bytes.length ? this.#bytes[at] : 0;
  }
}
