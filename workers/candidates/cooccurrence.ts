import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH } from '../../shared/candidates/evidence.ts';
import type { BoardEntry, Entry, Generation } from '../../shared/cooccurrence/generation.ts';
import type { PinTerms } from '../../shared/cooccurrence/terms.ts';
import { GRAPH_DIMENSIONS, normalise } from '../../shared/embeddings/projection.ts';
import { PRIOR_WEIGHT, type Prior } from './prior.ts';

/** What the store knows of one Pin's terms and boards. */
export interface Neighbourhood {
  /** One a word, in the words' order. */
  words: (Entry | undefined)[];
  knownWords: Entry[];
  phrases: Entry[];
  title: Entry | undefined;
  boardWords: Entry[];
  annotations: Entry[];
  /** The rarest board first. */
  boards: BoardEntry[];
}

/** Looks a Pin's terms and boards up. */
export function neighbourhood(generation: Generation, terms: PinTerms): Neighbourhood {
  const words = terms.wordHashes.map((hash) => generation.term(hash));
  const boards = known(terms.boardHashes, (hash) => generation.board(hash));
  boards.sort((a, b) => a.pins - b.pins);
  const term = (hash: number): Entry | undefined => generation.term(hash);
  return {
    words,
    knownWords: words.filter((entry) => entry !== undefined),
    phrases: known(terms.phraseHashes, term),
    title: terms.titleHash === null ? undefined : generation.term(terms.titleHash),
    boardWords: known(terms.boardWordHashes, term),
    annotations: known(terms.annotationHashes, term),
    boards,
  };
}

function known<T>(hashes: readonly number[], look: (hash: number) => T | undefined): T[] {
  const entries: T[] = [];
  for (const hash of hashes) {
    const entry = look(hash);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Adds all that the neighbourhood says to the prior. */
export function addToPrior(near: Neighbourhood, prior: Prior): void {
  prior.addEntries(near.knownWords, PRIOR_WEIGHT.word);
  prior.addEntries(near.phrases, PRIOR_WEIGHT.phrase);
  if (near.title) prior.addEntries([near.title], PRIOR_WEIGHT.title);
  prior.addEntries(near.boardWords, PRIOR_WEIGHT.boardWord);
  prior.addEntries(near.annotations, PRIOR_WEIGHT.annotation);
  prior.addEntries(near.boards, PRIOR_WEIGHT.board);
}

/** Writes 0 where the Pin has terms of a kind that the store knows, into a row that is NaN everywhere. */
export function openColumns(near: Neighbourhood, row: Float32Array): void {
  const open = (...columns: number[]): void => {
    for (const column of columns) row[column] = 0;
  };
  if (near.knownWords.length > 0) {
    open(E.wordShareMax, E.wordTrustAtMax, E.wordShareSum, E.wordLiftSum, E.wordSupport);
  }
  if (near.phrases.length > 0) open(E.phraseShareMax, E.phraseTrustAtMax, E.phraseLiftSum);
  if (near.title) {
    open(E.titleShare);
    row[E.titleTrust] = Math.log1p(near.title.trust);
  }
  if (near.boardWords.length > 0) open(E.boardWordShareMax, E.boardWordLiftSum);
  if (near.annotations.length > 0) open(E.annotationShareMax, E.annotationLiftSum);
  if (near.boards.length > 0) {
    open(E.boardShareMax, E.boardLiftSum, E.boardSupport, E.narrowBoardShare);
    row[E.narrowBoardTrust] = Math.log1p(near.boards[0].trust);
  }
  if (near.boards.length > 1) {
    open(E.broadBoardShare);
    row[E.broadBoardTrust] = Math.log1p(near.boards[near.boards.length - 1].trust);
  }
}

/** Which columns a kind of term fills; -1: none. */
interface Columns {
  shareMax: number;
  trustAtMax: number;
  shareSum: number;
  liftSum: number;
  support: number;
}

const WORD: Columns = {
  shareMax: E.wordShareMax,
  trustAtMax: E.wordTrustAtMax,
  shareSum: E.wordShareSum,
  liftSum: E.wordLiftSum,
  support: E.wordSupport,
};
const PHRASE: Columns = {
  shareMax: E.phraseShareMax,
  trustAtMax: E.phraseTrustAtMax,
  shareSum: -1,
  liftSum: E.phraseLiftSum,
  support: -1,
};
const BOARD_WORD: Columns = {
  shareMax: E.boardWordShareMax,
  trustAtMax: -1,
  shareSum: -1,
  liftSum: E.boardWordLiftSum,
  support: -1,
};
const ANNOTATION: Columns = {
  shareMax: E.annotationShareMax,
  trustAtMax: -1,
  shareSum: -1,
  liftSum: E.annotationLiftSum,
  support: -1,
};
const BOARD: Columns = {
  shareMax: E.boardShareMax,
  trustAtMax: -1,
  shareSum: -1,
  liftSum: E.boardLiftSum,
  support: E.boardSupport,
};

/**
 * Fills the co-occurrence columns of the chosen candidates.
 * @param rowOf by dense index: the candidate's row from the start of `evidence`, or -1 where it was not chosen
 */
export function fillCooccurrence(near: Neighbourhood, rowOf: Int32Array, evidence: Float32Array): void {
  fill(near.knownWords, WORD, rowOf, evidence);
  fill(near.phrases, PHRASE, rowOf, evidence);
  fill(near.boardWords, BOARD_WORD, rowOf, evidence);
  fill(near.annotations, ANNOTATION, rowOf, evidence);
  fill(near.boards, BOARD, rowOf, evidence);
  if (near.title) fillShare(near.title, E.titleShare, rowOf, evidence);
  if (near.boards.length > 0) fillShare(near.boards[0], E.narrowBoardShare, rowOf, evidence);
  if (near.boards.length > 1) {
    fillShare(near.boards[near.boards.length - 1], E.broadBoardShare, rowOf, evidence);
  }
}

function fill(entries: readonly Entry[], to: Columns, rowOf: Int32Array, evidence: Float32Array): void {
  for (const { interests, share, logLift, idf, trust } of entries) {
    const logTrust = Math.log1p(trust);
    const support = 1 / entries.length;
    for (let i = 0; i < interests.length; i++) {
      const row = rowOf[interests[i]];
      if (row < 0) continue;
      const at = row * EVIDENCE_WIDTH;
      if (share[i] > evidence[at + to.shareMax]) {
        evidence[at + to.shareMax] = share[i];
        if (to.trustAtMax >= 0) evidence[at + to.trustAtMax] = logTrust;
      }
      evidence[at + to.liftSum] += logLift[i];
      if (to.shareSum >= 0) evidence[at + to.shareSum] += share[i] * idf;
      if (to.support >= 0) evidence[at + to.support] += support;
    }
  }
}

function fillShare(entry: Entry, column: number, rowOf: Int32Array, evidence: Float32Array): void {
  const { interests, share } = entry;
  for (let i = 0; i < interests.length; i++) {
    const row = rowOf[interests[i]];
    if (row >= 0) evidence[row * EVIDENCE_WIDTH + column] = share[i];
  }
}

/** The Pin's unit vector in the Pin–board graph: the mean of its boards'. Null where the store knows none of them. */
export function graphVector(boards: readonly BoardEntry[]): Float32Array | null {
  const vector = new Float32Array(GRAPH_DIMENSIONS);
  for (const board of boards) {
    for (let d = 0; d < GRAPH_DIMENSIONS; d++) vector[d] += board.vector[d];
  }
  return normalise(vector) ? vector : null;
}
