import type { RunStep } from '../workers/embedded-run.ts';
import { Progress } from './output.ts';

const LABELS: Record<RunStep, string> = {
  ingest: 'reading Pins',
  learn: 'learning co-occurrence',
  classify: 'classifying',
};

/** The progress of an embedded run: a bar a step. */
export class RunProgress {
  #step: RunStep | undefined;
  #bar: Progress | undefined;

  update(step: RunStep, done: number, total: number | null): void {
    if (step !== this.#step) {
      this.stop();
      this.#step = step;
      this.#bar = new Progress(LABELS[step], 'Pins', total ?? undefined);
    }
    this.#bar!.update(done);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** Exit code of a command that Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

/**
 * Does work that the first SIGINT or SIGTERM asks to stop: it ends the batch in hand, and nothing of that is lost.
 * Being asked to stop is no failure: `stopped` is printed.
 */
export async function untilStopped(
  work: (signal: AbortSignal) => Promise<void>,
  stopped: string,
): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort(signal));
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.stderr.write(`${stopped}\n`);
    process.exitCode = controller.signal.reason === 'SIGINT' ? INTERRUPTED : 0;
  }
}
