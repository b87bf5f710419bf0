import { doubled } from '../../shared/arrays/doubled.ts';
import type { Slab } from '../../shared/arrays/slab.ts';
import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH } from '../../shared/candidates/evidence.ts';
import {
  ENTRY_HEADER,
  ENTRY_IDF,
  ENTRY_LOG_TRUST,
  ENTRY_PINS,
  ENTRY_SIZE,
} from '../../shared/cooccurrence/arena.ts';
import type { Generation } from '../../shared/cooccurrence/generation.ts';
import { MAX_WORDS, type Hashes, type PinTerms } from '../../shared/cooccurrence/terms.ts';
import { GRAPH_DIMENSIONS, normalise } from '../../shared/embeddings/projection.ts';
import { PRIOR_WEIGHT, type Prior } from './prior.ts';

/** Kinds of terms and boards, in the order that the prior adds them up. */
const WORD = 0;
const PHRASE = 1;
const TITLE = 2;
const BOARD_WORD = 3;
const ANNOTATION = 4;
const BOARD = 5;

const WEIGHTS = [
  PRIOR_WEIGHT.word,
  PRIOR_WEIGHT.phrase,
  PRIOR_WEIGHT.title,
  PRIOR_WEIGHT.boardWord,
  PRIOR_WEIGHT.annotation,
  PRIOR_WEIGHT.board,
];

/** What the store knows of the terms and boards of one Pin at a time. */
export class Neighbourhood {
  readonly #generation: Generation;
  /** Entries that the store has, kind by kind. */
  #entries = new Int32Array(512);
  #count = 0;
  /** Where each kind begins in them, and the end of the last. */
  readonly #start = new Int32Array(WEIGHTS.length + 1);
  /** Inverse document frequency of each word, in the words' order; NaN where the store does not know it. */
  readonly wordIdf = new Float32Array(MAX_WORDS);
  /** What `#find` found. One place more than there may be. */
  #places = new Int32Array(256);
  #ats = new Int32Array(256);

  constructor(generation: Generation) {
    this.#generation = generation;
  }

  /** Looks a Pin's terms and boards up. */
  look(terms: PinTerms): void {
    const generation = this.#generation;
    generation.forget();
    this.#count = 0;
    const { values, count } = terms.words;
    for (let i = 0; i < count; i++) {
      const entry = generation.term(values[i]);
      this.#push(entry);
      this.wordIdf[i] = entry === 0 ? NaN : this.#idf(entry);
    }
    this.#lookTerms(PHRASE, terms.phrases);
    this.#lookTerms(TITLE, terms.title);
    this.#lookTerms(BOARD_WORD, terms.boardWords);
    this.#lookTerms(ANNOTATION, terms.annotations);
    this.#start[BOARD] = this.#count;
    for (let i = 0; i < terms.boards.count; i++) this.#push(generation.board(terms.boards.values[i]));
    this.#start[BOARD + 1] = this.#count;
    this.#sortBoards();
  }

  /** Boards that the store knows. */
  get boards(): number {
    return this.#size(BOARD);
  }

