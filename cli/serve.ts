import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Option, type Command } from 'commander';
import type { Logger } from 'pino';
import { Access } from '../inspector/access.ts';
import { Classifier } from '../inspector/classifier.ts';
import type { Parts } from '../inspector/parts.ts';
import { PinList } from '../inspector/pin-source.ts';
import { createInspector } from '../inspector/server.ts';
import { logParts, oneGeneration, oneVersion } from '../inspector/sources.ts';
import { factsOf, generationOf } from '../quality/corpus-facts.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { readTate } from '../shared/pins/tate.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import type { OpenedLog } from '../shared/stream/connect.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { openQueue } from '../workers/backfill/queue.ts';
import { COOCCURRENCE_DIRECTORY } from '../workers/embedded-run.ts';
import { StoreGenerations } from '../workers/generations.ts';
import { PublishedTaxonomies } from '../workers/taxonomies/published.ts';
import { addLogOptions, openLog, type LogOptions } from './log-options.ts';
import { print, Progress } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { addRedisOption, openRedis, type RedisOptions } from './redis-options.ts';
import { readiness, untilAskedToStop, type ServiceOptions } from './service.ts';
import { loadTextModels } from './text-models.ts';

interface ServeOptions extends LogOptions, RedisOptions, Omit<ServiceOptions, 'grace'> {
  port: number;
  taxonomy?: string;
  model: string;
  store: string;
  indexPins: number;
}

/** `p2i serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the inspector: a page, and its data as JSON under /v1, until SIGTERM')
    .addOption(
      new Option('--port <number>', 'where it listens')
        .argParser(integerOption(0, 65535))
        .default(8080)
        .env('P2I_PORT'),
    )
    .addOption(
      new Option(
        '--host <address>',
        'address that it listens at; another than this machine’s own needs a token: P2I_TOKEN, or P2I_TOKEN_FILE with its file',
      )
        .default('127.0.0.1')
        .env('P2I_HOST'),
    );
  addRedisOption(addLogOptions(command))
    .option(
      '--taxonomy <file>',
      'taxonomy in JSONL (default: Tate; with --brokers, those that are published)',
    )
    .addOption(new Option('--model <directory>', 'ranking model').default(PATHS.model))
    .addOption(
      new Option('--store <directory>', 'with --brokers: the co-occurrence store that is read')
        .default('.p2i/store')
        .env('P2I_STORE'),
    )
    .addOption(
      new Option(
        '--index-pins <number>',
        'Pins whose results are counted, at most; each takes up to 200 bytes',
      )
        .argParser(integerOption(0, 100_000_000))
        .default(1_000_000)
        .env('P2I_INDEX_PINS'),
    )
    .addOption(
      new Option('--log-level <level>', 'of the JSON lines on the standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('warn')
        .env('P2I_LOG_LEVEL'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  p2i serve\n  p2i serve --state .p2i/mine\n  P2I_TOKEN_FILE=token p2i serve --host 0.0.0.0 --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(run);
}

/** Stopping waits for requests in hand for so long, seconds. */
const GRACE_S = 10;

async function run(options: ServeOptions): Promise<void> {
  const { host, port } = options;
  const access = new Access({ host, token: await readToken() });
  checkSources(options);
  await checkPort(host, port);
  const logger = createLogger(options.logLevel);
  const signal = untilAskedToStop(logger, GRACE_S);
  await using closing = new AsyncDisposableStack();
  const { parts, probe } = await open(options, logger, closing);
  // What the first request would wait for.
  if (parts.classifier.versions().length > 0) await parts.classifier.open('instant');
  const server = await createInspector({
    ...{ access, parts, logger },
    ready: () => readiness(RUNNING, probe, 'the brokers, the registry or Redis do not answer'),
  });
  closing.defer(() => server.close());
  const address = await server.listen({ host, port }).catch((cause: unknown) => {
    throw portUnusable(port, cause);
  });
  print(`the inspector is at ${address}`);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

const RUNNING = { lastStep: 0, failing: undefined, pausedSeconds: 0 };

/** Never an option: whoever lists processes would read it. @throws P2iError CONFIG_INVALID */
async function readToken(): Promise<string | undefined> {
  const { P2I_TOKEN: token, P2I_TOKEN_FILE: file } = process.env;
  if (token !== undefined || file === undefined) return token;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new P2iError('CONFIG_INVALID', (cause as Error).message, { where: 'P2I_TOKEN_FILE', cause });
  }
}

interface Opened {
  parts: Parts;
  /** Asks what it looks into whether it is there. */
  probe: () => Promise<unknown>;
}

