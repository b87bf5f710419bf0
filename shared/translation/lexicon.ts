import { doubled } from '../arrays/doubled.ts';
import { sharedFloat32, sharedInt32 } from '../arrays/shared.ts';
import { StringTableBuilder, type StringTableData } from '../arrays/string-table.ts';
import { withoutAccents } from '../language/normalise.ts';
import { indexWithin, LineReader } from './line-reader.ts';
import { readSpelling, writeSpelling, type SpellingModel } from './spelling.ts';

/** One way to translate a term or a part of a word. */
export interface Meaning {
  /** English words; none where it means nothing that is worth a word. */
  english: readonly string[];
  /** Share of its uses that mean this: in (0, 1]. */
  weight: number;
}

/** A word or a phrase of the source language. */
export interface LexiconTerm {
  /** Its words as `sourceWords` gives them. */
  words: readonly string[];
  /** The likeliest first. */
  meanings: readonly Meaning[];
}

/** A part of which words are made: a stem, an ending, a part of a compound. */
export interface LexiconPart {
  text: string;
  /** Its share of all parts that were met: in (0, 1]. */
  share: number;
  meanings: readonly Meaning[];
}

/** What a language's words mean in English, as it is learned. */
export interface LexiconContent {
  terms: readonly LexiconTerm[];
  parts: readonly LexiconPart[];
  /** How it spells the words that it shares with English. */
  spelling: SpellingModel;
}

/**
 * The same as the text of three files, a term or a part a line, cells parted by tabs: `rotenschuhe␉0.5 red shoe␉0.25 ruby slipper`,
 * `schuh␉0.0125␉1 shoe`. A meaning that is no word is a weight and a space.
 */
export interface LexiconText {
  terms: string;
  parts: string;
  spelling: string;
}

/** A lexicon in memory that threads share. */
export interface SharedLexicon {
  /** Words of each term closed up: where people put spaces differs, and segmenters differ too. */
  terms: StringTableData;
  parts: StringTableData;
  /** By part: what it costs to take a word for made of it, -log of its share. */
  partCost: Float32Array;
  /** By term, then by part: its first meaning; the end of the last. */
  first: Int32Array;
  /** By meaning. */
  weight: Float32Array;
  /** By meaning: its first word; the end of the last. */
  firstWord: Int32Array;
  /** Numbers in `english`. */
  words: Int32Array;
  english: StringTableData;
  /** UTF-16 units of the longest term and of the longest part. */
  longestTerm: number;
  longestPart: number;
  spelling: SpellingModel;
}

/**
 * Writes a lexicon. Terms that are the same but for their spaces share a line. What is written without accents means what any
 * word means that differs from it in accents alone, where it is no term itself: people leave accents out.
 */
export function writeLexicon({ terms, parts, spelling }: LexiconContent): LexiconText {
  const byText = new Map<string, Meaning[]>();
  for (const { words, meanings } of terms) gather(byText, words.join(''), meanings);
  const plain = new Map<string, Meaning[]>();
  for (const [text, meanings] of byText) {
    const without = withoutAccents(text);
    if (!byText.has(without)) gather(plain, without, meanings);
  }
  const termLines = [...byText, ...plain].map(([text, meanings]) => [text, ...meanings.map(cellOf)]);
  const partLines = parts.map(({ text, share, meanings }) => [
    text,
    String(Number(share.toPrecision(4))),
    ...meanings.map(cellOf),
  ]);
  return { terms: linesOf(termLines), parts: linesOf(partLines), spelling: writeSpelling(spelling) };
}

function gather(byText: Map<string, Meaning[]>, text: string, meanings: readonly Meaning[]): void {
  byText.set(text, [...(byText.get(text) ?? []), ...meanings]);
}

/** The least that three digits say. */
const LEAST_WEIGHT = 0.001;

/** `0.25 sport trousers`; `1 ` means nothing. */
function cellOf({ weight, english }: Meaning): string {
  return `${Math.max(LEAST_WEIGHT, Number(weight.toFixed(3)))} ${english.join(' ')}`;
}

