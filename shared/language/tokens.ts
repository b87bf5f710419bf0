import { doubled } from '../arrays/doubled.ts';
import { normalise, normaliseAccented } from './normalise.ts';
import { SEGMENTED } from './segmented-runs.ts';
import { isUnspaced, MAX_WORD, runsOf, wordOf } from './tokenise.ts';
import { VOCABULARY } from './vocabulary.ts';

/** A text longer than this says nothing new in the rest. */
const MAX_TEXT = 20_000;

/** Words in order, as numbers of the vocabulary: `numbers` from `from` until `to`. */
export interface Tokens {
  readonly numbers: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** What an ASCII character is; letters and digits have their lower case. */
const NONE = 0;
const APOSTROPHE = 1;
const AMPERSAND = 2;
const CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase();
  if (/[a-z0-9]/.test(character)) return character.charCodeAt(0);
  return character === "'" ? APOSTROPHE : character === '&' ? AMPERSAND : NONE;
});

const AND = 'and';
const S = 's'.charCodeAt(0);

/** The words of texts, one text after another. Reused. */
export class TokenBuffer {
  numbers = new Int32Array(1 << 10);
  count = 0;
  readonly #word = new Uint16Array(MAX_WORD);

  clear(): void {
    this.count = 0;
  }

  /** Normalises and tokenises a text, and adds its words. Returns the count. */
  add(text: string): number {
    if (!this.addPlain(text)) this.#addNormalised(normalise(text.slice(0, MAX_TEXT)));
    return this.count;
  }

  /** The same for a plain text, one that needs nothing but lower case. Returns false, and adds nothing, where it needs more. */
  addPlain(text: string): boolean {
    const before = this.count;
    const isPlain = this.#addPlain(text, Math.min(text.length, MAX_TEXT));
    if (!isPlain) this.count = before;
    return isPlain;
  }

  /** By character codes. Returns false at the first that needs more. */
  #addPlain(text: string, length: number): boolean {
    const word = this.#word;
    let i = 0;
    while (i < length) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      const kind = CLASS[code];
      if (kind === AMPERSAND) this.push(VOCABULARY.numberOf(AND));
      if (kind <= AMPERSAND) {
        i++;
        continue;
      }
      // A run of letters and digits, with apostrophes between them that close up.
      let n = 0;
      let ending = -1;
      for (; i < length; i++) {
        const next = text.charCodeAt(i);
        if (next > 127) return false;
        const letter = CLASS[next];
        if (letter > AMPERSAND) {
          if (n < MAX_WORD) word[n] = letter;
          n++;
        } else if (letter === APOSTROPHE && i + 1 < length && isLetter(text.charCodeAt(i + 1))) ending = n;
        else break;
      }
      // What an apostrophe and an s end with is a possessive.
      if (ending === n - 1 && CLASS[text.charCodeAt(i - 1)] === S) n--;
      this.push(VOCABULARY.number(word, Math.min(n, MAX_WORD)));
    }
    return true;
  }

  /** The same with accents, which other languages than English need. */
  addAccented(text: string): number {
    this.#addNormalised(normaliseAccented(text.slice(0, MAX_TEXT)));
    return this.count;
  }

  /** The words that `tokenise` gives. */
  #addNormalised(normalised: string): void {
    for (const run of runsOf(normalised)) {
      if (isUnspaced(run)) this.#addUnspaced(run);
      else this.push(VOCABULARY.numberOf(wordOf(run)));
    }
  }

  #addUnspaced(run: string): void {
    SEGMENTED.find(run);
    for (let i = SEGMENTED.from; i < SEGMENTED.to; i++) this.push(SEGMENTED.words[i]);
  }

  /** Adds a word of the vocabulary. */
  push(number: number): void {
    if (this.count === this.numbers.length) this.numbers = doubled(this.numbers);
    this.numbers[this.count++] = number;
  }
}

function isLetter(code: number): boolean {
  return code < 128 && CLASS[code] > AMPERSAND;
}
