import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { Stage } from '../../shared/stream/stage.ts';

/** The co-occurrence pool has nothing to compute of a batch alone: its sink gathers what batches say. */
export class CooccurrenceStage implements Stage<CandidateBatch, CandidateBatch> {
  readonly name = 'cooccurrence';

  process(batch: CandidateBatch): CandidateBatch {
    return batch;
  }
}
