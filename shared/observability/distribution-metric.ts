import { Histogram, type Registry } from 'prom-client';
import type { Distribution } from '../stream/tally.ts';

/** A distribution with the values of its labels. */
export interface Labelled {
  labels: Readonly<Record<string, string | number>>;
  distribution: Distribution;
}

export interface DistributionMetricOptions {
  name: string;
  help: string;
  labelNames: readonly string[];
  /** The bounds that the distributions were counted by. */
  bounds: readonly number[];
  registers: Registry[];
  /** The distributions as they are when they are scraped. */
  read: () => Iterable<Labelled>;
}

type Scraped = Awaited<ReturnType<Histogram['get']>>;

/**
 * A Prometheus histogram of values that were counted elsewhere: prom-client's own takes them one by one, which costs more
 * than the stages that made them may spend.
 */
export class DistributionMetric extends Histogram {
  readonly #options: DistributionMetricOptions;

  constructor(options: DistributionMetricOptions) {
    const { name, help, labelNames, bounds, registers } = options;
    super({ name, help, labelNames: [...labelNames], buckets: [...bounds], registers });
    this.#options = options;
  }

  override async get(): Promise<Scraped> {
    const { name, help, bounds, read } = this.#options;
    const values: Scraped['values'] = [];
    for (const { labels, distribution } of read()) {
      let below = 0;
      for (const [i, bound] of bounds.entries()) {
        below += distribution.counts[i];
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: below });
      }
      const all = below + distribution.counts[bounds.length];
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: all });
      values.push({ metricName: `${name}_sum`, labels, value: distribution.sum });
      values.push({ metricName: `${name}_count`, labels, value: all });
    }
    // At runtime the type of a metric is a word; the declaration has a number.
    return {
      name,
      help,
      type: 'histogram' as unknown as Scraped['type'],
      aggregator: 'sum',
      values,
      collect: noop,
    };
  }

  /** What the registry of prom-client calls for its text, where it is there. */
  getForPromString(): Promise<Scraped> {
    return this.get();
  }
}

function noop(): void {
  // The distributions are read as they are.
}
