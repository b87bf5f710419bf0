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
      const candidates = batch.interests.length;
      rows.forEach(([feature], j) => {
        const at = EVIDENCE_INDEX[feature];
        const column = columns[j];
        for (let row = 0; row < candidates; row++) column[row] = batch.evidence[row * EVIDENCE_WIDTH + at];
      });
    },
  };
}
