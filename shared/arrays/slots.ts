import { sharedInt32 } from './shared.ts';

/** Slots of an open-addressing table, 0 where free: a power of two of them, at most half of which are used. */
export function sharedSlots(entries: number): Int32Array<SharedArrayBuffer> {
  return sharedInt32(2 ** Math.ceil(Math.log2(2 * entries + 2)));
}

/** Puts a value that is not 0 into the first free slot from the hash on (linear probing). */
export function putInSlot(slots: Int32Array, hash: number, value: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = value;
}
