import type { CandidateBatch } from './batch.ts';
import { EVIDENCE_WIDTH } from './evidence.ts';

/** The Pins from `from` until `to` of a batch, with their candidates. */
export function sliceCandidates(batch: CandidateBatch, from: number, to: number): CandidateBatch {
  const [first, last] = [batch.start[from], batch.start[to]];
  return {
    taxonomy: batch.taxonomy,
    pins: batch.pins.slice(from, to),
    start: batch.start.subarray(from, to + 1).map((offset) => offset - first),
    interests: batch.interests.subarray(first, last),
    sources: batch.sources.subarray(first, last),
    evidence: batch.evidence.subarray(first * EVIDENCE_WIDTH, last * EVIDENCE_WIDTH),
  };
}
