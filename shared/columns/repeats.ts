/*
 * Which values of a column are those of the row before of the same key, and so need not be sent.
 */

/** The row before of the same key; -1: there is none. @param keys of each row, from 0 to below `size` */
export function rowsBefore(keys: Int32Array, size: number): Int32Array {
  const last = new Int32Array(size).fill(-1);
  const before = new Int32Array(keys.length);
  for (let row = 0; row < keys.length; row++) {
    before[row] = last[keys[row]];
    last[keys[row]] = row;
  }
  return before;
}

/**
 * Gathers the values that are not repeated and sets the bit of the others.
 *
 * @param before as `rowsBefore` has it
 * @param repeated a byte a row
 * @param values where they go, of the length of the column at least
 * @returns how many values these are
 */
export function gatherNew(
  column: Uint32Array,
  before: Int32Array,
  repeated: Uint8Array,
  bit: number,
  values: Uint32Array,
): number {
  let count = 0;
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    const from = before[row];
    if (from >= 0 && column[from] === value) repeated[row] |= bit;
    else values[count++] = value;
  }
  return count;
}

/**
 * How many values are not repeated.
 * @param bit a power of two
 * @throws RangeError where a row repeats one before it that is not there
 */
export function countNew(before: Int32Array, repeated: Uint8Array, bit: number): number {
  // No branches: what repeats follows no pattern that a processor could foresee.
  const shift = 31 - Math.clz32(bit);
  let repeats = 0;
  let astray = 0;
  for (let row = 0; row < before.length; row++) {
    const one = (repeated[row] >> shift) & 1;
    repeats += one;
    astray |= one & (before[row] >>> 31);
  }
  if (astray !== 0) throw new RangeError('a candidate repeats one before it that is not there');
  return before.length - repeats;
}

/** Undoes `gatherNew`. @param values as many as `countNew` says */
export function scatterNew(
  values: Uint32Array,
  before: Int32Array,
  repeated: Uint8Array,
  bit: number,
  column: Uint32Array,
): void {
  let next = 0;
  for (let row = 0; row < column.length; row++) {
    column[row] = (repeated[row] & bit) === 0 ? values[next++] : column[before[row]];
  }
}
