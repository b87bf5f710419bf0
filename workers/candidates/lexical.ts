import { doubled } from '../../shared/arrays/doubled.ts';
import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import { MAX_BOARDS } from '../../shared/cooccurrence/terms.ts';
import { TokenBuffer, type Tokens } from '../../shared/language/tokens.ts';
import { Matches, MATCH_KINDS, type LexicalIndex } from '../../shared/lexical/lexical-index.ts';
import type { WordOverlap } from '../../shared/lexical/word-overlap.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import type { Lattice } from '../../shared/translation/lattice.ts';
import type { Languages } from '../../shared/translation/languages.ts';
import { TextTranslator } from '../../shared/translation/text-translator.ts';

/** The most annotations that are matched: the rest of a longer list adds little and costs as much. */
const MAX_ANNOTATIONS = 128;

/** Evidence columns that lexical expansion fills: the first of a row. */
const WIDTH = E.matchCount + 1;

/** The kinds that an interest can be learned from: all that spell the whole name. */
const PRECISE = MATCH_KINDS.indexOf('reordered');

const KIND_SOURCE = MATCH_KINDS.map((kind) => SOURCE[kind]);

/** The numbers of a Pin's texts: names of boards and annotations follow. */
export const TITLE = 0;
export const DESCRIPTION = 1;
const FIRST_BOARD = 2;

/** Texts of a Pin that are read. */
const MAX_TEXTS = FIRST_BOARD + MAX_BOARDS + MAX_ANNOTATIONS;

/**
 * The words of one Pin's texts at a time, in English: as written, or in their likeliest translation. The tokens of a text are good until the
 * next is asked for.
 */
export class PinText {
  readonly #translator: TextTranslator;
  /** The texts as they are written: title, description, names of boards, annotations. */
  readonly #written: string[] = [];
  readonly #buffer = new TokenBuffer();
  readonly #tokens = { numbers: new Int32Array(0), from: 0, to: 0 };
  /** By text (title, description, names of boards, annotations): its first word, and behind its last. */
  readonly #from = new Int32Array(MAX_TEXTS);
  readonly #to = new Int32Array(MAX_TEXTS);
  /** By text: 1 where it needs nothing but lower case, so that its words are the same in all languages. */
  readonly #isPlain = new Uint8Array(MAX_TEXTS);
  /** By text: all its translations; undefined where it is English. */
  readonly #lattices: (Lattice | undefined)[] = [];
  boards = 0;
  annotations = 0;
  /** Words of the title and the description, as written. */
  length = 0;

  constructor(languages: Languages) {
    this.#translator = new TextTranslator(languages);
  }

  read(pin: Pin): void {
    this.#buffer.clear();
    this.boards = Math.min(pin.boards.length, MAX_BOARDS);
    this.annotations = Math.min(pin.annotations.length, MAX_ANNOTATIONS);
    this.#written.length = 0;
    this.#translator.texts.begin(pin.language);
    this.#take(pin.title);
    this.#take(pin.description);
    for (let b = 0; b < this.boards; b++) this.#take(pin.boards[b].name);
    for (let a = 0; a < this.annotations; a++) this.#take(pin.annotations[a].term);
    this.length = this.#read(TITLE) + this.#read(DESCRIPTION);
    for (let text = FIRST_BOARD; text < this.#written.length; text++) this.#read(text);
  }

  get title(): Tokens {
    return this.#text(TITLE);
  }

  get description(): Tokens {
    return this.#text(DESCRIPTION);
  }

  boardName(board: number): Tokens {
    return this.#text(this.boardText(board));
  }

  annotation(annotation: number): Tokens {
    return this.#text(this.annotationText(annotation));
  }

  /** The number of a text. */
  boardText(board: number): number {
    return FIRST_BOARD + board;
  }

  annotationText(annotation: number): number {
    return FIRST_BOARD + this.boards + annotation;
  }

  /** Writes the matches of a text to `matches`. */
  match(text: number, index: LexicalIndex, overlap: WordOverlap, matches: Matches): void {
    const lattice = this.#lattices[text];
    if (lattice === undefined) {
      index.match(this.#text(text), matches);
      return;
    }
    index.matchTranslations(lattice, matches);
    if (this.#isTerm(text)) overlap.match(lattice, matches);
  }

  /** A title or an annotation names things; a description and the name of a board only mention them. */
  #isTerm(text: number): boolean {
    return text === TITLE || text >= this.annotationText(0);
  }

  isEmpty(text: number): boolean {
    return this.#from[text] === this.#to[text];
  }

  /** Takes a text up, with its words where it is plain: others wait for the language that they are read in. */
  #take(text: string): void {
    const number = this.#written.push(text) - 1;
    this.#from[number] = this.#buffer.count;
    this.#isPlain[number] = this.#buffer.addPlain(text) ? 1 : 0;
    this.#to[number] = this.#buffer.count;
    this.#translator.texts.add(text, this.#isPlain[number] === 1 ? this.#text(number) : undefined);
  }

  /** Adds the words of a text in English, where it is not plain English. Returns how many words it has as written. */
  #read(text: number): number {
    const buffer = this.#buffer;
    const written = this.#written[text];
    const words = this.#isPlain[text] === 1 ? this.#text(text) : undefined;
    const from = buffer.count;
    const lattice = this.#translator.translate(text, written, buffer, words);
    this.#lattices[text] = lattice;
    if (lattice === undefined && words !== undefined) return words.to - words.from;
    this.#from[text] = from;
    this.#to[text] = lattice === undefined ? buffer.add(written) : buffer.count;
    return lattice?.length ?? this.#to[text] - from;
  }

