import { isTransient } from './retry.ts';
import type { Progress } from './pump.ts';

/** The part of a Pump that running it needs, whatever goes through it. */
export interface Runnable {
  step(signal?: AbortSignal): Promise<boolean>;
  progress(): Promise<Progress>;
}

/**
 * Runs pumps by turns, a poll each, until a whole round finds every input at its end: stages that feed each other may
 * run together. One pump alone runs its stage to completion.
 *
 * @param signal ends the run after the batch in hand, with nothing lost
 * @param onProgress is told after each poll
 * @returns true where everything was read, false where the signal ended it
 */
export async function runToEnd(
  pumps: readonly Runnable[],
  options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<boolean> {
  const { signal, onProgress } = options;
  for (let busy = true; busy;) {
    busy = false;
    for (const pump of pumps) {
      if (signal?.aborted) return false;
      try {
        if (!(await pump.step(signal))) continue;
      } catch (error) {
        // A retry was waiting: the batch in hand is given up, and read again by the next run.
        if (signal?.aborted && isTransient(error)) return false;
        throw error;
      }
      busy = true;
      onProgress?.(await pump.progress());
    }
  }
  return true;
}
