import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Availability } from './brokers/files.ts';
import { freePort } from './brokers/ports.ts';
import { start, untilReady, type Guarded } from './brokers/process.ts';

/** An alert that fires. */
export interface FiringAlert {
  alertname: string;
  [label: string]: string;
}

/** Whether this machine has Prometheus. With CI=true nothing may be skipped, and it throws instead. */
export function prometheusAvailable(): Availability {
  if (spawnSync('prometheus', ['--version']).status === 0) return { available: true };
  const why = 'there is no Prometheus (a package of that name)';
  if (process.env.CI === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

/** A real Prometheus that scrapes ports of this machine and evaluates rules. */
export class Prometheus {
  readonly #server: Guarded;
  readonly #directory: string;
  readonly #url: string;

  private constructor(server: Guarded, directory: string, url: string) {
    this.#server = server;
    this.#directory = directory;
    this.#url = url;
  }

  /** @param rules files of rules */
  static async start(ports: readonly number[], rules: readonly string[]): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'p2i-prometheus-'));
    const port = await freePort();
    const config = join(directory, 'prometheus.json');
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '5s', evaluation_interval: '5s' },
        rule_files: rules,
        scrape_configs: [
          {
            job_name: 'p2i',
            static_configs: [{ targets: ports.map((target) => `127.0.0.1:${target}`) }],
          },
        ],
      }),
    );
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const server = start('prometheus', args, join(directory, 'log'));
    const url = `http://127.0.0.1:${port}`;
    await untilReady('prometheus', server, async () => (await fetch(`${url}/-/ready`)).ok);
    return new Prometheus(server, directory, url);
  }

  /** The labels of the alerts that fire now. */
  async firing(): Promise<FiringAlert[]> {
    const { alerts } = (await this.#get('alerts')) as { alerts: { state: string; labels: FiringAlert }[] };
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  }

  /** The value of each series of an expression, by the given label. */
  async query(expression: string, label: string): Promise<Map<string, number>> {
    const { result } = (await this.#get(`query?query=${encodeURIComponent(expression)}`)) as {
      result: { metric: Record<string, string>; value: [number, string] }[];
    };
    return new Map(result.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
  }

  async close(): Promise<void> {
    await this.#server.end('SIGKILL');
    rmSync(this.#directory, { recursive: true });
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const { data } = (await response.json()) as { data: unknown };
    return data;
  }
}
