import { EVIDENCE_INDEX, EVIDENCE_WIDTH, type EvidenceName } from '../../candidates/evidence.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

/** A row of an evidence group: name, unit, meaning. */
type EvidenceFeature = readonly [name: EvidenceName, unit: string, meaning: string];

/** A group whose features are numbers of the candidate's evidence, as they are. */
export function evidenceGroup(name: string, rows: readonly EvidenceFeature[]): FeatureGroup {
  return {
    name,
    features: rows.map(([feature, unit, meaning]) => ({ name: feature, unit, meaning, lanes: LANES })),
    fill(batch, _context, columns) {
      const { evidence } = batch;
      for (let j = 0; j < rows.length; j++) copyColumn(evidence, EVIDENCE_INDEX[rows[j][0]], columns[j]);
    },
  };
}

function copyColumn(evidence: Float32Array, from: number, column: Float32Array): void {
  for (let row = 0, at = from; row < column.length; row++, at += EVIDENCE_WIDTH) column[row] = evidence[at];
}
