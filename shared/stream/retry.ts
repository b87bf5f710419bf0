import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../errors/errors.ts';

/** True where trying the same again can help. */
export function isTransient(error: unknown): boolean {
  return error instanceof P2iError && error.transient;
}

/**
 * Runs the operation; after a transient error again, up to 5 times, after 0.1, 0.2, 0.4… seconds. A permanent error is
 * thrown on at once, the transient one when the retries are used up or the signal aborts.
 */
export async function withRetries<T>(
  operation: () => T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await operation();
    } catch (error) {
      if (retry === RETRIES || !isTransient(error)) throw error;
      // An aborted sleep ends early; the check after it throws what was retried, not the abort.
      await sleep(FIRST_DELAY_MS * 2 ** retry, undefined, signal && { signal }).catch(() => undefined);
      if (signal?.aborted) throw error;
    }
  }
}

const RETRIES = 5;
const FIRST_DELAY_MS = 100;
