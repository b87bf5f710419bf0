import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../errors/errors.ts';

/** True where trying the same again can help. */
export function isTransient(error: unknown): boolean {
  return error instanceof P2iError && error.transient;
}

/**
 * Runs the operation; after a transient error again, up to 5 times, after 0.1, 0.2, 0.4… seconds. A permanent error, and
 * the last transient one, is thrown on; an abort while it waits throws the signal's reason.
 */
export async function withRetries<T>(operation: () => T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await operation();
    } catch (error) {
      if (retry === RETRIES || !isTransient(error)) throw error;
    }
    signal?.throwIfAborted();
    await sleep(FIRST_DELAY_MS * 2 ** retry, undefined, signal && { signal });
  }
}

const RETRIES = 5;
const FIRST_DELAY_MS = 100;
