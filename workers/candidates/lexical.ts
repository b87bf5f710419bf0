import { doubled } from '../../shared/arrays/doubled.ts';
import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import { MAX_BOARDS } from '../../shared/cooccurrence/terms.ts';
import { TokenBuffer, type Tokens } from '../../shared/language/tokens.ts';
import { Matches, MATCH_KINDS, type LexicalIndex } from '../../shared/lexical/lexical-index.ts';
import type { Pin } from '../../shared/pins/pin.ts';

/** The most annotations that are matched: the rest of a longer list adds little and costs as much. */
const MAX_ANNOTATIONS = 128;

/** Evidence columns that lexical expansion fills: the first of a row. */
const WIDTH = E.matchCount + 1;

/** The kinds that an interest can be learned from: all that spell the whole name. */
const PRECISE = MATCH_KINDS.indexOf('reordered');

const KIND_SOURCE = MATCH_KINDS.map((kind) => SOURCE[kind]);

/** The words of one Pin's texts at a time. The tokens of a text are good until the next is asked for. */
export class PinText {
  readonly #buffer = new TokenBuffer();
  readonly #tokens = { numbers: new Int32Array(0), from: 0, to: 0 };
  /** Where each text ends: title, description, names of boards, annotations. */
  readonly #end = new Int32Array(2 + MAX_BOARDS + MAX_ANNOTATIONS);
  boards = 0;
  annotations = 0;

  read(pin: Pin): void {
    const buffer = this.#buffer;
    const end = this.#end;
    buffer.clear();
    end[0] = buffer.add(pin.title);
    end[1] = buffer.add(pin.description);
    this.boards = Math.min(pin.boards.length, MAX_BOARDS);
    for (let b = 0; b < this.boards; b++) end[2 + b] = buffer.add(pin.boards[b].name);
    this.annotations = Math.min(pin.annotations.length, MAX_ANNOTATIONS);
    const first = 2 + this.boards;
    for (let a = 0; a < this.annotations; a++) end[first + a] = buffer.add(pin.annotations[a].term);
  }

  /** Words of the title and the description. */
  get length(): number {
    return this.#end[1];
  }

  get title(): Tokens {
    return this.#text(0);
  }

  get description(): Tokens {
    return this.#text(1);
  }

  boardName(board: number): Tokens {
    return this.#text(2 + board);
  }

  annotation(annotation: number): Tokens {
    return this.#text(2 + this.boards + annotation);
  }

  #text(text: number): Tokens {
    const tokens = this.#tokens;
    tokens.numbers = this.#buffer.numbers;
    tokens.from = text === 0 ? 0 : this.#end[text - 1];
    tokens.to = this.#end[text];
    return tokens;
  }
}

/**
 * Lexical expansion of one Pin at a time: the matches of all its fields, gathered into a row of evidence an interest.
 */
export class LexicalEvidence {
  readonly #index: LexicalIndex;
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

  constructor(index: LexicalIndex, interests: number) {
    this.#index = index;
    this.#positionOf = new Int32Array(interests).fill(-1);
  }

  match(text: PinText, pin: Pin): void {
    for (let a = 0; a < text.annotations; a++) {
      this.#field(text.annotation(a), E.annotationMatch, pin.annotations[a].confidence, SOURCE.stated);
    }
    this.#field(text.title, E.titleMatch, 1, SOURCE.read);
    this.#field(text.description, E.descriptionMatch, 1, SOURCE.read);
    for (let b = 0; b < text.boards; b++) this.#field(text.boardName(b), E.boardNameMatch, 1, 0);
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
   * @param column which field the text is
   * @param confidence what a similarity is multiplied by
   * @param precise the source bit of a precise match; 0: none may be learned from this field
   */
  #field(text: Tokens, column: number, confidence: number, precise: number): void {
    if (text.from === text.to) return;
    this.#open(column);
    const isAnnotation = column === E.annotationMatch;
    const matches = this.#matches;
    this.#index.match(text, matches);
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
