import { doubled } from './doubled.ts';
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

  /** How many strings there are. */
  get size(): number {
    return this.data.start.length - 1;
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

/** Gathers distinct strings that stand in longer ones, without cutting them out, for a StringTable. */
export class StringTableBuilder {
  count = 0;
  #letters = new Uint16Array(1 << 12);
  #start = new Int32Array(1 << 10);
  #hashes = new Int32Array(1 << 10);
  /** Open addressing: number + 1 by hash; 0 is free. */
  #slots = new Int32Array(1 << 12);

  /** The number of the string at `from` until `to` of the text, which is new where it is the `count` of before. */
  add(text: string, from: number, to: number): number {
    const hash = hashOf(text, from, to);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] - 1;
      if (this.#hashes[number] === hash && this.#is(number, text, from, to)) return number;
    }
    const number = this.count++;
    this.#slots[slot] = number + 1;
    this.#append(number, hash, text, from, to);
    if (2 * this.count > this.#slots.length) this.#spread();
    return number;
  }

  /** The string of a number. */
  text(number: number): string {
    return String.fromCharCode(...this.#letters.subarray(this.#start[number], this.#start[number + 1]));
  }

  data(): StringTableData {
    const start = sharedInt32(this.count + 1);
    start.set(this.#start.subarray(0, this.count + 1));
    const letters = sharedUint16(start[this.count]);
    letters.set(this.#letters.subarray(0, letters.length));
    const slots = sharedSlots(this.count);
    for (let number = 0; number < this.count; number++) putInSlot(slots, this.#hashes[number], number + 1);
    return { letters, start, slots };
  }

  #append(number: number, hash: number, text: string, from: number, to: number): void {
    if (number + 2 > this.#start.length) {
      this.#start = doubled(this.#start);
      this.#hashes = doubled(this.#hashes);
    }
    let at = this.#start[number];
    while (at + to - from > this.#letters.length) this.#letters = doubled(this.#letters);
    for (let c = from; c < to; c++) this.#letters[at++] = text.charCodeAt(c);
    this.#start[number + 1] = at;
    this.#hashes[number] = hash;
  }

  #is(number: number, text: string, from: number, to: number): boolean {
    const first = this.#start[number];
    if (this.#start[number + 1] - first !== to - from) return false;
    for (let c = from; c < to; c++) if (this.#letters[first + c - from] !== text.charCodeAt(c)) return false;
    return true;
  }

  #spread(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.count; number++)
      putInSlot(this.#slots, this.#hashes[number], number + 1);
  }
}

/** FNV-1a over the UTF-16 units, finished as in MurmurHash3. */
function hashOf(text: string, from: number = 0, to: number = text.length): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
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