  #text(text: number): Tokens {
    const tokens = this.#tokens;
    tokens.numbers = this.#buffer.numbers;
    tokens.from = this.#from[text];
    tokens.to = this.#to[text];
    return tokens;
  }

  /** The texts as they are written, by their numbers. */
  get written(): readonly string[] {
    return this.#written;
  }
}

/**
 * Lexical expansion of one Pin at a time: the matches of all its fields, gathered into a row of evidence an interest.
 */
export class LexicalEvidence {
  readonly #index: LexicalIndex;
  readonly #overlap: WordOverlap;
  readonly #matches = new Matches();
  /** By dense index: the interest's position in `interests`, or -1. */
  readonly #positionOf: Int32Array;
  /** Interests matched: the first `count`. */
  interests = new Int32Array(256);
  count = 0;
  #rows = new Float32Array(256 * WIDTH);
  #best = new Float32Array(256);
  #sources = new Uint16Array(256);
  /** A whole row of evidence for an interest without a match: 0 where the Pin has the field, NaN where not. */
  readonly template = new Float32Array(EVIDENCE_WIDTH).fill(NaN);

  constructor(index: LexicalIndex, overlap: WordOverlap, interests: number) {
    this.#index = index;
    this.#overlap = overlap;
    this.#positionOf = new Int32Array(interests).fill(-1);
  }

  match(text: PinText, pin: Pin): void {
    for (let a = 0; a < text.annotations; a++) {
      const { confidence } = pin.annotations[a];
      this.#field(text, text.annotationText(a), E.annotationMatch, confidence, SOURCE.stated);
    }
    this.#field(text, TITLE, E.titleMatch, 1, SOURCE.read);
    this.#field(text, DESCRIPTION, E.descriptionMatch, 1, SOURCE.read);
    for (let b = 0; b < text.boards; b++) this.#field(text, text.boardText(b), E.boardNameMatch, 1, 0);
  }

  /** Similarity, times confidence, of the i-th interest's best match. */
  best(i: number): number {
    return this.#best[i];
  }

  /** Copies the interest's evidence to the row that starts at `at`. Returns its source bits. */
  fill(interest: number, evidence: Float32Array, at: number): number {
    const position = this.#positionOf[interest];
    if (position < 0) return 0;
    for (let c = 0; c < WIDTH; c++) evidence[at + c] = this.#rows[position * WIDTH + c];
    return this.#sources[position];
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.#positionOf[this.interests[i]] = -1;
    this.count = 0;
    this.template.fill(NaN);
  }

  /**
   * @param field the number of the text
   * @param column where its matches go
   * @param confidence what a similarity is multiplied by
   * @param precise the source bit of a precise match; 0: none may be learned from this field
   */
  #field(text: PinText, field: number, column: number, confidence: number, precise: number): void {
    if (text.isEmpty(field)) return;
    this.#open(column);
    const isAnnotation = column === E.annotationMatch;
    const matches = this.#matches;
    text.match(field, this.#index, this.#overlap, matches);
    for (let m = 0; m < matches.count; m++) {
      const position = this.#position(matches.interest[m]);
      const span = matches.length[m] / matches.words;
      // An annotation is one term: what names only a part of it is so much less meant.
      const whole = isAnnotation ? span : 1;
      const similarity = matches.similarity[m] * confidence * whole;
      const kind = matches.kind[m];
      const row = position * WIDTH;
      const rows = this.#rows;
      rows[row + E.matchCount]++;
      if (!(rows[row + column] >= similarity)) rows[row + column] = similarity;
      this.#sources[position] |= KIND_SOURCE[kind];
      if (kind <= PRECISE && (whole === 1 || precise !== SOURCE.stated)) this.#sources[position] |= precise;
      if (similarity <= this.#best[position]) continue;
      this.#best[position] = similarity;
      rows[row + E.matchKind] = kind;
      rows[row + E.matchCoverage] = matches.coverage[m];
      rows[row + E.matchDistance] = matches.distance[m];
      rows[row + E.matchSpan] = span;
      rows[row + E.matchAmbiguity] = matches.ambiguity[m];
      if (isAnnotation) rows[row + E.annotationConfidence] = confidence;
    }
  }

  /** The Pin has this field: no match in it is 0 from now on. */
  #open(column: number): void {
    if (this.template[column] === 0) return;
    this.template[column] = 0;
    for (let i = 0; i < this.count; i++) this.#rows[i * WIDTH + column] = 0;
  }

  #position(interest: number): number {
    let position = this.#positionOf[interest];
    if (position >= 0) return position;
    position = this.count++;
    if (position === this.interests.length) this.#grow();
    this.#positionOf[interest] = position;
    this.interests[position] = interest;
    this.#best[position] = 0;
    this.#sources[position] = 0;
    for (let c = 0; c < WIDTH; c++) this.#rows[position * WIDTH + c] = this.template[c];
    this.#rows[position * WIDTH + E.matchCount] = 0;
    return position;
  }

  #grow(): void {
    this.interests = doubled(this.interests);
    this.#rows = doubled(this.#rows);
    this.#best = doubled(this.#best);
    this.#sources = doubled(this.#sources);
  }
}
