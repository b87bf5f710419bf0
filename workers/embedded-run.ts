import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyGeneration, Generation, newestGeneration } from '../shared/cooccurrence/generation.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { Lane } from '../shared/features/feature.ts';
import type { StageReport } from '../shared/observability/report.ts';
import { StageMetrics } from '../shared/observability/metrics.ts';
import type { Pin } from '../shared/pins/pin.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import { Registry } from '../shared/registry/registry.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import type { Store } from '../shared/store/store.ts';
import { batchOutput } from '../shared/stream/binding.ts';
import { Chain } from '../shared/stream/chain.ts';
import { DEAD_LETTERS } from '../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../shared/stream/embedded/log.ts';
import { readAll, type Log } from '../shared/stream/log.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { Pump } from '../shared/stream/pump.ts';
import { runToEnd, type Runnable } from '../shared/stream/run.ts';
import { featureContext, type TaxonomyArtefacts } from './artefacts.ts';
import { CandidateStage, MAX_DIRECT } from './candidates/stage.ts';
import { candidatesTopic } from './candidates/topic.ts';
import { CooccurrenceSink } from './cooccurrence/sink.ts';
import { FeatureStage } from './features/stage.ts';
import { featuresTopic } from './features/topic.ts';
import { ingestPins } from './ingest.ts';
import { RUN_HEADER, runHeaders } from './headers.ts';
import { PublishedResults } from './publishing/results.ts';
import { RESULTS_TOPIC, SHADOW_RESULTS_TOPIC, type PinInterests } from './publishing/topic.ts';
import { RankingStage } from './ranking/stage.ts';
import { BATCH_PINS_TOPIC, replayPins } from './replay.ts';
import { oneTaxonomy } from './taxonomy-source.ts';

/** Where in the state the co-occurrence store lies. */
export const COOCCURRENCE_DIRECTORY = 'cooccurrence';

/** The steps of a run, in order. The first run of a state learns before it classifies, later ones after. */
export type RunStep = 'ingest' | 'learn' | 'classify';

export interface EmbeddedRunOptions {
  /** Directory of the log and the co-occurrence store; made where it is not there. */
  state: string;
  schemas: string;
  input: AsyncIterable<Pin | P2iError>;
  artefacts: TaxonomyArtefacts;
  model: RankingModel;
  lane: Lane;
  partitions: number;
  /** True: a topic between each two stages. False: the stages fused in memory. The results are the same. */
  pools: boolean;
  /** True: a shadow run. What it finds is kept beside what is published, and the next run reads what it read. */
  shadow?: boolean;
  signal?: AbortSignal;
  /** Is told of each line that is no Pin. */
  onRejected: (error: P2iError) => void;
  /** Pins done of the step; `total` is null while it is not known. */
  onProgress: (step: RunStep, done: number, total: number | null) => void;
}

export interface EmbeddedRunSummary {
  run: string;
  pins: number;
  /** Generation of the co-occurrence store that was read. */
  generation: number;
  /** Wall seconds of each step. */
  seconds: Record<RunStep, number>;
  /** Where the time of classifying went, by stage. */
  stages: StageReport[];
}

/** run.json: the run in hand, so that a killed one goes on as it began. */
interface RunManifest {
  number: number;
  taxonomy: string;
  model: string;
  lane: Lane;
  /** Pools and fused workers are different consumer groups: a state keeps to one of them. */
  pools: boolean;
  shadow: boolean;
  generation: number;
  finished: boolean;
}

/** One pass of the pipeline over a corpus in one process, with no broker. Killed anywhere, it ends the same. */
export class EmbeddedRun {
  readonly #options: EmbeddedRunOptions;
  readonly #log: Log;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #manifest: RunManifest;

  private constructor(options: EmbeddedRunOptions, log: Log, store: Store, manifest: RunManifest) {
    this.#options = options;
    this.#log = log;
    this.#store = store;
    this.#manifest = manifest;
    this.#registry = new Registry(options.schemas);
  }

