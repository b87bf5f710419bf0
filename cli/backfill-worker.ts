import { Option, type Command } from 'commander';
import type { Logger } from 'pino';
import type { P2iError } from '../shared/errors/errors.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { untilThere } from '../shared/stream/retry.ts';
import type { ServiceState } from '../shared/stream/serve.ts';
import { BackfillMetrics } from '../workers/backfill/metrics.ts';
import { BackfillWorker } from '../workers/backfill/worker.ts';
import { addKafkaOptions, openLog, type LogOptions } from './log-options.ts';
import { print } from './output.ts';
import { integerOption } from './program.ts';
import { addRedisOption, openRedis, type RedisOptions } from './redis-options.ts';
import { addServiceOptions, serveHealth, untilAskedToStop, type ServiceOptions } from './service.ts';

interface BackfillWorkerOptions extends LogOptions, RedisOptions, ServiceOptions {
  concurrency: number;
  dryRun?: true;
}

/** `p2i backfill worker`. */
export function addBackfillWorkerCommand(backfill: Command): void {
  const command = backfill
    .command('worker')
    .description('execute the runs that are started, until SIGTERM; any number of these share the work');
  addServiceOptions(addRedisOption(addKafkaOptions(command)))
    .addOption(
      new Option('--concurrency <jobs>', 'partitions that are copied at once')
        .argParser(integerOption(1, 1000))
        .default(4)
        .env('P2I_CONCURRENCY'),
    )
    .option('--dry-run', 'check the options, the brokers, the registry and Redis; do nothing')
    .addHelpText(
      'after',
      '\nExample:\n  p2i backfill worker --redis redis://localhost:6379 --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(run);
}

async function run(options: BackfillWorkerOptions): Promise<void> {
  const logger = createLogger(options.logLevel).child({ group: 'p2i-backfill' });
  if (options.dryRun) {
    const { close } = await open(options);
    await close();
    print('would execute runs; the brokers, the registry and Redis answer');
    return;
  }
  const signal = untilAskedToStop(logger, options.grace);
  const state: ServiceState = { lastStep: Date.now(), failing: undefined, pausedSeconds: 0 };
  const metrics = new BackfillMetrics();
  const running: { opened?: Opened } = {};
  await using closing = new AsyncDisposableStack();
  closing.use(
    await serveHealth({
      ...{ options, logger, state, prometheus: metrics.prometheus },
      probe: () => running.opened?.probe,
      silent: 'the brokers, the registry or Redis do not answer',
    }),
  );
  const started = await untilThere(
    () => start(options, { logger, metrics, state }),
    signal,
    (error: P2iError) => {
      state.failing = error;
      logger.warn({ code: error.code, error: error.message }, 'trying again');
    },
  );
  if (started === undefined) return;
  closing.defer(() => started.opened.close());
  closing.defer(() => started.worker.close());
  running.opened = started.opened;
  state.failing = undefined;
  logger.info({ concurrency: options.concurrency }, 'working');
  await started.worker.run(signal);
  logger.info('stopping: jobs in hand go back to the queue');
}

type Opened = Awaited<ReturnType<typeof open>>;

/** The brokers, the registry and Redis. What was opened is closed again where a part of it fails. */
async function open(options: LogOptions & RedisOptions) {
  await using opening = new AsyncDisposableStack();
  const redis = await openRedis(options);
  opening.defer(() => redis.disconnect());
  const { log, registry, close } = await openLog(options);
  opening.defer(close);
  const closing = opening.move();
  return {
    redis,
    runs: { log, registry },
    probe: () => Promise.all([log.ready(), registry.ping(), redis.ping()]),
    close: () => closing.disposeAsync(),
  };
}

async function start(
  options: BackfillWorkerOptions,
  seen: { logger: Logger; metrics: BackfillMetrics; state: ServiceState },
): Promise<{ opened: Opened; worker: BackfillWorker }> {
  const opened = await open(options);
  const { redis, runs } = opened;
  const { concurrency } = options;
  try {
    return { opened, worker: await BackfillWorker.open({ ...seen, redis, runs, concurrency }) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
