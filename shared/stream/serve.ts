import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../errors/errors.ts';
import { FIRST_PAUSE_MS, LAST_PAUSE_MS } from './retry.ts';
import type { Runnable } from './run.ts';

/** What is known of a service that runs: whether it moves, and what keeps it from it. */
export interface ServiceState {
  /** When the last step ended, well or not, ms since 1970. */
  lastStep: number;
  /** Why the last step failed; undefined once one went well again. */
  failing: P2iError | undefined;
  /** How long it has waited in all to try again after a failure, s. */
  pausedSeconds: number;
}

/**
 * Runs a pump until the signal: whatever is transient (brokers, registry or store away, a partition lost) is tried
 * again, for ever, with growing pauses. What is not committed by then is read again by whoever comes next.
 *
 * @param state is kept up to date, for who asks how it goes
 * @param onFailure is told of every failure
 * @throws P2iError that no retry mends
 */
export async function serve(
  pump: Runnable,
  state: ServiceState,
  signal: AbortSignal,
  onFailure: (error: P2iError) => void,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      await pump.step(signal);
      state.failing = undefined;
      pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (!(error instanceof P2iError) || !error.transient) throw error;
      onFailure(error);
      // Another worker has the partition, and this one others.
      if (error.code === 'PARTITION_LOST') continue;
      state.failing = error;
      const start = performance.now();
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      state.pausedSeconds += (performance.now() - start) / 1000;
      pause = Math.min(2 * pause, LAST_PAUSE_MS);
    } finally {
      state.lastStep = Date.now();
    }
  }
}
