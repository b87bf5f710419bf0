import { ENTRY_HEADER, ENTRY_PINS, ENTRY_SIZE, type EntryArena } from '../../../shared/cooccurrence/arena.ts';

/** Every seventh key is one that the store does not have. */
const sizeOf = (key: number): number => (key % 7 === 0 ? -1 : key % 31);

/** Adds the entry that belongs to a key. */
export function addMade(arena: EntryArena, key: number): number {
  const size = sizeOf(key);
  if (size < 0) {
    arena.addAbsent(key);
    return 0;
  }
  return arena.add(key, size, size, ({ ints }, at) => {
    ints[at + ENTRY_PINS] = key;
    for (let i = 0; i < size; i++) ints[at + ENTRY_HEADER + i] = key * 31 + i;
  });
}

/** True where an entry is what `addMade` adds. */
export function isMade(arena: EntryArena, key: number, entry: number): boolean {
  if (sizeOf(key) < 0 || entry === 0) return sizeOf(key) < 0 && entry === 0;
  const { ints } = arena.memory(entry);
  const at = Math.abs(entry);
  if (ints[at + ENTRY_PINS] !== key || ints[at + ENTRY_SIZE] !== sizeOf(key)) return false;
  const content = ints.subarray(at + ENTRY_HEADER, at + ENTRY_HEADER + sizeOf(key));
  return content.every((value, i) => value === key * 31 + i);
}
