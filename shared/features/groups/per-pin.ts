import type { CandidateBatch, CandidatePin } from '../../candidates/batch.ts';

/** Fills columns whose value is the same for all candidates of a Pin. */
export function fillPerPin(
  batch: CandidateBatch,
  columns: readonly Float32Array[],
  values: (pin: CandidatePin) => readonly number[],
): void {
  for (let p = 0; p < batch.pins.length; p++) {
    const of = values(batch.pins[p]);
    for (let j = 0; j < columns.length; j++) columns[j].fill(of[j], batch.start[p], batch.start[p + 1]);
  }
}
