import { doubled } from '../arrays/doubled.ts';
import { sharedUint8 } from '../arrays/shared.ts';
import { StringTable, StringTableBuilder, type StringTableData } from '../arrays/string-table.ts';
import type { Tokens } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import { MAX_GRAM, spelling } from './letters.ts';
import { LineReader } from './line-reader.ts';

/** Log₂ chances are kept in steps of 1/8, from -1/8 to -31 7/8; 0: the language does not have the run. */
const STEPS = 8;

/** What it costs, in steps, that a language does not have a run, on top of what the shorter one costs. */
const BACK_OFF = 8;

/** The same for a letter that the language does not have at all. */
const UNKNOWN = 14 * STEPS;

/** Words whose scores are kept. */
const MAX_KEPT = 1 << 16;

/** Runs of letters of all languages, in memory that threads share. */
export interface SharedIdentifier {
  grams: StringTableData;
  /** By run × languages + language: how unlikely its last letter is, in steps; 0: it does not have the run. */
  steps: Uint8Array;
  languages: number;
}

/** Letters of a word that are looked at. */
const MAX_LETTERS = 24;

/** Words and letters of a text that are looked at: the rest says the same. */
const MAX_WORDS = 48;
const MAX_TEXT = 96;

const EDGE = ' '.charCodeAt(0);

/** What it costs that a language has not even the letter alone. */
const MAX_PENALTY = MAX_GRAM * BACK_OFF;

/**
 * Reads the letter models of all languages, in their order: a run of letters and the log₂ of its chance a line.
 * @param paths the files that the texts are from
 * @throws P2iError ARTEFACT_INVALID, naming the file and the line
 */
export function readIdentifier(texts: readonly string[], paths: readonly string[]): SharedIdentifier {
  const grams = new StringTableBuilder();
  const rows: number[][] = texts.map(() => []);
  texts.forEach((text, language) => {
    for (const lines = new LineReader(text, paths[language]); lines.next();) {
      lines.nextCell();
      const gram = grams.add(text, lines.start, lines.end);
      lines.nextCell();
      const log = lines.number(lines.start, lines.end);
      rows[language].push(gram, Math.min(255, Math.max(1, Math.round(-log * STEPS))));
    }
  });
  const steps = sharedUint8(grams.count * texts.length);
  rows.forEach((own, language) => {
    for (let i = 0; i < own.length; i += 2) steps[own[i] * texts.length + language] = own[i + 1];
  });
  return { grams: grams.data(), steps, languages: texts.length };
}

/**
 * Tells in which language a text is, by how well each language's letter model explains its words. What it finds for a word is
 * kept. Not for concurrent use; threads share the models.
 */
export class Identifier {
  readonly #shared: SharedIdentifier;
  readonly #grams: StringTable;
  /** A word in hand between its edges; and by language, 1 where a letter of it was not explained yet. */
  readonly #padded = new Uint16Array(MAX_LETTERS + 2).fill(EDGE);
  readonly #open: Uint8Array;
  readonly #kept = new Map<string, Float64Array>();
  /** By word of the vocabulary × languages + language: what a plain word is worth; and 1 where it was worked out. */
  #ofPlain: Float32Array;
  #isKnown = new Uint8Array(1 << 12);
  #epoch = VOCABULARY.epoch;

  constructor(shared: SharedIdentifier) {
    this.#shared = shared;
    this.#grams = new StringTable(shared.grams);
    this.#open = new Uint8Array(shared.languages);
    this.#ofPlain = new Float32Array(this.#isKnown.length * shared.languages);
  }

  /** Adds to `scores`, by language, the log₂ likelihood of the text in it. */
  score(text: string, scores: Float64Array): void {
    let words = 0;
    let letters = 0;
    // More than is looked at, since not all of it is letters.
    for (const word of spelling(text.slice(0, 4 * MAX_TEXT))) {
      if (words++ === MAX_WORDS || letters > MAX_TEXT) return;
      letters += word.length;
      const own = this.#ofWord(word);
      for (let language = 0; language < own.length; language++) scores[language] += own[language];
    }
  }

  /** The same for a text that is plain (`TokenBuffer.addPlain`), by its words: much faster. */
  scorePlain({ numbers, from, to }: Tokens, scores: Float64Array): void {
    if (this.#epoch !== VOCABULARY.epoch) {
      this.#epoch = VOCABULARY.epoch;
      this.#isKnown.fill(0);
    }
    const { languages } = this.#shared;
    const last = Math.min(to, from + MAX_WORDS);
    const { start } = VOCABULARY;
    for (let i = from, letters = 0; i < last && letters <= MAX_TEXT; i++) {
      const word = numbers[i];
      letters += start[word + 1] - start[word];
      if (word >= this.#isKnown.length || this.#isKnown[word] === 0) this.#meetPlain(word);
      const at = word * languages;
      for (let language = 0; language < languages; language++)
        scores[language] += this.#ofPlain[at + language];
    }
  }

  #meetPlain(word: number): void {
    while (this.#isKnown.length <= word) {
      this.#isKnown = doubled(this.#isKnown);
      this.#ofPlain = doubled(this.#ofPlain);
    }
    const { languages } = this.#shared;
    const sum = new Float64Array(languages);
    for (const run of spelling(VOCABULARY.text(word))) {
      const own = this.#explain(run);
      for (let language = 0; language < languages; language++) sum[language] += own[language];
    }
    this.#ofPlain.set(sum, word * languages);
    this.#isKnown[word] = 1;
  }

  #ofWord(word: string): Float64Array {
    let scores = this.#kept.get(word);
    if (scores !== undefined) return scores;
    if (this.#kept.size === MAX_KEPT) this.#kept.clear();
    this.#kept.set(word, (scores = this.#explain(word)));
    return scores;
  }

  #explain(word: string): Float64Array {
    const { steps, languages } = this.#shared;
    const scores = new Float64Array(languages);
    const open = this.#open;
    const length = this.#pad(word);
    for (let end = 2; end <= length; end++) {
      open.fill(1);
      let left = languages;
      let penalty = 0;
      for (let size = Math.min(MAX_GRAM, end); size >= 1 && left > 0; size--, penalty += BACK_OFF) {
        const gram = this.#grams.findUnits(this.#padded.subarray(end - size, end), size);
        if (gram < 0) continue;
        for (let language = 0; language < languages; language++) {
          const own = steps[gram * languages + language];
          if (own === 0 || open[language] === 0) continue;
          open[language] = 0;
          left--;
          scores[language] -= own + penalty;
        }
      }
      if (left === 0) continue;
      for (let language = 0; language < languages; language++)
        if (open[language] === 1) scores[language] -= UNKNOWN + MAX_PENALTY;
    }
    for (let language = 0; language < languages; language++) scores[language] /= STEPS;
    return scores;
  }

  /** Writes the beginning of a word between its edges to `#padded`. Returns how long that is. */
  #pad(word: string): number {
    const length = Math.min(word.length, MAX_LETTERS);
    for (let i = 0; i < length; i++) this.#padded[i + 1] = word.charCodeAt(i);
    this.#padded[length + 1] = EDGE;
    return length + 2;
  }
}
