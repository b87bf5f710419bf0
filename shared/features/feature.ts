import type { CandidateBatch } from '../candidates/batch.ts';
import type { Generation } from '../cooccurrence/generation.ts';
import type { TextVectors } from '../embeddings/text.ts';
import type { TaxonomyTree } from '../taxonomy/taxonomy.ts';
import type { InterestNames } from './interest-names.ts';

/** `batch`: the whole corpus, every day. `instant`: new Pins, with what exists at their creation. */
export type Lane = 'batch' | 'instant';

export const LANES = ['batch', 'instant'] as const satisfies readonly Lane[];

/** One column of the matrix that training and serving share. Missing is always NaN. */
export interface Feature {
  name: string;
  /** One line. */
  meaning: string;
  unit: string;
  /** In which lanes it can exist; in the others it is NaN. */
  lanes: readonly Lane[];
  /** Codes without an order, for LightGBM's categorical splits. */
  categorical?: true;
}

/** What features are computed from. */
export interface FeatureContext {
  taxonomy: TaxonomyTree;
  generation: Generation;
  textVectors: TextVectors;
  names: InterestNames;
}

/**
 * A group of features: its rows of the table and the code that fills them. `columns[j]` is the column of the group's
 * j-th feature, one value a candidate: every one is written, NaN where it is missing. None is read.
 */
export interface FeatureGroup {
  name: string;
  features: readonly Feature[];
  fill(batch: CandidateBatch, context: FeatureContext, columns: readonly Float32Array[]): void;
}
