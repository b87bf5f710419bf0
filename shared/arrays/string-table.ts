import { sharedInt32, sharedUint16 } from './shared.ts';
import { putInSlot, sharedSlots } from './slots.ts';

/** Distinct strings in memory that threads share. */
export interface StringTableData {
  /** UTF-16 units of all strings, one after another. */
  readonly letters: Uint16Array;
  /** Where each string starts in `letters`, and the end of the last. */
  readonly start: Int32Array;
  /** Open addressing: number + 1 by hash; 0 is free. A power of two long, at most half of it used. */
  readonly slots: Int32Array;
}

/** Numbers of distinct strings, from 0 in their order: a Map that threads share, and that never changes. */
export class StringTable {
  readonly data: StringTableData;
  readonly #mask: number;

  /** @param strings distinct */
  static build(strings: readonly string[]): StringTable {
    const start = sharedInt32(strings.length + 1);
    strings.forEach((text, i) => (start[i + 1] = start[i] + text.length));
    const letters = sharedUint16(start[strings.length]);
    const slots = sharedSlots(strings.length);
    strings.forEach((text, i) => {
      for (let c = 0; c < text.length; c++) letters[start[i] + c] = text.charCodeAt(c);
      putInSlot(slots, hashOf(text), i + 1);
    });
    return new StringTable({ letters, start, slots });
  }

  constructor(data: StringTableData) {
    this.data = data;
    this.#mask = data.slots.length - 1;
  }

  /** The string's number, or -1. */
  find(text: string): number {
    const { slots } = this.data;
    for (let slot = hashOf(text) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const number = slots[slot] - 1;
      if (number < 0 || this.#is(number, text)) return number;
    }
  }

  /** The number of the string that the first units spell, or -1. */
  findUnits(units: Uint16Array, length: number): number {
    const { slots } = this.data;
    for (let slot = hashOfUnits(units, length) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const number = slots[slot] - 1;
      if (number < 0 || this.#isUnits(number, units, length)) return number;
    }
  }

  /** The string of a number. */
  text(number: number): string {
    const { letters, start } = this.data;
    return String.fromCharCode(...letters.subarray(start[number], start[number + 1]));
  }

  #isUnits(number: number, units: Uint16Array, length: number): boolean {
    const { letters, start } = this.data;
    const from = start[number];
    if (start[number + 1] - from !== length) return false;
    for (let c = 0; c < length; c++) if (letters[from + c] !== units[c]) return false;
    return true;
  }

  #is(number: number, text: string): boolean {
    const { letters, start } = this.data;
    const from = start[number];
    if (start[number + 1] - from !== text.length) return false;
    for (let c = 0; c < text.length; c++) if (letters[from + c] !== text.charCodeAt(c)) return false;
    return true;
  }
}

/** FNV-1a over the UTF-16 units, finished as in MurmurHash3. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** The same over units that are no string yet. */
function hashOfUnits(units: Uint16Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ units[i], 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