  /** Adds all that is known to the prior. */
  addTo(prior: Prior): void {
    for (let kind = WORD; kind <= BOARD; kind++) {
      for (let e = this.#start[kind]; e < this.#start[kind + 1]; e++)
        prior.addEntry(this.#generation.memory(this.#entries[e]), Math.abs(this.#entries[e]), WEIGHTS[kind]);
    }
  }

  /** Writes 0 where the Pin has terms of a kind that the store knows, into a row that is NaN everywhere. */
  open(row: Float32Array): void {
    for (const kind of [WORD, PHRASE, TITLE, BOARD_WORD, ANNOTATION, BOARD]) {
      if (this.#size(kind) > 0) for (const column of COLUMNS[kind]) row[column] = 0;
    }
    if (this.#size(TITLE) > 0) row[E.titleTrust] = this.#logTrust(this.#entries[this.#start[TITLE]]);
    if (this.boards > 0) row[E.narrowBoardTrust] = this.#logTrust(this.#narrowest);
    if (this.boards > 1) {
      row[E.broadBoardShare] = 0;
      row[E.broadBoardTrust] = this.#logTrust(this.#broadest);
    }
  }

  /**
   * Fills the co-occurrence columns of the chosen candidates.
   * @param rowOf by dense index: the candidate's row from the start of `evidence`, or -1 where it was not chosen
   * @param base where the first row begins
   */
  fill(rowOf: Int32Array, evidence: Float32Array, base: number): void {
    this.#fillWords(rowOf, evidence, base);
    this.#fillPhrases(rowOf, evidence, base);
    this.#fillTitle(rowOf, evidence, base);
    this.#fillSums(BOARD_WORD, BOARD_WORD_SUMS, rowOf, evidence, base);
    this.#fillSums(ANNOTATION, ANNOTATION_SUMS, rowOf, evidence, base);
    this.#fillBoards(rowOf, evidence, base);
  }

  /** The Pin's unit vector in the Pin–board graph: the mean of its boards'. Null where the store knows none of them. */
  graphVector(slab: Slab<Float32Array>): Float32Array | null {
    if (this.boards === 0) return null;
    const vector = slab.take(GRAPH_DIMENSIONS);
    for (let e = this.#start[BOARD]; e < this.#count; e++) {
      const entry = this.#entries[e];
      const { ints, floats } = this.#generation.memory(entry);
      const at = Math.abs(entry);
      const from = at + ENTRY_HEADER + 3 * ints[at + ENTRY_SIZE];
      for (let d = 0; d < GRAPH_DIMENSIONS; d++) vector[d] += floats[from + d];
    }
    return normalise(vector) ? vector : null;
  }

  #lookTerms(kind: number, { values, count }: Hashes): void {
    this.#start[kind] = this.#count;
    for (let i = 0; i < count; i++) this.#push(this.#generation.term(values[i]));
  }

  #size(kind: number): number {
    return this.#start[kind + 1] - this.#start[kind];
  }

  get #narrowest(): number {
    return this.#entries[this.#start[BOARD]];
  }

  get #broadest(): number {
    return this.#entries[this.#count - 1];
  }

  /** An entry that the store does not have is no entry. */
  #push(entry: number): void {
    if (entry === 0) return;
    if (this.#count === this.#entries.length) this.#entries = doubled(this.#entries);
    this.#entries[this.#count++] = entry;
  }

