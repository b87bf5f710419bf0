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

/** Aborted by the first SIGINT or SIGTERM: the batch in hand is ended, and nothing is lost. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
