import { isTransient, withRetries } from './retry.ts';

/** How to divide a batch: the part of a BatchTopic that bisection needs. */
export interface Divisible<Batch> {
  size(batch: Batch): number;
  split(batch: Batch): readonly [Batch, Batch];
}

export interface Isolated<Batch, Result> {
  /** Of the parts that went well, in the order of their Pins. */
  results: Result[];
  /** Batches of one Pin that failed, with what `failed` made of the error. */
  failures: { batch: Batch; error: unknown }[];
}

/**
 * Works on a batch; where that throws a permanent error, on its halves, and so on down to the single Pins that fail by
 * themselves: k bad Pins of n cost about 2 k log2(n) calls. Transient errors are retried, then thrown on.
 */
export async function isolate<Batch, Result>(
  batch: Batch,
  by: Divisible<Batch>,
  work: (batch: Batch) => Result,
  signal: AbortSignal | undefined,
): Promise<Isolated<Batch, Result>> {
  const isolated: Isolated<Batch, Result> = { results: [], failures: [] };
  const pending = [batch];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    const attempted = part;
    try {
      isolated.results.push(await withRetries(() => work(attempted), signal));
    } catch (error) {
      if (isTransient(error) || signal?.aborted) throw error;
      if (by.size(part) < 2) isolated.failures.push({ batch: part, error });
      else {
        const [left, right] = by.split(part);
        pending.push(right, left);
      }
    }
  }
  return isolated;
}
