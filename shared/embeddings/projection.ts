import { hashText } from '../cooccurrence/hash.ts';

/** Dimensions of every graph vector. */
export const GRAPH_DIMENSIONS = 32;

/**
 * Adds `weight` times the random vector of a hash to `out`: ±1 in each dimension, from the hash alone, so that every
 * worker sees the same vectors with nothing shared (random projection: Achlioptas 2003).
 */
export function addRandomVector(hash: number, weight: number, out: Float32Array): void {
  // xorshift32 over a state from both halves of the hash.
  let state = Math.imul((hash | 0) ^ 0x9e3779b9, 0x85ebca6b) ^ Math.floor(hash / 2 ** 32);
  state = state === 0 ? 1 : state;
  for (let d = 0; d < out.length; d++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[d] += state & 0x10000 ? weight : -weight;
  }
}

const OWN_SEED = 0x50494e;

/**
 * A Pin's own embedding, of any length, projected to the graph's dimensions; cosines survive approximately
 * (Johnson–Lindenstrauss). Returns a unit vector, or null where the embedding is all zeros.
 */
export function projectEmbedding(embedding: Float32Array): Float32Array | null {
  const out = new Float32Array(GRAPH_DIMENSIONS);
  for (let i = 0; i < embedding.length; i++) {
    if (embedding[i] !== 0) addRandomVector(hashText(String(i), OWN_SEED), embedding[i], out);
  }
  return normalise(out) ? out : null;
}

/** Scales a vector to length 1 in place. False, and untouched, where it is all zeros. */
export function normalise(vector: Float32Array): boolean {
  let sum = 0;
  for (let d = 0; d < vector.length; d++) sum += vector[d] * vector[d];
  if (sum === 0) return false;
  const scale = 1 / Math.sqrt(sum);
  for (let d = 0; d < vector.length; d++) vector[d] *= scale;
  return true;
}

/** A unit vector as int8, 127 per 1. */
export function quantise(vector: Float32Array): Int8Array {
  return Int8Array.from(vector, (value) => Math.round(value * 127));
}

export function dequantise(bytes: Int8Array): Float32Array {
  return Float32Array.from(bytes, (value) => value / 127);
}
