import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { FeatureContext, Lane } from '../../shared/features/feature.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import { computeFeatures, FEATURES } from '../../shared/features/table.ts';
import type { Stage } from '../../shared/stream/stage.ts';

/** Feature extraction: the one table of shared/features/table.ts over every candidate. */
export class FeatureStage implements Stage<CandidateBatch, FeatureBatch> {
  readonly name = 'features';
  readonly #context: FeatureContext;
  readonly #lane: Lane;

  /** Where the features of a batch go; undefined where each batch has memory of its own. */
  #memory: Float32Array | undefined;

  /**
   * @param passing each batch is done with before the next is asked for: all then go into the same memory. Megabytes a
   *   batch outside V8's heap cost a full garbage collection every few thousand Pins.
   */
  constructor(context: FeatureContext, lane: Lane, passing = false) {
    this.#context = context;
    this.#lane = lane;
    this.#memory = passing ? new Float32Array(0) : undefined;
  }

  process(batch: CandidateBatch): FeatureBatch {
    return {
      taxonomy: batch.taxonomy,
      lane: this.#lane,
      pins: batch.pins.map(({ id, version, deleted }) => ({ id, version, deleted })),
      start: batch.start,
      interests: batch.interests,
      features: computeFeatures(batch, this.#lane, this.#context, this.#memoryFor(batch)),
    };
  }

  #memoryFor({ interests }: CandidateBatch): Float32Array | undefined {
    const length = FEATURES.length * interests.length;
    if (this.#memory !== undefined && this.#memory.length < length)
      this.#memory = new Float32Array(Math.ceil(1.5 * length));
    return this.#memory;
  }
}