/** @throws P2iError CONFIG_INVALID where options name what is not there, or exclude each other */
function checkSources({ state, brokers, redis, taxonomy }: ServeOptions): void {
  const refuse = (where: string, message: string): never => {
    throw new P2iError('CONFIG_INVALID', message, { where });
  };
  if (state !== undefined && !existsSync(join(state, 'log')))
    refuse(`--state ${state}`, 'no run has left a state there');
  if (brokers !== undefined && taxonomy !== undefined)
    refuse('--taxonomy', 'with --brokers, the taxonomies are those that are published');
  if (brokers === undefined && redis !== undefined) refuse('--redis', 'runs are those of --brokers');
}

/** Looks whether the port is free before anything is loaded. @throws P2iError CONFIG_INVALID */
async function checkPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), 'listening');
  } catch (cause) {
    throw portUnusable(port, cause);
  }
  await promisify(probe.close.bind(probe))();
}

function portUnusable(port: number, cause: unknown): P2iError {
  return new P2iError('CONFIG_INVALID', (cause as Error).message, { where: `--port ${port}`, cause });
}

async function open(options: ServeOptions, logger: Logger, closing: AsyncDisposableStack): Promise<Opened> {
  const model = await RankingModel.load(options.model);
  if (options.state === undefined && options.brokers === undefined) return openSample(options, model);
  const opened = await openLog(options);
  closing.defer(() => opened.close());
  return options.state === undefined
    ? openKafka(options, model, { opened, logger, closing })
    : openState(options, model, { opened, logger, closing });
}

/** What is closed again, and told of. */
interface Around {
  opened: OpenedLog;
  logger: Logger;
  closing: AsyncDisposableStack;
}

/** The bundled sample, from nothing: its co-occurrence is learned first. */
async function openSample(options: ServeOptions, model: RankingModel): Promise<Opened> {
  const artefacts = await artefactsOf(options);
  const { pins } = await readTate(PATHS.tate);
  const bar = new Progress('learning co-occurrence', 'Pins', pins.length);
  let done = 0;
  const facts = factsOf(pins, artefacts, () => bar.update(++done));
  const generation = generationOf(facts, artefacts.taxonomy);
  bar.stop();
  const classifier = new Classifier({
    ...{ model, taxonomies: oneVersion(artefacts) },
    generations: oneGeneration(artefacts, generation),
  });
  return { parts: { source: 'sample', classifier, pins: new PinList(pins) }, probe: () => setImmediate() };
}

/** The state of an embedded run, which nobody else may hold meanwhile. */
async function openState(
  options: ServeOptions,
  model: RankingModel,
  { opened, logger, closing }: Around,
): Promise<Opened> {
  const artefacts = await artefactsOf(options);
  const store = new LmdbStore(join(options.state!, COOCCURRENCE_DIRECTORY));
  closing.defer(() => store.close());
  const taxonomies = oneVersion(artefacts);
  const generations = new StoreGenerations(store);
  const classifier = new Classifier({ model, taxonomies, generations });
  const read = logParts({ ...opened, taxonomies, mostPins: options.indexPins, onFailure: tell(logger) });
  closing.defer(() => read.results.close());
  return { parts: { source: 'state', classifier, ...read }, probe: () => opened.log.ready() };
}

/** Topics of a cluster; with Redis, its runs. */
async function openKafka(
  options: ServeOptions,
  model: RankingModel,
  { opened, logger, closing }: Around,
): Promise<Opened> {
  const { log, registry } = opened;
  const onFailure = tell(logger);
  const taxonomies = await PublishedTaxonomies.open({
    ...{ log, registry, models: await loadTextModels(), onInvalid: onFailure },
  });
  closing.defer(() => taxonomies.close());
  const store = new LmdbStore(join(options.store, COOCCURRENCE_DIRECTORY));
  closing.defer(() => store.close());
  const generations = new StoreGenerations(store);
  const classifier = new Classifier({ model, taxonomies, generations });
  const read = logParts({ ...opened, taxonomies, mostPins: options.indexPins, onFailure });
  closing.defer(() => read.results.close());
  const parts: Parts = { source: 'kafka', classifier, ...read, pools: { log, registry } };
  const probe = (): Promise<unknown> => Promise.all([log.ready(), registry.ping()]);
  if (options.redis === undefined) return { parts, probe };
  const redis = await openRedis(options);
  closing.defer(() => redis.disconnect());
  const queue = openQueue(redis);
  closing.defer(() => queue.close());
  parts.runs = { log, registry, redis, queue };
  return { parts, probe: () => Promise.all([probe(), redis.ping()]) };
}

async function artefactsOf({ taxonomy = PATHS.taxonomy }: ServeOptions): Promise<TaxonomyArtefacts> {
  return taxonomyArtefacts(await readTaxonomy(taxonomy), await loadTextModels());
}

function tell(logger: Logger): (error: P2iError) => void {
  return ({ code, message }) => logger.warn({ code, error: message }, 'passed over');
}
