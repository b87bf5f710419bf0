import { EVIDENCE_INDEX, EVIDENCE_WIDTH, type EvidenceName } from '../../candidates/evidence.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

/** A row of an evidence group: name, unit, meaning. */
type EvidenceFeature = readonly [name: EvidenceName, unit: string, meaning: string];

/** Candidates whose evidence is gone through column by column while it is in the first-level cache. */
const BLOCK_ROWS = 64;

/** A group whose features are numbers of the candidate's evidence, as they are. */
export function evidenceGroup(name: string, rows: readonly EvidenceFeature[]): FeatureGroup {
  const places = Int32Array.from(rows, ([feature]) => EVIDENCE_INDEX[feature]);
  return {
    name,
    features: rows.map(([feature, unit, meaning]) => ({ name: feature, unit, meaning, lanes: LANES })),
    fill({ interests, evidence }, _context, columns) {
      for (let from = 0; from < interests.length; from += BLOCK_ROWS) {
        const to = Math.min(from + BLOCK_ROWS, interests.length);
        for (let j = 0; j < places.length; j++) copy(evidence, places[j], columns[j], from, to);
      }
    },
  };
}

function copy(evidence: Float32Array, place: number, column: Float32Array, from: number, to: number): void {
  for (let row = from, at = from * EVIDENCE_WIDTH + place; row < to; row++, at += EVIDENCE_WIDTH)
    column[row] = evidence[at];
}
