/**
 * What candidate generation knows of a (Pin, interest) pair: one row of numbers a candidate, in this order.
 * NaN: the question does not arise (no description, no board that the store knows); 0: it does, and the answer is none.
 */
export const EVIDENCE = [
  // Lexical expansion. A match is a similarity in (0, 1]: 1 is the name itself.
  'titleMatch',
  'descriptionMatch',
  'annotationMatch',
  'boardNameMatch',
  'annotationConfidence',
  'matchKind',
  'matchCoverage',
  'matchDistance',
  'matchSpan',
  'matchAmbiguity',
  'matchCount',
  // Co-occurrence on Pins: the interests of the Pins that share a word, a phrase, the whole title, an annotation…
  'wordShareMax',
  'wordTrustAtMax',
  'wordShareSum',
  'wordLiftSum',
  'wordSupport',
  'phraseShareMax',
  'phraseTrustAtMax',
  'phraseLiftSum',
  'titleShare',
  'titleTrust',
  'boardWordShareMax',
  'boardWordLiftSum',
  'annotationShareMax',
  'annotationLiftSum',
  // Co-occurrence on boards: the interests of the Pins that share a board.
  'boardShareMax',
  'boardLiftSum',
  'boardSupport',
  'narrowBoardShare',
  'narrowBoardTrust',
  'broadBoardShare',
  'broadBoardTrust',
  // All of it, weighed by hand: what the cap goes by.
  'prior',
] as const;

export type EvidenceName = (typeof EVIDENCE)[number];

/** Position of each kind of evidence in a row. */
export const EVIDENCE_INDEX = Object.fromEntries(EVIDENCE.map((name, i) => [name, i])) as Record<
  EvidenceName,
  number
>;

/** Length of a row. */
export const EVIDENCE_WIDTH = EVIDENCE.length;

/** How a candidate was found: bits of `CandidateBatch.sources`. */
export const SOURCE = {
  exact: 1 << 0,
  lemma: 1 << 1,
  reordered: 1 << 2,
  fuzzy: 1 << 3,
  partial: 1 << 4,
  cooccurrenceOnPins: 1 << 5,
  cooccurrenceOnBoards: 1 << 6,
  ancestor: 1 << 7,
  /** Precise enough to be learned from: an interest that an annotation of the Pin names. */
  stated: 1 << 8,
  /** Precise enough to be learned from, with less trust: an interest that the Pin's text names. */
  read: 1 << 9,
} as const;

export type Source = keyof typeof SOURCE;

/** The names of the bits that are set. */
export function sourceNames(bits: number): Source[] {
  return (Object.keys(SOURCE) as Source[]).filter((name) => bits & SOURCE[name]);
}