  /**
   * Opens the state, and the run that it holds unfinished or else a new one.
   * @throws P2iError LOG_LOCKED, LOG_CORRUPT, STORE_UNAVAILABLE; CONFIG_INVALID where the unfinished run is another one
   */
  static async open(options: EmbeddedRunOptions): Promise<EmbeddedRun> {
    await mkdir(options.state, { recursive: true });
    const log = await EmbeddedLog.open(join(options.state, 'log'));
    try {
      const store = new LmdbStore(join(options.state, COOCCURRENCE_DIRECTORY));
      return new EmbeddedRun(options, log, store, await openManifest(options, store));
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** `run-1`, `run-2`… of this state. */
  get name(): string {
    return `run-${this.#manifest.number}`;
  }

  /** Runs to the end; `finish` ends it. @throws AbortError where the signal ended it; everything done until then stays done */
  async execute(): Promise<EmbeddedRunSummary> {
    const { input, partitions, onRejected, onProgress, signal } = this.#options;
    const seconds: Record<RunStep, number> = { ingest: 0, learn: 0, classify: 0 };
    const timed = async <T>(step: RunStep, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      seconds[step] += (performance.now() - start) / 1000;
      return result;
    };

    const topic = pinsTopic(this.#registry);
    const progress = (pins: number): void => onProgress('ingest', pins, null);
    const pins = await timed('ingest', () =>
      ingestPins(this.#log, topic, partitions, {
        pins: input,
        onRejected,
        onProgress: progress,
        ...(signal && { signal }),
      }),
    );
    const { generation, shadow } = this.#manifest;
    const firstRun = generation === 0;
    if (firstRun) await timed('learn', () => this.#learn(1, pins));
    const stages = await timed('classify', () => this.#classify(pins));
    if (!firstRun && !shadow) await timed('learn', () => this.#learn(generation + 1, pins));
    return { run: this.name, pins, generation: Math.max(generation, 1), seconds, stages };
  }

  /** The results of this run: with one partition, in the order of the input; of several, partitions take turns. */
  async *results(): AsyncGenerator<PinInterests> {
    const codec = this.#registry.codec<PinInterests>(RESULTS_TOPIC);
    const topic = this.#manifest.shadow ? SHADOW_RESULTS_TOPIC : RESULTS_TOPIC;
    for await (const { partition, offset, headers, value } of readAll(this.#log, topic)) {
      if (value !== null && headers[RUN_HEADER] === this.name)
        yield codec.decode(value, `${topic}-${partition}@${offset}`);
    }
  }

  /** How many dead letters this run has. */
  async deadLetters(): Promise<number> {
    let letters = 0;
    for await (const { headers } of readAll(this.#log, DEAD_LETTERS)) {
      if (headers[RUN_HEADER] === this.name) letters++;
    }
    return letters;
  }

  /** Ends the run, once its results are where they should be: until then a killed process goes on with it. */
  async finish(): Promise<void> {
    this.#manifest.finished = true;
    await writeManifest(this.#options.state, this.#manifest);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#log.close();
  }

  /** Builds a generation of the co-occurrence store from the lexical matches of every Pin, and seals it. */
  async #learn(generation: number, pins: number): Promise<void> {
    const { artefacts } = this.#options;
    const { taxonomy } = artefacts;
    if (newestGeneration(this.#store, taxonomy) >= generation) return;
    const sink = new CooccurrenceSink(this.#store, generation, taxonomy);
    const lexicalOnly = emptyGeneration(taxonomy);
    const pump = await Pump.open({
      log: this.#log,
      registry: this.#registry,
      group: sink.group,
      input: pinsTopic(this.#registry),
      chain: Chain.of(new CandidateStage({ ...artefacts, generation: lexicalOnly })),
      output: sink,
    });
    await this.#run([pump], 'learn', pins);
    sink.seal();
  }

  async #classify(pins: number): Promise<StageReport[]> {
    const { artefacts, model, lane, pools, signal } = this.#options;
    const { taxonomy } = artefacts;
    const pinBatches = pinsTopic(this.#registry);
    const headers = runHeaders({
      run: this.name,
      order: this.#manifest.number,
      lane,
      taxonomy: taxonomy.version,
      model: model.version,
      shadow: this.#manifest.shadow,
    });
    await replayPins(this.#log, this.#registry, headers, signal && { signal });

    const generation = new Generation(this.#store, taxonomy);
    const candidates = new CandidateStage({ ...artefacts, generation }, MAX_DIRECT, true);
    const features = new FeatureStage(featureContext(artefacts, generation), lane, true);
    const ranking = new RankingStage(model, taxonomy);
    const metrics = new StageMetrics();
    const shared = { log: this.#log, registry: this.#registry, observer: metrics };
    const input = { ...pinBatches, topic: BATCH_PINS_TOPIC };
    const taxonomies = oneTaxonomy(taxonomy);
    const output = new PublishedResults(this.#registry, taxonomies, this.#log, this.#store);

    if (pools) {
      const between = candidatesTopic(this.#registry, taxonomies);
      const featured = featuresTopic(this.#registry, taxonomies);
      const pumps = [
        await Pump.open({
          ...shared,
          group: 'candidates',
          input,
          chain: Chain.of(candidates),
          output: batchOutput(between),
        }),
        await Pump.open({
          ...shared,
          group: 'features',
          input: between,
          chain: Chain.of(features),
          output: batchOutput(featured),
        }),
        await Pump.open({ ...shared, group: 'ranking', input: featured, chain: Chain.of(ranking), output }),
      ];
      await this.#run(pumps, 'classify', pins);
    } else {
      const chain = Chain.of(candidates).to(features).to(ranking);
      await this.#run(
        [await Pump.open({ ...shared, group: 'fused', input, chain, output })],
        'classify',
        pins,
      );
    }
    return metrics.phaseReport();
  }

  async #run(pumps: Runnable[], step: RunStep, pins: number): Promise<void> {
    const { onProgress, signal } = this.#options;
    const finished = await runToEnd(pumps, {
      ...(signal && { signal }),
      onProgress: ({ stages, done, total }) => {
        // Of several pools, the last one's progress is the run's.
        if (pumps.length === 1 || stages.includes('ranking'))
          onProgress(step, Math.round((pins * done) / total), pins);
      },
    });
    if (!finished) signal?.throwIfAborted();
  }
}

async function openManifest(options: EmbeddedRunOptions, store: Store): Promise<RunManifest> {
  const path = join(options.state, 'run.json');
  const { artefacts, model, lane, pools, shadow = false } = options;
  const asked = { taxonomy: artefacts.taxonomy.version, model: model.version, lane, pools, shadow };
  const last = existsSync(path) ? parseManifest(await readFile(path, 'utf8'), path) : undefined;
  if (last) {
    const fixed = last.finished
      ? (['pools'] as const)
      : (['taxonomy', 'model', 'lane', 'pools', 'shadow'] as const);
    for (const key of fixed) {
      if (last[key] === asked[key]) continue;
      const message = `the run that it holds has ${key} ${last[key]}, not ${asked[key]}; choose another --state`;
      throw new P2iError('CONFIG_INVALID', message, { where: path });
    }
    if (!last.finished) return last;
  }
  const number = (last?.number ?? 0) + 1;
  const manifest = {
    number,
    ...asked,
    generation: newestGeneration(store, artefacts.taxonomy),
    finished: false,
  };
  await writeManifest(options.state, manifest);
  return manifest;
}

function parseManifest(text: string, where: string): RunManifest {
  try {
    // The states of earlier versions know no shadow runs.
    return { shadow: false, ...(JSON.parse(text) as Omit<RunManifest, 'shadow'>) };
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'malformed JSON', { where, cause });
  }
}

/** Whole or not at all. */
async function writeManifest(state: string, manifest: RunManifest): Promise<void> {
  const path = join(state, 'run.json');
  await writeFile(`${path}.new`, JSON.stringify(manifest), { flush: true });
  await rename(`${path}.new`, path);
}
