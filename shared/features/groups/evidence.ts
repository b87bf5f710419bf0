import type { CandidateBatch } from '../../candidates/batch.ts';
import { EVIDENCE_INDEX, EVIDENCE_WIDTH, type EvidenceName } from '../../candidates/evidence.ts';
import { LANES, type Feature } from '../feature.ts';

/** A feature that is a number of the candidate's evidence, as it is. */
export function evidenceFeature(name: EvidenceName, unit: string, meaning: string): Feature {
  return { name, unit, meaning, lanes: LANES };
}

/** Copies the evidence of the features' names to their columns. */
export function copyEvidence(
  batch: CandidateBatch,
  features: readonly Feature[],
  columns: readonly Float32Array[],
): void {
  const rows = batch.interests.length;
  for (let j = 0; j < features.length; j++) {
    const at = EVIDENCE_INDEX[features[j].name as EvidenceName];
    const column = columns[j];
    for (let row = 0; row < rows; row++) column[row] = batch.evidence[row * EVIDENCE_WIDTH + at];
  }
}
