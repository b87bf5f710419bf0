import { setTimeout as sleep } from 'node:timers/promises';
import { untilThere } from '../shared/stream/retry.ts';

/**
 * What a step brings, again and again until `isDone` or the signal. A step that fails for a moment is done again.
 *
 * @param step brings null where there was nothing to do
 * @throws P2iError of the step that no retry mends
 */
export async function* steps<T>(
  step: () => Promise<T | null>,
  signal: AbortSignal | undefined,
  isDone: () => boolean,
): AsyncGenerator<T> {
  const stopped = signal ?? new AbortController().signal;
  while (!stopped.aborted && !isDone()) {
    const brought = await untilThere(step, stopped, () => undefined);
    if (brought === undefined) return;
    if (brought !== null) yield brought;
    // The embedded log answers at once, also where there is nothing.
    else if (!isDone()) await sleep(IDLE_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/** Between two steps of which the first found nothing to do, ms. */
const IDLE_MS = 100;
