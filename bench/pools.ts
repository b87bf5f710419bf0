/**
 * The shapes of the batch lane on the same Pins of the Tate corpus, with a generation that has learned all of it: three
 * pools on Kafka, the stages fused on Kafka, and both embedded, with no broker. Each pool works in a process of its own,
 * one after another, so that none waits for another's core; each does a run to warm up, and the next is measured. CPU is
 * that of the workers, brokers not included. Rounds alternate, and all shapes have to give the same results.
 * Usage: node bench/pools.ts [--json]
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PATHS } from '../cli/paths.ts';
import type { Registry } from '../shared/registry/registry.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { CLIENTS, type ClientName } from '../shared/stream/kafka/clients.ts';
import { readAll, type Headers, type Log } from '../shared/stream/log.ts';
import { PHASES, type Phase } from '../shared/stream/observer.ts';
import { pinsTopic, PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import type { StageName } from '../shared/stream/stage.ts';
import { createTopics } from '../shared/stream/topics.ts';
import { startKafka } from '../test/support/brokers/kafka.ts';
import { startRegistry } from '../test/support/brokers/registry.ts';
import { runHeaders } from '../workers/headers.ts';
import { publishPins } from '../workers/ingest.ts';
import { RESULTS_TOPIC, type PinInterests } from '../workers/publishing/topic.ts';
import { BATCH_PINS_TOPIC, replayPins } from '../workers/replay.ts';
import { publishVersion } from '../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../workers/taxonomies/topic.ts';
import { runChild } from './support/child.ts';
import { median, round } from './support/figures.ts';
import { openLog, type LogPlace } from './support/log.ts';
import type { PoolFigures, PoolTask } from './support/pool.ts';
import { runBenchmark, type Claim } from './support/report.ts';
import { GENERATION, learnTate, openTate } from './support/tate.ts';

const ROUNDS = 3;
const PARTITIONS = 4;
/** One Pin of so many. */
const EVERY = 12;

const MEASURED_TOPICS: readonly string[] = [
  ...[PINS_TOPIC, BATCH_PINS_TOPIC, 'p2i-candidates', 'p2i-features', 'p2i-ranked', RESULTS_TOPIC],
];

const POOLS: StageName[][] = [['candidates'], ['features'], ['ranking'], ['publishing']];
const FUSED: StageName[][] = [['candidates', 'features', 'ranking'], ['publishing']];

interface Shape {
  name: string;
  workers: StageName[][];
  /** Undefined: embedded. */
  client?: ClientName;
}

const EMBEDDED = shapesOn();
const ON_KAFKA = CLIENTS.map((client) => shapesOn(client));
const SHAPES: Shape[] = [EMBEDDED, ...ON_KAFKA].flatMap(({ fused, pools }) => [fused, pools]);

function shapesOn(client?: ClientName): { name: string; fused: Shape; pools: Shape } {
  const name = client ?? 'embedded';
  const shape = (of: string, workers: StageName[][]): Shape => ({
    ...{ name: `${of}, ${name}`, workers },
    ...(client && { client }),
  });
  return { name, fused: shape('fused', FUSED), pools: shape('pools', POOLS) };
}

/** Times the CPU of the fused stages that pools may take, and of the embedded log that Kafka may take. */
const MOST_OF_POOLS = 6;
const MOST_OF_KAFKA = 1.6;

/** Of one shape in one round. */
interface Measured {
  /** By process. */
  figures: PoolFigures[];
  /** That a run leaves on each topic, by Pin. */
  bytes: Record<string, number>;
  /** Of the results. */
  digest: string;
}

