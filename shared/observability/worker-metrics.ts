import type { Registry } from 'prom-client';
import { registerGauge, type Sample } from './scraped.ts';

/** What a worker knows of itself as a whole. */
export interface WorkerState {
  /** Share of the last seconds in which it did not wait for records, in [0, 1]. */
  busyShare: number;
  /** Partitions that it has. */
  partitions: number;
  /** Offsets of these that are not committed yet. */
  lagRecords: number;
  /** The same in Pins. */
  lagPins: number;
}

/** Gauges of a worker as a whole: nothing until its state is set. */
export class WorkerMetrics {
  #state: WorkerState | undefined;

  /** @param about labels that say what the worker is */
  constructor(registry: Registry, about: Readonly<Record<string, string>>) {
    const registers = [registry];
    registerGauge({
      name: 'p2i_worker_info',
      help: 'What the worker is: always 1.',
      labelNames: Object.keys(about),
      registers,
      read: () => [[about, 1]],
    });
    for (const [name, help, what] of [
      [
        'p2i_worker_busy_share',
        'Share of the last seconds in which it did not wait for records.',
        'busyShare',
      ],
      ['p2i_worker_partitions', 'Partitions that the worker has.', 'partitions'],
      ['p2i_worker_lag_records', 'Offsets of its partitions that are not committed yet.', 'lagRecords'],
      ['p2i_worker_lag_pins', 'The same in Pins, by how many its records held lately.', 'lagPins'],
    ] as const) {
      const read = (): Sample[] => (this.#state === undefined ? [] : [[{}, this.#state[what]]]);
      registerGauge({ name, help, registers, read });
    }
  }

  set(state: WorkerState): void {
    this.#state = state;
  }
}
