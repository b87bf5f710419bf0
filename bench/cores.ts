/**
 * Fused workers of one thread and of two: the same process, the same Pins, rounds that alternate. A round goes from
 * p2i-batch-pins to p2i-ranked on the embedded log. Usage: node bench/cores.ts [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '../cli/paths.ts';
import { RankingModels } from '../shared/ranking/ranking-models.ts';
import { Registry } from '../shared/registry/registry.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { EmbeddedLog } from '../shared/stream/embedded/log.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { runToEnd } from '../shared/stream/run.ts';
import { createTopics } from '../shared/stream/topics.ts';
import { runHeaders } from '../workers/headers.ts';
import { publishPins } from '../workers/ingest.ts';
import { replayPins } from '../workers/replay.ts';
import { openWorker, type Worker } from '../workers/worker.ts';
import { median, round } from './support/figures.ts';
import { runBenchmark } from './support/report.ts';
import { GENERATION, learnTate, openTate, type Tate } from './support/tate.ts';

const ROUNDS = 7;
/** Of the corpus: long enough for a round of seconds. */
const PINS = 20_000;
const PARTITIONS = 4;

/** A log of its own with the Pins, and a worker on it. */
class Line {
  readonly #log: EmbeddedLog;
  readonly #registry: Registry;
  readonly #worker: Worker;
  readonly #taxonomy: string;

  private constructor(log: EmbeddedLog, registry: Registry, worker: Worker, taxonomy: string) {
    this.#log = log;
    this.#registry = registry;
    this.#worker = worker;
    this.#taxonomy = taxonomy;
  }

  static async open(
    directory: string,
    { pins, artefacts }: Tate,
    store: LmdbStore,
    storeDirectory: string,
    threads: number,
  ): Promise<Line> {
    const log = await EmbeddedLog.open(directory);
    const registry = new Registry(PATHS.schemas);
    await createTopics(log, PARTITIONS);
    await publishPins(log, pinsTopic(registry), {
      pins: (async function* () {
        yield* pins.slice(0, PINS);
      })(),
      onRejected: (error) => {
        throw error;
      },
      onProgress: () => undefined,
    });
    const { version } = artefacts.taxonomy;
    const worker = await openWorker({
      ...{ log, registry, store, stages: ['candidates', 'features', 'ranking'], lane: 'batch' },
      taxonomies: { versions: () => [version], artefacts: () => artefacts, refresh: async () => undefined },
      models: await RankingModels.load([PATHS.model]),
      ...(threads > 1 && {
        threads: { count: threads, store: storeDirectory, models: artefacts },
      }),
    });
    return new Line(log, registry, worker, version);
  }

  /** Replays the corpus, then classifies it. @returns Pins a second of classifying */
  async round(number: number): Promise<number> {
    const headers = runHeaders({
      ...{ run: `run-${number}`, order: number, lane: 'batch', taxonomy: this.#taxonomy },
      ...{ generation: GENERATION },
    });
    await replayPins(this.#log, this.#registry, headers);
    const start = performance.now();
    await runToEnd([this.#worker]);
    return PINS / ((performance.now() - start) / 1000);
  }

  async close(): Promise<void> {
    await this.#worker.close();
    await this.#log.close();
  }
}

await runBenchmark(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
  try {
    const tate = await openTate();
    const store = new LmdbStore(join(directory, 'store'));
    learnTate(tate, store);
    const one = await Line.open(join(directory, 'one'), tate, store, join(directory, 'store'), 1);
    const two = await Line.open(join(directory, 'two'), tate, store, join(directory, 'store'), 2);
    const rates: { one: number[]; two: number[] } = { one: [], two: [] };
    // The first round warms up.
    for (let i = 0; i <= ROUNDS; i++) {
      const [first, second] = [await one.round(i), await two.round(i)];
      if (i === 0) continue;
      rates.one.push(first);
      rates.two.push(second);
    }
    await one.close();
    await two.close();
    await store.close();
    const ratio = median(rates.two.map((rate, i) => rate / rates.one[i]));
    return {
      claims: [
        {
          name: 'a worker of two threads against one of one',
          value: round(ratio),
          unit: '×',
          atLeast: 1.8,
          gated: true,
        },
      ],
      tables: {
        'Pins a second, p2i-batch-pins to p2i-ranked on the embedded log': [
          { threads: 1, 'Pins/s': Math.round(median(rates.one)) },
          { threads: 2, 'Pins/s': Math.round(median(rates.two)) },
        ],
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