const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
const tate = await openTate();
const pins = tate.pins.filter((_, i) => i % EVERY === 0);
await runBenchmark(async () => {
  try {
    const store = new LmdbStore(join(directory, 'store', 'cooccurrence'));
    learnTate(tate, store);
    await store.close();
    const rounds: Map<Shape, Measured>[] = [];
    for (let number = 0; number < ROUNDS; number++) rounds.push(await roundOf(number));
    return {
      claims: claimsOf(rounds),
      tables: {
        [`${pins.length} Pins, ${ROUNDS} rounds`]: SHAPES.map((shape) => resultOf(shape, rounds)),
        'wall microseconds a Pin': SHAPES.flatMap((shape) => phasesOf(shape, rounds)),
        'bytes a Pin': SHAPES.map((shape) => ({ shape: shape.name, ...rounds[0].get(shape)!.bytes })),
      },
    };
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** All shapes in turn, from the other end in every other round. */
async function roundOf(number: number): Promise<Map<Shape, Measured>> {
  const measured = new Map<Shape, Measured>();
  for (const shape of number % 2 === 0 ? SHAPES : SHAPES.toReversed())
    measured.set(shape, await measure(shape, join(directory, `${SHAPES.indexOf(shape)}-${number}`)));
  const digests = new Set([...measured.values()].map(({ digest }) => digest));
  assert.equal(digests.size, 1, 'the shapes give different results');
  return measured;
}

async function measure(shape: Shape, place: string): Promise<Measured> {
  const { client } = shape;
  if (client === undefined) return measureAt(shape, { state: place }, join(place, 'topics'));
  await using stack = new AsyncDisposableStack();
  const cluster = await startKafka({ directory: place });
  stack.defer(() => cluster.close());
  const schemas = await startRegistry();
  stack.defer(() => schemas.close());
  const kafka = { client, brokers: cluster.bootstrap, registry: schemas.url };
  return await measureAt(shape, { kafka }, join(place, 'node-0', 'data'));
}

/** @param topics the directory in which each partition has one of its own, or is a file */
async function measureAt({ workers, client }: Shape, log: LogPlace, topics: string): Promise<Measured> {
  const embedded = client === undefined;
  await withLog(log, (opened, registry) => prepare(opened, registry, embedded ? 1 : 2));
  const shared = { ...log, store: join(directory, 'store'), pins: pins.length };
  await rm(join(directory, 'store', 'published'), { recursive: true, force: true });
  // Only one process can have an embedded log: there all workers share one.
  const processes = embedded ? [workers] : workers.map((worker) => [worker]);
  const figures: PoolFigures[] = [];
  for (const worked of processes) {
    const task: PoolTask = { ...shared, workers: worked, ...(embedded && { second: headersOf(2) }) };
    figures.push(await runChild<PoolFigures>('pool.ts', task));
  }
  const digest = await withLog(log, digestOf);
  return { figures, bytes: await bytesOf(topics), digest };
}

async function withLog<T>(place: LogPlace, work: (log: Log, registry: Registry) => Promise<T>): Promise<T> {
  const { log, registry } = await openLog(place);
  try {
    return await work(log, registry);
  } finally {
    await log.close();
  }
}

/** Everything that workers need to be there, with the first runs. */
async function prepare(log: Log, registry: Registry, runs: number): Promise<void> {
  await createTopics(log, PARTITIONS);
  const jsonl = await readFile(PATHS.taxonomy);
  await publishVersion(log, registry, packTaxonomy(jsonl, PATHS.taxonomy, { published: 0, reason: '' }));
  await publishPins(log, pinsTopic(registry), {
    pins: Readable.from(pins),
    onRejected: (error) => assert.fail(error),
    onProgress: () => undefined,
  });
  for (let number = 1; number <= runs; number++) await replayPins(log, registry, headersOf(number));
}

function headersOf(number: number): Headers {
  return runHeaders({
    run: `run-${number}`,
    order: number,
    lane: 'batch',
    taxonomy: tate.artefacts.taxonomy.version,
    generation: GENERATION,
  });
}

/** Of what stands on p2i-results in the end, one result a Pin. */
async function digestOf(log: Log, registry: Registry): Promise<string> {
  const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  const results = new Map<string, string>();
  for await (const { key, value } of readAll(log, RESULTS_TOPIC))
    results.set(key, JSON.stringify(codec.decode(value, key)));
  assert.equal(results.size, pins.length);
  return createHash('sha256')
    .update(JSON.stringify([...results].sort()))
    .digest('hex');
}

/** Bytes of each topic's files, by Pin and run. @param topics of files `<topic>/<partition>.log` or `<topic>-<partition>/*.log` */
async function bytesOf(topics: string): Promise<Record<string, number>> {
  const bytes: Record<string, number> = Object.fromEntries(MEASURED_TOPICS.map((topic) => [topic, 0]));
  for (const path of await readdir(topics, { recursive: true })) {
    const topic = /^(.*?)(-\d+)?\/[^/]*\.log$/.exec(path)?.[1];
    if (topic === undefined || !MEASURED_TOPICS.includes(topic)) continue;
    bytes[topic] += (await stat(join(topics, path))).size / pins.length / (topic === PINS_TOPIC ? 1 : 2);
  }
  return Object.fromEntries(Object.entries(bytes).map(([topic, of]) => [topic, Math.round(of)]));
}

function claimsOf(rounds: readonly Map<Shape, Measured>[]): Claim[] {
  return ON_KAFKA.flatMap(({ name, fused, pools }): Claim[] => [
    {
      name: `CPU a Pin, pools against fused, ${name}`,
      ...{ value: timesCpu(pools, fused, rounds), unit: '×', atMost: MOST_OF_POOLS, gated: true },
    },
    {
      name: `CPU a Pin, fused, ${name} against embedded`,
      ...{ value: timesCpu(fused, EMBEDDED.fused, rounds), unit: '×', atMost: MOST_OF_KAFKA, gated: true },
    },
  ]);
}

/** How many times the CPU of another shape one takes: the median of the rounds' ratios. */
function timesCpu(shape: Shape, other: Shape, rounds: readonly Map<Shape, Measured>[]): number {
  return round(
    median(rounds.map((measured) => sum(cpuOf(measured.get(shape)!)) / sum(cpuOf(measured.get(other)!)))),
  );
}

/** Microseconds a Pin, by process. */
function cpuOf({ figures }: Measured): number[] {
  return figures.map(({ cpu, pins: done }) => (cpu * 1e6) / done);
}

/** Medians of the rounds, by Pin. */
function resultOf(shape: Shape, rounds: readonly Map<Shape, Measured>[]): Record<string, string | number> {
  const wallOf = ({ figures }: Measured): number[] => figures.map((of) => (of.wall * 1e6) / of.pins);
  const measured = rounds.map((round) => round.get(shape)!);
  const cpu = median(measured.map((of) => sum(cpuOf(of))));
  const result = {
    shape: shape.name,
    'Pins/s and core': Math.round(1e6 / cpu),
    'CPU µs': Math.round(cpu),
    'times the first': timesCpu(shape, SHAPES[0], rounds),
    'wall µs': Math.round(median(measured.map((of) => sum(wallOf(of))))),
  };
  if (shape.client === undefined) return result;
  const byProcess = shape.workers.map(
    (stages, i) =>
      [`CPU µs, ${stages.join(', ')}`, Math.round(median(measured.map((of) => cpuOf(of)[i])))] as const,
  );
  return { ...result, ...Object.fromEntries(byProcess) };
}

/** Wall microseconds a Pin of each stage, by phase: medians of the rounds. */
function phasesOf(shape: Shape, rounds: readonly Map<Shape, Measured>[]): Record<string, string | number>[] {
  const reports = rounds.map((round) => round.get(shape)!.figures.flatMap(({ stages }) => stages));
  return reports[0].map(({ stage }, i) => {
    const perPin = (phase: Phase): number =>
      round(median(reports.map((of) => (of[i].seconds[phase] * 1e6) / of[i].pinsIn)));
    return { shape: shape.name, stage, ...Object.fromEntries(PHASES.map((phase) => [phase, perPin(phase)])) };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
