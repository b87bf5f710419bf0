import { Counter, Gauge, type Registry } from 'prom-client';

/** The values of labels, and a number. */
export type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

export interface ScrapedOptions {
  name: string;
  help: string;
  labelNames?: readonly string[];
  registers: Registry[];
  /** The samples as they are when they are scraped. */
  read: () => Iterable<Sample>;
}

/** Registers a counter of what is counted elsewhere. */
export function registerCounter({ name, help, labelNames = [], registers, read }: ScrapedOptions): void {
  new Counter({
    ...{ name, help, labelNames, registers },
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** Registers a gauge of what is known elsewhere. */
export function registerGauge({ name, help, labelNames = [], registers, read }: ScrapedOptions): void {
  new Gauge({
    ...{ name, help, labelNames, registers },
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}
