import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import packageJson from '../package.json' with { type: 'json' };
import { P2iError } from '../shared/errors/errors.ts';
import { LANES, type Lane } from '../shared/features/feature.ts';
import { deadLetterLog } from '../shared/observability/dead-letter-log.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { StageMetrics } from '../shared/observability/metrics.ts';
import type { InterestName } from '../shared/observability/tally-metrics.ts';
import { WorkerMetrics } from '../shared/observability/worker-metrics.ts';
import { RankingModels } from '../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { allOf, HEEDLESS, type Observer } from '../shared/stream/observer.ts';
import { untilThere } from '../shared/stream/retry.ts';
import { serve, type ServiceState } from '../shared/stream/serve.ts';
import { STAGES, type StageName } from '../shared/stream/stage.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { keepYoungGenerationSmall } from '../workers/memory.ts';
import { Heart, workerName } from '../workers/pools/heart.ts';
import { groupOf } from '../workers/pools/pool.ts';
import { PublishedTaxonomies } from '../workers/taxonomies/published.ts';
import { checkPool, openWorker, type Worker } from '../workers/worker.ts';
import { addKafkaOptions, connectionHelp, openLog, type LogOptions } from './log-options.ts';
import { print } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { addServiceOptions, serveHealth, untilAskedToStop, type ServiceOptions } from './service.ts';
import { loadTextModels, loadVectorsAlone } from './text-models.ts';

const { version } = packageJson;

interface WorkerCommandOptions extends LogOptions, ServiceOptions {
  stages: StageName[];
  lane: Lane;
  model: readonly [string, ...string[]];
  store: string;
  threads: number;
  dryRun?: true;
}

/** `p2i worker`. */
export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('run a member of a worker pool on Kafka until SIGTERM: one consumer group a stage')
    .addOption(
      new Option(
        '--stages <stages>',
        `stage of the pool (${STAGES.join(', ')}), or some of the first three, fused: candidates,features,ranking`,
      )
        .argParser(stageList)
        .env('P2I_STAGES'),
    )
    .addOption(
      new Option('--stage <stage>', 'the same, for one stage').argParser(stageList).conflicts('stages'),
    )
    .addOption(
      new Option('--lane <lane>', 'batch: runs, from p2i-batch-pins; instant: new Pins, from p2i-pins’ tail')
        .choices(LANES)
        .default('batch')
        .env('P2I_LANE'),
    );
  addKafkaOptions(command)
    .addOption(
      new Option(
        '--model <directory,…>',
        'ranking models, with commas between or by repeating it: a run is ranked by the one whose version it names, or else by the first',
      )
        .argParser(modelList)
        .default(DEFAULT_MODELS, PATHS.model)
        .env('P2I_MODEL'),
    )
    .addOption(
      new Option(
        '--store <directory>',
        'co-occurrence store to read, or, for cooccurrence, to build; what publishing remembers',
      )
        .default('.p2i/store')
        .env('P2I_STORE'),
    )
    .addOption(
      new Option(
        '--threads <number>',
        'threads that candidates, features and ranking work in; 1: no other than the main one',
      )
        .argParser(integerOption(1, 256))
        .default(availableParallelism(), 'all cores')
        .env('P2I_THREADS'),
    );
  addServiceOptions(command)
    .option('--dry-run', 'check the options, the brokers, the registry and the models; join no group')
    .addHelpText('after', connectionHelp())
    .addHelpText(
      'after',
      '\nExample:\n  p2i worker --stages candidates,features,ranking --lane instant --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(({ stage, ...options }: WorkerCommandOptions & { stage?: StageName[] }) =>
      run({ ...options, stages: options.stages ?? stage ?? [] }),
    );
}

function stageList(text: string): StageName[] {
  const stages = text.split(',');
  for (const stage of stages) {
    if (!STAGES.includes(stage as StageName))
      throw new InvalidArgumentError(`There are ${STAGES.join(', ')}.`);
  }
  return stages as StageName[];
}

/** Of a worker that is told none. */
const DEFAULT_MODELS = [PATHS.model] as const;

function modelList(text: string, before: WorkerCommandOptions['model']): WorkerCommandOptions['model'] {
  const [directory, ...others] = text.split(',').map((part) => part.trim());
  if (directory === '' || others.includes(''))
    throw new InvalidArgumentError('It must be a directory, several with commas between.');
  return before === DEFAULT_MODELS ? [directory, ...others] : [...before, directory, ...others];
}

