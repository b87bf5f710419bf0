import type { CandidateBatch } from '../candidates/batch.ts';
import type { Feature, FeatureContext, FeatureGroup, Lane } from './feature.ts';
import { context } from './groups/context.ts';
import { cooccurrenceBoards } from './groups/cooccurrence-boards.ts';
import { cooccurrencePins } from './groups/cooccurrence-pins.ts';
import { engagement } from './groups/engagement.ts';
import { lexical } from './groups/lexical.ts';
import { pinEmbedding } from './groups/pin-embedding.ts';
import { taxonomyGroup } from './groups/taxonomy.ts';
import { textEmbedding } from './groups/text-embedding.ts';
import { tfidf } from './groups/tfidf.ts';

/** All groups, in the order of their columns. */
export const FEATURE_GROUPS: readonly FeatureGroup[] = [
  lexical,
  tfidf,
  cooccurrencePins,
  cooccurrenceBoards,
  textEmbedding,
  pinEmbedding,
  taxonomyGroup,
  engagement,
  context,
];

/** The one table of features: what training exports and serving computes, column by column. */
export const FEATURES: readonly (Feature & { group: string })[] = FEATURE_GROUPS.flatMap((group) =>
  group.features.map((feature) => ({ ...feature, group: group.name })),
);

/** Name of each column. */
export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name);

/** Grows with any change of a feature's name, order or meaning; a model serves only the version it was trained on. */
export const FEATURE_TABLE_VERSION = 1;

/**
 * Computes every feature of every candidate, column-major: feature f of candidate row r is at `f × rows + r`.
 * Features that do not exist in the lane are NaN.
 */
export function computeFeatures(
  batch: CandidateBatch,
  lane: Lane,
  featureContext: FeatureContext,
  memory?: Float32Array,
): Float32Array {
  const rows = batch.interests.length;
  const matrix = memory?.subarray(0, FEATURES.length * rows) ?? new Float32Array(FEATURES.length * rows);
  const columns = FEATURES.map((_, feature) => matrix.subarray(feature * rows, (feature + 1) * rows));
  let first = 0;
  for (const group of FEATURE_GROUPS) {
    group.fill(batch, featureContext, columns.slice(first, first + group.features.length));
    first += group.features.length;
  }
  FEATURES.forEach(({ lanes }, feature) => {
    if (!lanes.includes(lane)) columns[feature].fill(NaN);
  });
  return matrix;
}
