import type { Stage } from '../../shared/stream/stage.ts';
import type { RankedBatch } from '../ranking/stage.ts';

/** Publishing has nothing to compute: what is published is decided where it is written (results.ts). */
export class PublishingStage implements Stage<RankedBatch, RankedBatch> {
  readonly name = 'publishing';

  process(batch: RankedBatch): RankedBatch {
    return batch;
  }
}
