import { doubled } from '../arrays/doubled.ts';
import { STOP_WORDS } from './english/stop-words.ts';
import { nounLemma } from './lemma.ts';

/** Words kept from batch to batch; the vocabulary of a language's everyday text is far smaller. */
const MAX_KEPT = 1 << 17;

/**
 * Words by number, from 0 in the order of their first meeting: what follows tokenising works on numbers alone, and keeps
 * columns of its own by them. A number means its word until `trim` clears the vocabulary, which changes `epoch`.
 */
export class Vocabulary {
  /** Words met. */
  size = 0;
  /** Times that it was cleared. */
  epoch = 0;
  /** By number. */
  #texts: string[] = [];
  /** By number: the number of the noun lemma. */
  lemma = new Int32Array(1 << 12);
  /** By number: 1 for a stop word. */
  isStop = new Uint8Array(1 << 12);
  /** UTF-16 units of all words, one after another. */
  letters = new Uint16Array(1 << 15);
  /** Where each word starts in `letters`, and the end of the last. */
  start = new Int32Array(1 << 12);
  /** Open addressing: number + 1 by hash; 0 is free. A power of two long, at most half of it used. */
  #slots = new Int32Array(1 << 13);
  /** A word in hand. */
  #units = new Uint16Array(64);

  text(number: number): string {
    return this.#texts[number];
  }

  /** The number of a word. */
  numberOf(word: string): number {
    while (this.#units.length < word.length) this.#units = doubled(this.#units);
    for (let i = 0; i < word.length; i++) this.#units[i] = word.charCodeAt(i);
    return this.number(this.#units, word.length);
  }

  /** The number of the word that the first units spell. */
  number(units: Uint16Array, length: number): number {
    const slots = this.#slots;
    const start = this.start;
    const mask = slots.length - 1;
    for (let slot = hashOf(units, length) & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot] - 1;
      if (number < 0) return this.#add(units, length, slot);
      const from = start[number];
      if (start[number + 1] - from === length && areEqual(this.letters, from, units, length)) return number;
    }
  }

  /** Forgets all words where there are too many: before a batch, while no number is in use. */
  trim(): void {
    if (this.size <= MAX_KEPT) return;
    this.size = 0;
    this.epoch++;
    this.#texts = [];
    this.#slots.fill(0);
  }

  #add(units: Uint16Array, length: number, slot: number): number {
    const number = this.size++;
    const from = this.start[number];
    if (number + 2 > this.start.length) {
      this.start = doubled(this.start);
      this.lemma = doubled(this.lemma);
      this.isStop = doubled(this.isStop);
    }
    while (from + length > this.letters.length) this.letters = doubled(this.letters);
    for (let i = 0; i < length; i++) this.letters[from + i] = units[i];
    this.start[number + 1] = from + length;
    const text = String.fromCharCode(...units.subarray(0, length));
    this.#texts.push(text);
    this.isStop[number] = STOP_WORDS.has(text) ? 1 : 0;
    if (2 * this.size < this.#slots.length) this.#slots[slot] = number + 1;
    else this.#spread();
    // Last, and before `this.lemma` is looked up: the lemma may be a word that is new too, for which the columns grow.
    const lemma = nounLemma(text);
    const lemmaNumber = lemma === text ? number : this.numberOf(lemma);
    this.lemma[number] = lemmaNumber;
    return number;
  }

  /** Doubles the slots. */
  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      const from = this.start[number];
      const units = this.letters.subarray(from, this.start[number + 1]);
      let slot = hashOf(units, units.length) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** The words that this thread has met. */
export const VOCABULARY = new Vocabulary();

function areEqual(letters: Uint16Array, from: number, units: Uint16Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (letters[from + i] !== units[i]) return false;
  return true;
}

/** FNV-1a over the UTF-16 units, finished as in MurmurHash3. */
function hashOf(units: Uint16Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ units[i], 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
