import { dequantise, GRAPH_DIMENSIONS, quantise } from '../embeddings/projection.ts';

/** What a sealed generation knows of a term or a board. Interests are ids; weights are in units of weights.ts. */
export interface SealedEntry {
  pins: number;
  trust: number;
  interests: Uint32Array;
  weights: Float32Array;
}

/** What a sealed generation knows of an interest; under TOTALS_KEY, of all Pins together. */
export interface SealedInterest {
  weight: number;
  pins: number;
  vector: Float32Array | null;
}

const HEADER = 16;

/** Bytes, little endian: u32 Pins · u32 n · f64 trust · n × u32 interest · n × f32 weight. */
export function encodeSealedTerm(entry: SealedEntry): Uint8Array {
  const n = entry.interests.length;
  const bytes = new Uint8Array(HEADER + n * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, entry.pins, true);
  view.setUint32(4, n, true);
  view.setFloat64(8, entry.trust, true);
  bytes.set(new Uint8Array(entry.interests.buffer), HEADER);
  bytes.set(new Uint8Array(entry.weights.buffer), HEADER + n * 4);
  return bytes;
}

export function decodeSealedTerm(bytes: Uint8Array): SealedEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = view.getUint32(4, true);
  const columns = bytes.slice(HEADER, HEADER + n * 8).buffer;
  return {
    pins: view.getUint32(0, true),
    trust: view.getFloat64(8, true),
    interests: new Uint32Array(columns, 0, n),
    weights: new Float32Array(columns, n * 4, n),
  };
}

/** The Pins of an entry, without decoding the rest. */
export function sealedPins(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** A term's bytes, then the board's vector as int8. */
export function encodeSealedBoard(entry: SealedEntry, vector: Float32Array): Uint8Array {
  const term = encodeSealedTerm(entry);
  const bytes = new Uint8Array(term.length + GRAPH_DIMENSIONS);
  bytes.set(term);
  bytes.set(new Uint8Array(quantise(vector).buffer), term.length);
  return bytes;
}

export function decodeSealedBoard(bytes: Uint8Array): SealedEntry & { vector: Float32Array } {
  return { ...decodeSealedTerm(bytes), vector: vectorAt(bytes, bytes.length - GRAPH_DIMENSIONS) };
}

/** Bytes, little endian: f64 weight · u32 Pins · the vector as int8, or nothing. */
export function encodeSealedInterest(interest: SealedInterest): Uint8Array {
  const bytes = new Uint8Array(12 + (interest.vector ? GRAPH_DIMENSIONS : 0));
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, interest.weight, true);
  view.setUint32(8, interest.pins, true);
  if (interest.vector) bytes.set(new Uint8Array(quantise(interest.vector).buffer), 12);
  return bytes;
}

export function decodeSealedInterest(bytes: Uint8Array): SealedInterest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    weight: view.getFloat64(0, true),
    pins: view.getUint32(8, true),
    vector: bytes.length > 12 ? vectorAt(bytes, 12) : null,
  };
}

function vectorAt(bytes: Uint8Array, at: number): Float32Array {
  return dequantise(new Int8Array(bytes.slice(at, at + GRAPH_DIMENSIONS).buffer));
}
