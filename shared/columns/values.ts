/*
 * Columns of 32-bit values in as few bytes as a general compressor then makes the most of: of values that recur a
 * dictionary and indexes, of others the bytes in planes. Values are bits, so that every NaN and -0 comes back as it went.
 */

/** Values as they are sent. */
export interface PackedValues {
  /**
   * Distinct values in the order of their first appearance, in planes: the lowest bytes of all, then the next ones…
   * Empty where `values` holds the values themselves.
   */
  dictionary: Buffer;
  /**
   * Of each value its index: 0 is the next value of the dictionary that has not been named yet, i the i-th one. In one
   * byte, or where the dictionary has over 255 values in planes of two. Without a dictionary, the values in planes.
   */
  values: Buffer;
}

const LARGEST_DICTIONARY = 0xffff;

/** Packs columns one after the other, into memory that the next batch uses again. */
export class ValuePacker {
  #arena = new Uint8Array(1 << 16);
  #used = 0;
  /** By hash, open addressing: 1 + the position in `#distinct`; 0: free. A power of two of them is in use. */
  #slots = new Uint16Array(0);
  #distinct = new Uint32Array(0);
  #indexes = new Uint16Array(0);

  /** Forgets what was packed. @param bytes of all the values that are to be packed until the next time */
  start(bytes: number): void {
    this.#used = 0;
    if (bytes > this.#arena.length) this.#arena = new Uint8Array(bytes);
  }

  /** The result is good until the next `start`. */
  pack(values: Uint32Array): PackedValues {
    const distinct = this.#index(values);
    if (distinct === 0) return { dictionary: NOTHING, values: this.#planes(values, 4) };
    const indexes = this.#indexes.subarray(0, values.length);
    return {
      dictionary: this.#planes(this.#distinct.subarray(0, distinct), 4),
      values: this.#planes(indexes, widthOf(distinct)),
    };
  }

  /** Fills the indexes and the distinct values. Returns how many these are, or 0 where a dictionary is not worth it. */
  #index(values: Uint32Array): number {
    const n = values.length;
    if (n > this.#indexes.length) {
      this.#indexes = new Uint16Array(n);
      this.#distinct = new Uint32Array(Math.min(n, LARGEST_DICTIONARY));
    }
    // With more, dictionary and indexes were longer than the values themselves.
    const most = Math.min(LARGEST_DICTIONARY, n >> 1);
    // Twice as many slots as values at the least.
    const bits = 33 - Math.clz32(most);
    if (this.#slots.length < 1 << bits) this.#slots = new Uint16Array(1 << bits);
    else this.#slots.fill(0, 0, 1 << bits);
    const slots = this.#slots;
    const distinct = this.#distinct;
    const indexes = this.#indexes;
    const mask = (1 << bits) - 1;
    let count = 0;
    for (let i = 0; i < n; i++) {
      const value = values[i];
      let slot = Math.imul(value, GOLDEN) >>> (32 - bits);
      while (slots[slot] !== 0 && distinct[slots[slot] - 1] !== value) slot = (slot + 1) & mask;
      indexes[i] = slots[slot];
      if (slots[slot] !== 0) continue;
      if (count === most) return 0;
      distinct[count++] = value;
      slots[slot] = count;
    }
    return count;
  }

  /** The lowest `width` bytes of each value, in planes. */
  #planes(values: Uint16Array | Uint32Array, width: number): Buffer {
    const n = values.length;
    const at = this.#used;
    this.#used += n * width;
    const bytes = this.#arena;
    for (let plane = 0; plane < width; plane++) {
      const shift = 8 * plane;
      const from = at + plane * n;
      for (let i = 0; i < n; i++) bytes[from + i] = values[i] >>> shift;
    }
    return Buffer.from(bytes.buffer, at, n * width);
  }
}

/** How many values are packed, by the bytes that are there. */
export function valueCount({ dictionary, values }: PackedValues): number {
  return Math.floor(values.length / (dictionary.length === 0 ? 4 : widthOf(dictionary.length >>> 2)));
}

/**
 * Reads packed values into the whole of `values`.
 * @throws RangeError where they are not so many, or an index names a value that the dictionary does not have
 */
export function unpackValues({ dictionary, values: bytes }: PackedValues, values: Uint32Array): void {
  if (dictionary.length === 0) {
    fromPlanes(bytes, 4, values);
    return;
  }
  const distinct = new Uint32Array(dictionary.length >>> 2);
  fromPlanes(dictionary, 4, distinct);
  fromPlanes(bytes, widthOf(distinct.length), values);
  let named = 0;
  for (let i = 0; i < values.length; i++) {
    const index = values[i];
    if (index > named || (index === 0 && named === distinct.length)) {
      throw new RangeError(
        `value ${i} has an index of no value: ${index}, after ${named} of ${distinct.length}`,
      );
    }
    values[i] = distinct[index === 0 ? named++ : index - 1];
  }
}

function fromPlanes(bytes: Uint8Array, width: number, values: Uint32Array): void {
  const n = values.length;
  if (bytes.length !== n * width) {
    throw new RangeError(`${bytes.length} bytes are not ${n} values of ${width}`);
  }
  if (width === 1) values.set(bytes);
  else if (width === 2) for (let i = 0; i < n; i++) values[i] = bytes[i] | (bytes[n + i] << 8);
  else {
    for (let i = 0; i < n; i++) {
      values[i] = bytes[i] | (bytes[n + i] << 8) | (bytes[2 * n + i] << 16) | (bytes[3 * n + i] << 24);
    }
  }
}

/** Bytes of an index. */
function widthOf(distinct: number): number {
  return distinct < 256 ? 1 : 2;
}

/** 2^32 over the golden ratio: spreads the hash over its upper bits (Knuth, The Art of Computer Programming 3, 6.4). */
const GOLDEN = 0x9e3779b1;

const NOTHING = Buffer.alloc(0);
