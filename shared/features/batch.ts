import type { Lane } from './feature.ts';

/** Output of feature extraction. Rows are candidates, as in CandidateBatch. */
export interface FeatureBatch {
  taxonomy: string;
  lane: Lane;
  pins: { id: string; version: number; deleted: boolean }[];
  /** pins.length + 1 */
  start: Int32Array;
  /** Dense index of each candidate's interest. */
  interests: Int32Array;
  /** FEATURES.length × rows, column-major. */
  features: Float32Array;
}
