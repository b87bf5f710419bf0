import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Logger } from 'pino';
import { P2iError } from '../shared/errors/errors.ts';
import { LANES, type Lane } from '../shared/features/feature.ts';
import { HealthServer } from '../shared/observability/health.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { StageMetrics } from '../shared/observability/metrics.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { untilThere } from '../shared/stream/retry.ts';
import { serve, type ServiceState } from '../shared/stream/serve.ts';
import { STAGES, type StageName } from '../shared/stream/stage.ts';
import { keepYoungGenerationSmall } from '../workers/memory.ts';
import { PublishedTaxonomies } from '../workers/taxonomies/published.ts';
import { checkPool, groupOf, openWorker, type Worker } from '../workers/worker.ts';
import { addKafkaOptions, openLog, type LogOptions, type OpenedLog } from './log-options.ts';
import { print } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { loadTextModels, loadVectorsAlone } from './text-models.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

interface WorkerCommandOptions extends LogOptions {
  stages: StageName[];
  lane: Lane;
  model: string;
  store: string;
  host: string;
  port?: number;
  grace: number;
  threads: number;
  logLevel: (typeof LOG_LEVELS)[number];
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
    .addOption(new Option('--model <directory>', 'ranking model').default(PATHS.model).env('P2I_MODEL'))
    .addOption(
      new Option(
        '--store <directory>',
        'co-occurrence store to read, or, for cooccurrence, to build; what publishing remembers',
      )
        .default('.p2i/store')
        .env('P2I_STORE'),
    )
    .addOption(
      new Option('--port <number>', 'serve /live, /ready and /metrics here')
        .argParser(integerOption(0, 65535))
        .env('P2I_PORT'),
    )
    .addOption(
      new Option('--host <address>', 'address to serve them at').default('127.0.0.1').env('P2I_HOST'),
    )
    .addOption(
      new Option(
        '--threads <number>',
        'threads that candidates, features and ranking work in; 1: no other than the main one',
      )
        .argParser(integerOption(1, 256))
        .default(availableParallelism(), 'all cores')
        .env('P2I_THREADS'),
    )
    .addOption(
      new Option('--grace <seconds>', 'after SIGTERM, end the batch in hand within this time')
        .argParser(integerOption(1, 3600))
        .default(25)
        .env('P2I_GRACE'),
    )
    .addOption(
      new Option('--log-level <level>', 'of the JSON lines on the standard error')
        .choices(LOG_LEVELS)
        .default('info')
        .env('P2I_LOG_LEVEL'),
    )
    .option('--dry-run', 'check the options, the brokers, the registry and the model; join no group')
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

/** A worker whose loop has not come round for so long is stuck: only a restart helps. */
const STUCK_MS = 120_000;
/** How long a probe waits for brokers and registry. */
const PROBE_MS = 3000;

async function run(options: WorkerCommandOptions): Promise<void> {
  keepYoungGenerationSmall();
  const { stages, lane, logLevel } = options;
  if (stages.length === 0) throw new P2iError('CONFIG_INVALID', '--stages (or P2I_STAGES) is missing');
  checkPool(stages, lane);
  const logger = createLogger(logLevel).child({ group: groupOf(stages, lane) });
  const signal = untilAskedToStop(logger, options.grace);
  const model = stages.includes('ranking') ? await RankingModel.load(options.model) : undefined;
  const state: ServiceState = { lastStep: Date.now(), failing: undefined };
  const tryAgain = (error: P2iError): void => {
    state.failing = error;
    logger.warn({ code: error.code, error: error.message }, 'trying again');
  };

  if (options.dryRun) {
    const opened = await openLog(options);
    await opened.close();
    print(`would join ${groupOf(stages, lane)}; the brokers and the registry answer`);
    return;
  }
  await using closing = new AsyncDisposableStack();
  const metrics = new StageMetrics();
  const running: { opened?: OpenedLog } = {};
  if (options.port !== undefined) {
    const health = await HealthServer.listen({
      host: options.host,
      port: options.port,
      prometheus: metrics.prometheus,
      live: async () => liveness(state),
      ready: () => readiness(running.opened, state),
    });
    closing.defer(() => health.close());
    logger.info({ port: health.port }, 'serving /live, /ready and /metrics');
  }
  const started = await untilThere(() => start(options, model, metrics, logger), signal, tryAgain);
  if (started === undefined) return;
  closing.defer(() => started.close());
  running.opened = started.opened;
  state.failing = undefined;
  await serve(started.worker, state, signal, tryAgain);
  logger.info('stopping: leaving the group');
}

/** Aborts at the first SIGTERM or SIGINT; ends the process when it has not ended by itself in time. */
function untilAskedToStop(logger: Logger, graceSeconds: number): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping: the batch in hand is ended');
    controller.abort();
    setTimeout(() => {
      logger.error({ seconds: graceSeconds }, 'not stopped in time: what is in hand is given up');
      process.exit(1);
    }, graceSeconds * 1000).unref();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  return controller.signal;
}

interface Started {
  opened: OpenedLog;
  worker: Worker;
  close(): Promise<void>;
}

/** Opens all that the worker needs, and joins its group. What was opened is closed again where a part of it fails. */
async function start(
  options: WorkerCommandOptions,
  model: RankingModel | undefined,
  observer: StageMetrics,
  logger: Logger,
): Promise<Started> {
  const { stages, lane, threads } = options;
  await using opening = new AsyncDisposableStack();
  const opened = await openLog(options);
  opening.defer(() => opened.close());
  const { log, registry } = opened;
  const models = stages.includes('candidates') ? await loadTextModels() : loadVectorsAlone();
  const taxonomies = await PublishedTaxonomies.open({
    ...{ log, registry, models },
    onInvalid: (error) => logger.error({ code: error.code, error: error.message }, 'taxonomy skipped'),
  });
  opening.defer(() => taxonomies.close());
  const directory = join(options.store, stages.includes('publishing') ? 'published' : 'cooccurrence');
  const store = new LmdbStore(directory);
  opening.defer(() => store.close());
  const worker = await openWorker({
    ...{ log, registry, stages, lane, taxonomies, store, observer },
    ...(model && { model }),
    ...(threads > 1 && { threads: { count: threads, store: directory, models } }),
    onSealed: (generation, run) => logger.info({ generation, run }, 'generation sealed'),
  });
  opening.defer(() => worker.close());
  logger.info(
    { input: worker.input, taxonomies: taxonomies.versions(), model: model?.version, threads },
    'working',
  );
  const closing = opening.move();
  return { opened, worker, close: () => closing.disposeAsync() };
}

function liveness({ lastStep, failing }: ServiceState): string | undefined {
  const stuck = failing === undefined && Date.now() - lastStep > STUCK_MS;
  return stuck ? 'no step has ended for too long' : undefined;
}

async function readiness(
  opened: OpenedLog | undefined,
  { failing }: ServiceState,
): Promise<string | undefined> {
  if (failing !== undefined) return reasonOf(failing);
  if (opened === undefined) return 'starting';
  const silent = new Promise<string>((resolve) => {
    setTimeout(() => resolve('the brokers or the registry do not answer'), PROBE_MS).unref();
  });
  const probe = Promise.all([opened.log.ready(), opened.registry.ping()]).then(() => undefined, reasonOf);
  return Promise.race([probe, silent]);
}

function reasonOf(error: unknown): string {
  if (error instanceof P2iError) return `${error.code} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
