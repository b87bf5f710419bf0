/**
 * An entry of a posting list as one number that orders as the list does: the best score first, of equal scores the Pin
 * that has the lower number. 48 bits, which a double holds exactly.
 */
export type Entry = number;

/** The score of 1 as it is kept. */
export const SCORE_ONE = 0xffff;
const PIN_RANGE = 2 ** 32;

/** Orders after every entry that there can be, or is the last of them. */
export const LAST_ENTRY: Entry = SCORE_ONE * PIN_RANGE + (PIN_RANGE - 1);

/**
 * A score as 16 bits keep it: to the nearest 65535th, so that no score comes to lie above one that was higher. A score
 * above 0 does not become 0.
 */
export function quantise(score: number): number {
  return Math.min(SCORE_ONE, Math.max(1, Math.round(score * SCORE_ONE)));
}

/** The score, in (0, 1], at most a 131070th from what it was. */
export function scoreOf(quantised: number): number {
  return quantised / SCORE_ONE;
}

export function entryOf(quantised: number, pin: number): Entry {
  return (SCORE_ONE - quantised) * PIN_RANGE + pin;
}

export function entryScore(entry: Entry): number {
  return SCORE_ONE - Math.floor(entry / PIN_RANGE);
}

export function entryPin(entry: Entry): number {
  return entry % PIN_RANGE;
}

/** An interest's place in the posting lists: 4 bytes of its id, 6 of an entry, both big-endian, as LMDB compares bytes. */
export function keyOf(interest: number, entry: Entry): Buffer {
  const key = Buffer.allocUnsafe(10);
  key.writeUInt32BE(interest, 0);
  key.writeUIntBE(entry, 4, 6);
  return key;
}

export function keyEntry(key: Buffer): Entry {
  return key.readUIntBE(4, 6);
}

/** Bytes of an entry in a block. */
export const ENTRY_BYTES = 6;

/** A block, in one buffer: n × Pin number (uint32), then n × quantised score (uint16), little-endian. */
export interface Columns {
  /** Pin numbers. */
  pins: Uint32Array;
  /** Quantised. */
  scores: Uint16Array;
}

export function columnsOf(entries: Float64Array): Columns {
  const columns = columnsIn(new ArrayBuffer(entries.length * ENTRY_BYTES), entries.length);
  for (let i = 0; i < entries.length; i++) {
    columns.pins[i] = entryPin(entries[i]);
    columns.scores[i] = entryScore(entries[i]);
  }
  return columns;
}

/** The columns of n entries in a buffer that begins with them. */
function columnsIn(buffer: ArrayBuffer, n: number): Columns {
  return { pins: new Uint32Array(buffer, 0, n), scores: new Uint16Array(buffer, 4 * n, n) };
}

/**
 * Blocks as LMDB takes and gives them. It has one place for what it decodes, which the next block overwrites: a search reads
 * thousands, and memory for each of them would take a third of its time.
 */
export class BlockEncoder {
  #decoded = Buffer.allocUnsafeSlow(0);

  encode({ pins: { buffer, length } }: Columns): Buffer {
    return Buffer.from(buffer, 0, length * ENTRY_BYTES);
  }

  /** @param end of the block in `bytes`, which are LMDB’s and have more */
  decode(bytes: Buffer, end: number): Columns {
    if (this.#decoded.length < end) this.#decoded = Buffer.allocUnsafeSlow(end);
    bytes.copy(this.#decoded, 0, 0, end);
    return columnsIn(this.#decoded.buffer, end / ENTRY_BYTES);
  }
}

/** The bytes, or a copy of them, at a place that numbers of four bytes may have. */
export function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

export function entriesOf({ pins, scores }: Columns): Float64Array {
  return Float64Array.from(pins, (pin, i) => entryOf(scores[i], pin));
}
