/*
 * Packed columns: typed arrays as Avro bytes, little endian as every machine that we run on is.
 */

type Column = Float64Array | Float32Array | Int32Array | Uint16Array;

/** The bytes of a column, not copied: the encoder copies them. */
export function pack(column: Column): Buffer {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}

/**
 * A column from bytes, copied to where it is aligned.
 * @throws RangeError where the bytes are no whole number of values
 */
export function unpack<C extends Column>(
  type: { new (buffer: ArrayBuffer): C; readonly BYTES_PER_ELEMENT: number },
  bytes: Uint8Array,
): C {
  if (bytes.length % type.BYTES_PER_ELEMENT !== 0) {
    throw new RangeError(`${bytes.length} bytes are no whole number of ${type.name}`);
  }
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return new type(copy.buffer);
}

/** Offsets from counts: `start[i]` is the sum of the counts before i; length counts + 1. */
export function startsOf(counts: Uint16Array): Int32Array {
  const start = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) start[i + 1] = start[i] + counts[i];
  return start;
}

/** Counts from offsets. */
export function countsOf(start: Int32Array): Uint16Array {
  return Uint16Array.from({ length: start.length - 1 }, (_, i) => start[i + 1] - start[i]);
}
