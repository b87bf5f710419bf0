import { createHash } from 'node:crypto';
import { MAX_INTEREST_ID } from '../interest.ts';

/** Numbers of source ids. */
export interface AssignedIds {
  /** `kept`: the ids of the source are our numbers. `hashed`: they are hashes of them. */
  kind: 'kept' | 'hashed';
  /** By source id; different ones have different numbers, but for `collisions`. */
  numbers: ReadonlyMap<string, number>;
  /** Ids of which another, `first`, has the number already. */
  collisions: readonly { number: number; first: string; second: string }[];
}

/**
 * Gives each source id a number that is the same in every import: itself where all ids are integers from 1 to 2^31-1, else
 * 31 bits of its SHA-256. What others are and in which order they come makes no difference, as long as that does not
 * change from the one kind to the other.
 *
 * @param ids distinct
 */
export function assignIds(ids: readonly string[]): AssignedIds {
  const kept = ids.every(isInterestNumber);
  const numbers = new Map<string, number>();
  const collisions: { number: number; first: string; second: string }[] = [];
  const idOf = new Map<number, string>();
  for (const id of ids) {
    const number = kept ? Number(id) : hashed(id);
    const first = idOf.get(number);
    if (first === undefined) idOf.set(number, id);
    else collisions.push({ number, first, second: id });
    numbers.set(id, number);
  }
  return { kind: kept ? 'kept' : 'hashed', numbers, collisions };
}

function isInterestNumber(id: string): boolean {
  return /^[1-9]\d*$/.test(id) && Number(id) <= MAX_INTEREST_ID;
}

function hashed(id: string): number {
  const bits = createHash('sha256').update(id).digest().readUInt32BE(0) >>> 1;
  // 0 is no id.
  return bits === 0 ? 1 : bits;
}