  #pins(entry: number): number {
    return this.#generation.memory(entry).ints[Math.abs(entry) + ENTRY_PINS] >>> 0;
  }

  #interests(entry: number): number {
    return this.#generation.memory(entry).ints[Math.abs(entry) + ENTRY_SIZE];
  }

  #idf(entry: number): number {
    return this.#generation.memory(entry).doubles[(Math.abs(entry) >> 1) + ENTRY_IDF];
  }

  #logTrust(entry: number): number {
    return this.#generation.memory(entry).doubles[(Math.abs(entry) >> 1) + ENTRY_LOG_TRUST];
  }

  /** The rarest board first; of equal ones in the Pin's order (insertion sort). */
  #sortBoards(): void {
    const entries = this.#entries;
    for (let i = this.#start[BOARD] + 1; i < this.#count; i++) {
      const entry = entries[i];
      const pins = this.#pins(entry);
      let j = i;
      for (; j > this.#start[BOARD] && this.#pins(entries[j - 1]) > pins; j--) entries[j] = entries[j - 1];
      entries[j] = entry;
    }
  }

  /**
   * Finds the interests of an entry that are candidates: their rows' places in the evidence, and their own in the entry.
   * Returns how many there are. Without a branch, which a processor would guess wrong for every third interest.
   */
  #find(entry: number, rowOf: Int32Array, base: number): number {
    const { ints } = this.#generation.memory(entry);
    const first = Math.abs(entry) + ENTRY_HEADER;
    const end = first + ints[first - ENTRY_HEADER + ENTRY_SIZE];
    while (end - first >= this.#places.length) {
      this.#places = doubled(this.#places);
      this.#ats = doubled(this.#ats);
    }
    const places = this.#places;
    const ats = this.#ats;
    let found = 0;
    for (let i = first; i < end; i++) {
      const row = rowOf[ints[i]];
      places[found] = i;
      ats[found] = base + row * EVIDENCE_WIDTH;
      found += 1 + (row >> 31);
    }
    return found;
  }

  /*
   * One loop for each set of columns: they are where the time goes, and what is the same for all of a kind is decided
   * outside.
   */

  #fillWords(rowOf: Int32Array, evidence: Float32Array, base: number): void {
    const support = 1 / this.#size(WORD);
    for (let e = this.#start[WORD]; e < this.#start[WORD + 1]; e++) {
      const entry = this.#entries[e];
      const found = this.#find(entry, rowOf, base);
      const places = this.#places;
      const ats = this.#ats;
      const { floats } = this.#generation.memory(entry);
      const size = this.#interests(entry);
      const idf = this.#idf(entry);
      const logTrust = this.#logTrust(entry);
      for (let f = 0; f < found; f++) {
        const at = ats[f];
        const share = floats[places[f] + size];
        if (share > evidence[at + E.wordShareMax]) {
          evidence[at + E.wordShareMax] = share;
          evidence[at + E.wordTrustAtMax] = logTrust;
        }
        evidence[at + E.wordLiftSum] += floats[places[f] + 2 * size];
        evidence[at + E.wordShareSum] += share * idf;
        evidence[at + E.wordSupport] += support;
      }
    }
  }

  #fillPhrases(rowOf: Int32Array, evidence: Float32Array, base: number): void {
    for (let e = this.#start[PHRASE]; e < this.#start[PHRASE + 1]; e++) {
      const entry = this.#entries[e];
      const found = this.#find(entry, rowOf, base);
      const places = this.#places;
      const ats = this.#ats;
      const { floats } = this.#generation.memory(entry);
      const size = this.#interests(entry);
      const logTrust = this.#logTrust(entry);
      for (let f = 0; f < found; f++) {
        const at = ats[f];
        const share = floats[places[f] + size];
        if (share > evidence[at + E.phraseShareMax]) {
          evidence[at + E.phraseShareMax] = share;
          evidence[at + E.phraseTrustAtMax] = logTrust;
        }
        evidence[at + E.phraseLiftSum] += floats[places[f] + 2 * size];
      }
    }
  }

  #fillSums(
    kind: number,
    columns: { shareMax: number; liftSum: number },
    rowOf: Int32Array,
    evidence: Float32Array,
    base: number,
  ): void {
    const { shareMax, liftSum } = columns;
    for (let e = this.#start[kind]; e < this.#start[kind + 1]; e++) {
      const entry = this.#entries[e];
      const found = this.#find(entry, rowOf, base);
      const places = this.#places;
      const ats = this.#ats;
      const { floats } = this.#generation.memory(entry);
      const size = this.#interests(entry);
      for (let f = 0; f < found; f++) {
        const at = ats[f];
        const share = floats[places[f] + size];
        if (share > evidence[at + shareMax]) evidence[at + shareMax] = share;
        evidence[at + liftSum] += floats[places[f] + 2 * size];
      }
    }
  }

  #fillBoards(rowOf: Int32Array, evidence: Float32Array, base: number): void {
    const support = 1 / this.boards;
    for (let e = this.#start[BOARD]; e < this.#count; e++) {
      const entry = this.#entries[e];
      const found = this.#find(entry, rowOf, base);
      const places = this.#places;
      const ats = this.#ats;
      const { floats } = this.#generation.memory(entry);
      const size = this.#interests(entry);
      for (let f = 0; f < found; f++) {
        const at = ats[f];
        const share = floats[places[f] + size];
        if (share > evidence[at + E.boardShareMax]) evidence[at + E.boardShareMax] = share;
        evidence[at + E.boardLiftSum] += floats[places[f] + 2 * size];
        evidence[at + E.boardSupport] += support;
        if (entry === this.#narrowest) evidence[at + E.narrowBoardShare] = share;
        if (entry === this.#broadest && this.boards > 1) evidence[at + E.broadBoardShare] = share;
      }
    }
  }

  #fillTitle(rowOf: Int32Array, evidence: Float32Array, base: number): void {
    if (this.#size(TITLE) === 0) return;
    const entry = this.#entries[this.#start[TITLE]];
    const found = this.#find(entry, rowOf, base);
    const places = this.#places;
    const ats = this.#ats;
    const { floats } = this.#generation.memory(entry);
    const size = this.#interests(entry);
    for (let f = 0; f < found; f++) evidence[ats[f] + E.titleShare] = floats[places[f] + size];
  }
}

/** Columns that are 0, and no longer NaN, where the Pin has terms of a kind that the store knows. */
const COLUMNS: Record<number, readonly number[]> = {
  [WORD]: [E.wordShareMax, E.wordTrustAtMax, E.wordShareSum, E.wordLiftSum, E.wordSupport],
  [PHRASE]: [E.phraseShareMax, E.phraseTrustAtMax, E.phraseLiftSum],
  [TITLE]: [E.titleShare],
  [BOARD_WORD]: [E.boardWordShareMax, E.boardWordLiftSum],
  [ANNOTATION]: [E.annotationShareMax, E.annotationLiftSum],
  [BOARD]: [E.boardShareMax, E.boardLiftSum, E.boardSupport, E.narrowBoardShare],
};

const BOARD_WORD_SUMS = { shareMax: E.boardWordShareMax, liftSum: E.boardWordLiftSum };
const ANNOTATION_SUMS = { shareMax: E.annotationShareMax, liftSum: E.annotationLiftSum };