async function run(options: WorkerCommandOptions): Promise<void> {
  keepYoungGenerationSmall();
  const { stages, lane, logLevel } = options;
  if (stages.length === 0) throw new P2iError('CONFIG_INVALID', '--stages (or P2I_STAGES) is missing');
  checkPool(stages, lane);
  const worker = workerName();
  const logger = createLogger(logLevel).child({ worker, group: groupOf(stages, lane) });
  const signal = untilAskedToStop(logger, options.grace);
  const models = stages.includes('ranking') ? await RankingModels.load(options.model) : undefined;
  const state: ServiceState = { lastStep: Date.now(), failing: undefined, pausedSeconds: 0 };

  if (options.dryRun) {
    const opened = await openLog(options);
    await opened.close();
    print(`would join ${groupOf(stages, lane)}; the brokers and the registry answer`);
    return;
  }
  await using closing = new AsyncDisposableStack();
  const running: { started?: Started } = {};
  const metrics = new StageMetrics({
    labels: { group: groupOf(stages, lane) },
    nameOf: (taxonomy, id) => running.started?.nameOf(taxonomy, id),
  });
  const gauges = new WorkerMetrics(metrics.prometheus, { version, lane, stages: stages.join(',') });
  if (options.port !== undefined) collectDefaultMetrics({ register: metrics.prometheus });
  closing.use(
    await serveHealth({
      ...{ options, logger, state, prometheus: metrics.prometheus },
      probe: () => running.started?.ready,
      silent: 'the brokers, the registry or the store do not answer',
    }),
  );
  const tryAgain = (error: P2iError): void => {
    state.failing = error;
    state.lastStep = Date.now();
    metrics.retry(error.code);
    logger.warn({ code: error.code, error: error.message }, 'trying again');
  };
  const seen = { worker, metrics, gauges, state, logger };
  const started = await untilThere(() => start(options, models, seen), signal, tryAgain);
  if (started === undefined) return;
  closing.defer(() => started.close());
  closing.defer(() => started.heart.stop(signal.aborted));
  running.started = started;
  state.failing = undefined;
  await serve(started.worker, state, signal, tryAgain);
  logger.info('stopping: leaving the group');
}

/** By what a worker is seen from outside. */
interface Seen {
  /** Its name. */
  worker: string;
  metrics: StageMetrics;
  gauges: WorkerMetrics;
  state: ServiceState;
  logger: Logger;
}

interface Started {
  worker: Worker;
  heart: Heart;
  /** Resolves where all that it needs can be used now. */
  ready: () => Promise<unknown>;
  /** What an interest is called. */
  nameOf: InterestName;
  close(): Promise<void>;
}

/** Opens all that the worker needs, and joins its group. What was opened is closed again where a part of it fails. */
async function start(
  options: WorkerCommandOptions,
  models: RankingModels | undefined,
  seen: Seen,
): Promise<Started> {
  const { stages, lane, threads } = options;
  const { metrics, state, logger } = seen;
  await using opening = new AsyncDisposableStack();
  const opened = await openLog(options);
  opening.defer(() => opened.close());
  const { log, registry } = opened;
  const textModels = stages.includes('candidates') ? await loadTextModels() : loadVectorsAlone();
  const taxonomies = await PublishedTaxonomies.open({
    ...{ log, registry, models: textModels },
    onInvalid: (error) => logger.error({ code: error.code, error: error.message }, 'taxonomy skipped'),
  });
  opening.defer(() => taxonomies.close());
  const directory = join(options.store, stages.includes('publishing') ? 'published' : 'cooccurrence');
  const store = new LmdbStore(directory);
  opening.defer(() => store.close());
  const worker = await openWorker({
    ...{ log, registry, stages, lane, taxonomies, store },
    observer: allOf(metrics, deadLetterLog(logger), lifeSigns(state)),
    ...(models && { models }),
    ...(threads > 1 && { threads: { count: threads, store: directory, models: textModels } }),
    onSealed: (generation, run) => logger.info({ generation, run }, 'generation sealed'),
  });
  opening.defer(() => worker.close());
  logger.info(
    { input: worker.input, taxonomies: taxonomies.versions(), models: models?.versions(), threads },
    'working',
  );
  const heart = Heart.start({
    ...{ ...seen, log, registry, pool: { group: worker.group, topic: worker.input } },
    about: { worker: seen.worker, stages, lane, threads, version },
    places: () => worker.places(),
    onFailure: (error) => logger.warn({ error: String(error) }, 'no heartbeat is written'),
  });
  const closing = opening.move();
  return {
    ...{ worker, heart },
    ready: () => Promise.all([log.ready(), registry.ping(), store.ready()]),
    nameOf: (taxonomy, id) => nameOf(taxonomies.artefacts(taxonomy)?.taxonomy, id),
    close: () => closing.disposeAsync(),
  };
}

function nameOf(taxonomy: Taxonomy | undefined, id: number): string | undefined {
  return taxonomy?.names[taxonomy.indexOf(id)];
}

/** Takes all work for a sign that the loop is not stuck: some steps take long. */
function lifeSigns(state: ServiceState): Observer {
  const sign = (): void => {
    state.lastStep = Date.now();
  };
  return { ...HEEDLESS, phase: sign, pins: sign };
}