function linesOf(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.join('\t')}\n`).join('');
}

/**
 * Reads a lexicon: in one pass over each text, without a string for each of its cells.
 *
 * @param where the files that the texts are from
 * @throws P2iError ARTEFACT_INVALID, naming the file and the line
 */
export function readLexicon({ terms, parts, spelling }: LexiconText, where: LexiconText): SharedLexicon {
  const meanings = new MeaningBuilder();
  const termTable = new StringTableBuilder();
  let longestTerm = 0;
  for (const lines = new LineReader(terms, where.terms); lines.next();) {
    lines.nextCell();
    longestTerm = Math.max(longestTerm, lines.end - lines.start);
    addNew(termTable, lines);
    meanings.read(lines);
  }
  const partTable = new StringTableBuilder();
  const costs: number[] = [];
  let longestPart = 0;
  for (const lines = new LineReader(parts, where.parts); lines.next();) {
    lines.nextCell();
    longestPart = Math.max(longestPart, lines.end - lines.start);
    addNew(partTable, lines);
    lines.nextCell();
    costs.push(-Math.log(lines.share(lines.start, lines.end)));
    meanings.read(lines);
  }
  const partCost = sharedFloat32(costs.length);
  partCost.set(costs);
  return {
    terms: termTable.data(),
    parts: partTable.data(),
    partCost,
    ...meanings.data(),
    spelling: readSpelling(spelling, where.spelling),
    longestTerm,
    longestPart,
  };
}

/** Adds the cell in hand, which no line before may have had. */
function addNew(table: StringTableBuilder, lines: LineReader): void {
  const before = table.count;
  if (table.add(lines.text, lines.start, lines.end) < before) throw lines.invalid('stands there twice');
}

/** A lexicon that was just learned, as another process would read it. */
export function layOutLexicon(content: LexiconContent): SharedLexicon {
  return readLexicon(writeLexicon(content), { terms: 'terms', parts: 'parts', spelling: 'spelling' });
}

const SPACE = ' '.charCodeAt(0);

/** Gathers the meanings of terms and parts, in their order. */
class MeaningBuilder {
  readonly #english = new StringTableBuilder();
  #first = new Int32Array(1 << 12);
  #entries = 0;
  #weight = new Float32Array(1 << 12);
  #firstWord = new Int32Array(1 << 12);
  #meanings = 0;
  #words = new Int32Array(1 << 12);
  #wordCount = 0;

  /** Reads the cells that are left of a line: the meanings of the next entry. */
  read(lines: LineReader): void {
    const before = this.#meanings;
    while (lines.nextCell()) this.#readMeaning(lines);
    if (this.#meanings === before) throw lines.invalid('has no meaning');
    if (this.#entries + 2 > this.#first.length) this.#first = doubled(this.#first);
    this.#first[++this.#entries] = this.#meanings;
  }

  /** A weight, a space, and English words. */
  #readMeaning(lines: LineReader): void {
    const { text, start, end } = lines;
    let at = indexWithin(text, SPACE, start, end);
    if (at === end) throw lines.invalid(`${JSON.stringify(text.slice(start, end))} is no meaning`);
    const meaning = this.#meanings++;
    if (meaning + 2 > this.#weight.length) {
      this.#weight = doubled(this.#weight);
      this.#firstWord = doubled(this.#firstWord);
    }
    this.#weight[meaning] = lines.share(start, at);
    while (at < end) {
      const wordEnd = indexWithin(text, SPACE, at + 1, end);
      if (wordEnd > at + 1) this.#addWord(this.#english.add(text, at + 1, wordEnd));
      at = wordEnd;
    }
    this.#firstWord[meaning + 1] = this.#wordCount;
  }

  #addWord(word: number): void {
    if (this.#wordCount === this.#words.length) this.#words = doubled(this.#words);
    this.#words[this.#wordCount++] = word;
  }

  data(): Pick<SharedLexicon, 'first' | 'weight' | 'firstWord' | 'words' | 'english'> {
    const first = sharedInt32(this.#entries + 1);
    first.set(this.#first.subarray(0, first.length));
    const weight = sharedFloat32(this.#meanings);
    weight.set(this.#weight.subarray(0, weight.length));
    const firstWord = sharedInt32(this.#meanings + 1);
    firstWord.set(this.#firstWord.subarray(0, firstWord.length));
    const words = sharedInt32(this.#wordCount);
    words.set(this.#words.subarray(0, words.length));
    return { first, weight, firstWord, words, english: this.#english.data() };
  }
}
