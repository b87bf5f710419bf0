import { Counter, Registry } from 'prom-client';
import type { ErrorCode } from '../../shared/errors/errors.ts';

/** The metrics of a backfill worker. */
export class BackfillMetrics {
  /** For `/metrics`: `await prometheus.metrics()`. */
  readonly prometheus = new Registry();
  readonly #records = this.#counter('p2i_backfill_records_total', 'Records that this worker copied for runs');
  readonly #pins = this.#counter('p2i_backfill_pins_total', 'Pins in them');
  readonly #waited = this.#counter(
    'p2i_backfill_waited_seconds_total',
    'Seconds that jobs waited because the pools were too far behind',
  );
  readonly #failures = new Counter({
    name: 'p2i_backfill_failures_total',
    help: 'Attempts of jobs that failed, by error code',
    labelNames: ['code'],
    registers: [this.prometheus],
  });

  copied(records: number, pins: number): void {
    this.#records.inc(records);
    this.#pins.inc(pins);
  }

  /** Counts how long the wait takes. */
  async wait(wait: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await wait();
    this.#waited.inc((performance.now() - start) / 1000);
  }

  failed(code: ErrorCode): void {
    this.#failures.inc({ code });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.prometheus] });
  }
}
