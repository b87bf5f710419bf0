import type { CandidateBatch, CandidatePin } from '../../candidates/batch.ts';

/**
 * Fills columns whose value is the same for all candidates of a Pin.
 *
 * @param values writes the Pin's value of each column
 */
export function fillPerPin(
  { pins, start }: CandidateBatch,
  columns: readonly Float32Array[],
  values: (pin: CandidatePin, into: Float32Array) => void,
): void {
  const of = new Float32Array(columns.length);
  for (let p = 0; p < pins.length; p++) {
    values(pins[p], of);
    for (let j = 0; j < of.length; j++) {
      const column = columns[j];
      for (let row = start[p]; row < start[p + 1]; row++) column[row] = of[j];
    }
  }
}
