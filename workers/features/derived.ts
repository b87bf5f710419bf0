import { blankPin, type CandidateBatch, type CandidatePin } from '../../shared/candidates/batch.ts';
import { EVIDENCE_INDEX, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { FeatureContext } from '../../shared/features/feature.ts';
import { context } from '../../shared/features/groups/context.ts';
import { taxonomyGroup } from '../../shared/features/groups/taxonomy.ts';
import { FEATURE_NAMES } from '../../shared/features/table.ts';
import { NO_ENGAGEMENT } from '../../shared/pins/pin.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';

/** The groups that have features of nothing but the taxonomy, the interests and their prior. */
const GROUPS = [taxonomyGroup, context];

/** The feature that the others are derived from. */
export const PRIOR = FEATURE_NAMES.indexOf('prior');

/** Features that `deriveFeatures` computes. */
export const DERIVED: readonly number[] = GROUPS.flatMap(({ features }) =>
  features.map(({ name }) => FEATURE_NAMES.indexOf(name)),
).filter((feature) => feature !== PRIOR);

/**
 * Computes features again by the code that computed them first, of the taxonomy, the interests and their prior alone.
 * Those that are of something else besides come out wrong: the writer compares.
 *
 * @param prior of each candidate
 * @param into by feature, the column that it goes to; those that are not wanted have none
 */
export function deriveFeatures(
  { start, interests }: Pick<FeatureBatch, 'start' | 'interests'>,
  taxonomy: TaxonomyTree,
  prior: Float32Array,
  into: ReadonlyMap<number, Float32Array>,
): void {
  const rows = interests.length;
  if (rows * EVIDENCE_WIDTH > evidence.length) evidence = new Float32Array(rows * EVIDENCE_WIDTH);
  for (let row = 0, at = EVIDENCE_INDEX.prior; row < rows; row++, at += EVIDENCE_WIDTH)
    evidence[at] = prior[row];
  const batch: CandidateBatch = {
    taxonomy: taxonomy.version,
    pins: new Array<CandidatePin>(start.length - 1).fill(NOBODY),
    start,
    interests,
    sources: ancestors(start, interests, taxonomy),
    evidence,
  };
  for (const column of into.values()) column.fill(NaN);
  const unwanted = new Float32Array(rows);
  for (const group of GROUPS) {
    const columns = group.features.map(({ name }) => into.get(FEATURE_NAMES.indexOf(name)) ?? unwanted);
    // They read no more of it.
    group.fill(batch, { taxonomy } as unknown as FeatureContext, columns);
  }
}

/** Sources as they are after candidate generation, of which only what is an ancestor of another candidate is known. */
function ancestors(start: Int32Array, interests: Int32Array, taxonomy: TaxonomyTree): Uint16Array {
  const sources = new Uint16Array(interests.length);
  const rowOf = new Int32Array(taxonomy.size).fill(-1);
  for (let p = 0; p + 1 < start.length; p++) {
    for (let row = start[p]; row < start[p + 1]; row++) rowOf[interests[row]] = row;
    for (let row = start[p]; row < start[p + 1]; row++) {
      for (let a = taxonomy.parent[interests[row]]; a >= 0; a = taxonomy.parent[a]) {
        if (rowOf[a] >= 0) sources[rowOf[a]] = SOURCE.ancestor;
      }
    }
    for (let row = start[p]; row < start[p + 1]; row++) rowOf[interests[row]] = -1;
  }
  return sources;
}

/** Of a candidate only the prior is written, and read; grows to the largest batch. */
let evidence = new Float32Array(0);

/** A Pin of which nothing is known. */
const NOBODY = blankPin({
  ...{ id: '', version: 0, deleted: false, createdAt: 0, language: null, kind: null, country: null },
  engagement: NO_ENGAGEMENT,
});
