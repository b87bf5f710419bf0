import { doubled } from '../../shared/arrays/doubled.ts';
import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import { MAX_BOARDS } from '../../shared/cooccurrence/terms.ts';
import { analyseText, type Analysis } from '../../shared/language/analyse.ts';
import { Matches, MATCH_KINDS, type LexicalIndex } from '../../shared/lexical/lexical-index.ts';
import type { Pin } from '../../shared/pins/pin.ts';

/** The most annotations that are matched: the rest of a longer list adds little and costs as much. */
const MAX_ANNOTATIONS = 128;

/** Evidence columns that lexical expansion fills: the first of a row. */
const WIDTH = E.matchCount + 1;

/** The kinds that an interest can be learned from: all that spell the whole name. */
const PRECISE = MATCH_KINDS.indexOf('reordered');

const KIND_SOURCE = MATCH_KINDS.map((kind) => SOURCE[kind]);

/** A Pin's texts, analysed. */
export interface PinFields {
  title: Analysis;
  description: Analysis;
  boardNames: Analysis[];
  annotations: Analysis[];
}

export function analysePin(pin: Pin): PinFields {
  return {
    title: analyseText(pin.title),
    description: analyseText(pin.description),
    boardNames: pin.boards.slice(0, MAX_BOARDS).map((board) => analyseText(board.name)),
    annotations: pin.annotations.slice(0, MAX_ANNOTATIONS).map((annotation) => analyseText(annotation.term)),
  };
}

/** Which field a match is from, and what it counts there. */
interface Field {
  column: number;
  /** What a similarity is multiplied by. */
  confidence: number;
  /** The source bit of a precise match; 0: none may be learned from this field. */
  precise: number;
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

  match(fields: PinFields, pin: Pin): void {
    fields.annotations.forEach((annotation, a) => {
      const { confidence } = pin.annotations[a];
      this.#field(annotation, { column: E.annotationMatch, confidence, precise: SOURCE.stated });
    });
    this.#field(fields.title, { column: E.titleMatch, confidence: 1, precise: SOURCE.read });
    this.#field(fields.description, { column: E.descriptionMatch, confidence: 1, precise: SOURCE.read });
    for (const name of fields.boardNames) {
      this.#field(name, { column: E.boardNameMatch, confidence: 1, precise: 0 });
    }
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

  #field(text: Analysis, field: Field): void {
    if (text.words.length === 0) return;
    this.#open(field.column);
    const matches = this.#matches;
    this.#index.match(text, matches);
    for (let m = 0; m < matches.count; m++) {
      const position = this.#position(matches.interest[m]);
      const span = matches.length[m] / matches.words;
      // An annotation is one term: what names only a part of it is so much less meant.
      const whole = field.column === E.annotationMatch ? span : 1;
      const similarity = matches.similarity[m] * field.confidence * whole;
      const kind = matches.kind[m];
      const row = position * WIDTH;
      this.#rows[row + E.matchCount]++;
      if (!(this.#rows[row + field.column] >= similarity)) this.#rows[row + field.column] = similarity;
      this.#sources[position] |= KIND_SOURCE[kind];
      if (kind <= PRECISE && (whole === 1 || field.precise !== SOURCE.stated)) {
        this.#sources[position] |= field.precise;
      }
      if (similarity <= this.#best[position]) continue;
      this.#best[position] = similarity;
      this.#rows[row + E.matchKind] = kind;
      this.#rows[row + E.matchCoverage] = matches.coverage[m];
      this.#rows[row + E.matchDistance] = matches.distance[m];
      this.#rows[row + E.matchSpan] = span;
      this.#rows[row + E.matchAmbiguity] = matches.ambiguity[m];
      if (field.column === E.annotationMatch) this.#rows[row + E.annotationConfidence] = field.confidence;
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
    this.#rows.set(this.template.subarray(0, WIDTH), position * WIDTH);
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
