import { setTimeout as sleep } from 'node:timers/promises';
import type { UpdateBatch } from '../results/update.ts';

/** Updates that are enough for one transaction. */
const ENOUGH = 20_000;
/** How long the next batch is waited for, ms. */
const WAIT_MS = 100;

/**
 * Batches that follow each other closely, together: a transaction writes a block once, however many of its Pins change.
 *
 * @param stop makes the source end where the caller ends before it does
 */
export async function* gather(
  batches: AsyncGenerator<UpdateBatch>,
  stop: () => void,
): AsyncGenerator<UpdateBatch[]> {
  try {
    let next = begun(batches.next());
    for (let first = await next; first.done !== true; first = await next) {
      const together = [first.value];
      next = begun(batches.next());
      for (let count = first.value.updates.length; count < ENOUGH;) {
        const result = await Promise.race([next, sleep(WAIT_MS)]);
        if (result === undefined || result.done === true) break;
        together.push(result.value);
        count += result.value.updates.length;
        next = begun(batches.next());
      }
      yield together;
    }
  } finally {
    stop();
    await batches.return(undefined);
  }
}

/** A promise whose failure is dealt with where it is awaited, later. */
function begun<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
