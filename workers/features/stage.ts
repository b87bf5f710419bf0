import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { FeatureContext, Lane } from '../../shared/features/feature.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import { computeFeatures } from '../../shared/features/table.ts';
import type { Stage } from '../../shared/stream/stage.ts';

/** Feature extraction: the one table of shared/features/table.ts over every candidate. */
export class FeatureStage implements Stage<CandidateBatch, FeatureBatch> {
  readonly name = 'features';
  readonly #context: FeatureContext;
  readonly #lane: Lane;

  constructor(context: FeatureContext, lane: Lane) {
    this.#context = context;
    this.#lane = lane;
  }

  process(batch: CandidateBatch): FeatureBatch {
    return {
      taxonomy: batch.taxonomy,
      lane: this.#lane,
      pins: batch.pins.map(({ id, version, deleted }) => ({ id, version, deleted })),
      start: batch.start,
      interests: batch.interests,
      features: computeFeatures(batch, this.#lane, this.#context),
    };
  }
}
