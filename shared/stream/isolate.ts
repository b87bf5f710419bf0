import { isTransient, withRetries } from './retry.ts';

/** How to divide a batch: the part of a BatchTopic that bisection needs. */
export interface Divisible<Batch> {
  size(batch: Batch): number;
  split(batch: Batch): readonly [Batch, Batch];
}

/**
 * Works on a batch; where that throws a permanent error, on its halves, and so on down to the single Pins that fail by
 * themselves: k bad Pins of n cost about 2 k log2(n) calls. `failed` gets each of those at once. Transient errors are
 * retried, then thrown on.
 *
 * @returns the results of the parts that went well, in the order of their Pins
 */
export async function isolate<Batch, Result>(
  batch: Batch,
  by: Divisible<Batch>,
  work: (batch: Batch) => Result,
  failed: (single: Batch, error: unknown) => void,
  signal: AbortSignal | undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  const pending = [batch];
  while (pending.length > 0) {
    const part = pending.pop() as Batch;
    try {
      results.push(await withRetries(() => work(part), signal));
    } catch (error) {
      if (isTransient(error)) throw error;
      if (by.size(part) < 2) failed(part, error);
      else {
        const [left, right] = by.split(part);
        pending.push(right, left);
      }
    }
  }
  return results;
}
