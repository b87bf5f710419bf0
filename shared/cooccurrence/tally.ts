/**
 * How often a term was seen, and which interests with it. Bytes, little endian:
 * u32 Pins · f64 trust · u32 n · n × u32 interest id (ascending) · n × f64 weight.
 */
export interface Tally {
  pins: number;
  trust: number;
  interests: Uint32Array;
  weights: Float64Array;
}

const HEADER = 16;

export function encodeTally(tally: Tally): Uint8Array {
  const n = tally.interests.length;
  const bytes = new Uint8Array(HEADER + n * 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, tally.pins, true);
  view.setFloat64(4, tally.trust, true);
  view.setUint32(12, n, true);
  bytes.set(bytesOf(tally.interests), HEADER);
  bytes.set(bytesOf(tally.weights), HEADER + n * 4);
  return bytes;
}

export function decodeTally(bytes: Uint8Array): Tally {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = view.getUint32(12, true);
  const interests = new Uint32Array(n);
  const weights = new Float64Array(n);
  bytesOf(interests).set(bytes.subarray(HEADER, HEADER + n * 4));
  bytesOf(weights).set(bytes.subarray(HEADER + n * 4, HEADER + n * 12));
  return { pins: view.getUint32(0, true), trust: view.getFloat64(4, true), interests, weights };
}

/** The sum of two tallies. */
export function addTallies(a: Tally, b: Tally): Tally {
  const interests = new Uint32Array(a.interests.length + b.interests.length);
  const weights = new Float64Array(interests.length);
  let n = 0;
  let i = 0;
  let j = 0;
  while (i < a.interests.length || j < b.interests.length) {
    const left = i < a.interests.length ? a.interests[i] : Infinity;
    const right = j < b.interests.length ? b.interests[j] : Infinity;
    interests[n] = Math.min(left, right);
    weights[n++] = (left <= right ? a.weights[i++] : 0) + (right <= left ? b.weights[j++] : 0);
  }
  return {
    pins: a.pins + b.pins,
    trust: a.trust + b.trust,
    interests: interests.subarray(0, n),
    weights: weights.subarray(0, n),
  };
}

function bytesOf(array: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
