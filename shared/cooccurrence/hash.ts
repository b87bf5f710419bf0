/**
 * 53-bit hashes, exact as JavaScript numbers: the keys of the co-occurrence store. Two independent 32-bit lanes
 * (cyrb53, public domain, after MurmurHash3's finaliser); the chance of any collision among 10^6 terms is about 6e-5,
 * and a collision costs one blurred statistic, nothing else.
 */

const LANE = 2 ** 32;

/** Hash of a text. Different seeds are different hash functions. */
export function hashText(text: string, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  return finish(a, b);
}

/** Hash of the text that the first UTF-16 units spell. */
export function hashUnits(units: Uint16Array, length: number, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < length; i++) {
    a = Math.imul(a ^ units[i], 2654435761);
    b = Math.imul(b ^ units[i], 1597334677);
  }
  return finish(a, b);
}

/** Hash of a sequence, from the hash so far and that of the next element; order matters. */
export function hashPair(left: number, right: number): number {
  const a = Math.imul((left | 0) ^ 0x9e3779b9, 2654435761) ^ (right | 0);
  const b = Math.imul(high(left) ^ 0x85ebca6b, 1597334677) ^ high(right);
  return finish(Math.imul(a, 0xcc9e2d51) ^ b, Math.imul(b, 0x1b873593) ^ a);
}

function high(hash: number): number {
  return Math.floor(hash / LANE) | 0;
}

function finish(a: number, b: number): number {
  let x = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  let y = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  x ^= x >>> 16;
  y ^= y >>> 15;
  return LANE * (2097151 & y) + (x >>> 0);
}
