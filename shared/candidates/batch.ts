import type { Engagement } from '../pins/pin.ts';

/** A Pin as the later stages need it: resolved terms in place of its text. */
export interface CandidatePin {
  id: string;
  version: number;
  /** It has no candidates then. */
  deleted: boolean;
  createdAt: number;
  language: string | null;
  kind: string | null;
  country: string | null;
  engagement: Engagement;
  /** Distinct words of its text, as analysed. */
  words: string[];
  /** Inverse document frequency of each word in the corpus; NaN where the store does not know it. */
  wordIdf: Float32Array;
  /** Counts behind the context features. */
  textLength: number;
  annotationCount: number;
  /** Distinct hashes of all its terms and boards: the keys of the co-occurrence store. */
  terms: Float64Array;
  boards: Float64Array;
  /** Boards that the store knows. */
  knownBoards: number;
  /** Unit vector in the Pin–board graph, or projected from the Pin's own embedding; null where it has neither. */
  vector: Float32Array | null;
  /** Candidates that the cap cut. */
  cut: number;
}

/** A Pin of whose content nothing is known. */
export function blankPin(
  pin: Pick<
    CandidatePin,
    'id' | 'version' | 'deleted' | 'createdAt' | 'language' | 'kind' | 'country' | 'engagement'
  >,
): CandidatePin {
  return {
    ...pin,
    words: [],
    wordIdf: new Float32Array(0),
    textLength: 0,
    annotationCount: 0,
    terms: new Float64Array(0),
    boards: new Float64Array(0),
    knownBoards: 0,
    vector: null,
    cut: 0,
  };
}

/** Output of candidate generation. Candidates of Pin p are the rows `start[p] .. start[p + 1] - 1`, best prior first. */
export interface CandidateBatch {
  /** Taxonomy version that the dense indexes belong to. */
  taxonomy: string;
  pins: CandidatePin[];
  /** pins.length + 1 */
  start: Int32Array;
  /** Dense index of each candidate's interest. */
  interests: Int32Array;
  /** Bits of SOURCE. */
  sources: Uint16Array;
  /** Rows of EVIDENCE_WIDTH, one a candidate. */
  evidence: Float32Array;
}
