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
      await sleep(FIRST_PAUSE_MS * 2 ** retry, undefined, signal && { signal }).catch(() => undefined);
      if (signal?.aborted) throw error;
    }
  }
}

/**
 * Does what needs brokers, registry and stores to be there, again until they are.
 *
 * @returns undefined where the signal came first
 * @throws P2iError that no retry mends
 */
export async function untilThere<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: P2iError) => void,
): Promise<T | undefined> {
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof P2iError) || !error.transient) throw error;
      onFailure(error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

const RETRIES = 5;
/** Pauses between tries double from the first to, where they go on for ever, the last. */
export const FIRST_PAUSE_MS = 100;
export const LAST_PAUSE_MS = 5000;
