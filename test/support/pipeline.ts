import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '../../shared/features/feature.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { readTate } from '../../shared/pins/tate.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { openClient, type ClientName } from '../../shared/stream/kafka/clients.ts';
import { KafkaLog } from '../../shared/stream/kafka/log.ts';
import { readAll, type LogRecord } from '../../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { createTopics, TOPICS } from '../../shared/stream/topics.ts';
import { partitionOf } from '../../workers/ingest.ts';
import { runHeaders } from '../../workers/headers.ts';
import { RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { replayPins } from '../../workers/replay.ts';
import { publishVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../workers/taxonomies/topic.ts';
import { startKafka, type KafkaCluster, type KafkaOptions } from './brokers/kafka.ts';
import { startRegistry, type SchemaRegistry } from './brokers/registry.ts';
import { plainEnvironment } from './environment.ts';
import { scaled } from './scale.ts';
import { TATE } from './tate-jsonl.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The command line. */
export const MAIN = join(ROOT, 'cli/main.ts');

export interface PipelineOptions {
  brokers?: 1 | 3;
  /** More of what the brokers are started with. */
  kafka?: Pick<KafkaOptions, 'listeners' | 'properties'>;
  partitions: number;
  /** JSONL of the taxonomy that is published; the Tate one where it is absent. */
  taxonomy?: Uint8Array;
  client?: ClientName;
}

/** A result record, decoded; `interests` is undefined where it is a tombstone. */
export interface ReadResult {
  key: string;
  partition: number;
  offset: number;
  value: PinInterests | undefined;
}

/** Real brokers, a real registry, all topics, one published taxonomy; workers are processes of their own. */
export class Pipeline {
  readonly cluster: KafkaCluster;
  readonly schemas: SchemaRegistry;
  readonly log: KafkaLog;
  readonly registry: Registry;
  readonly partitions: number;
  /** The published taxonomy version. */
  readonly taxonomy: string;
  /** For the stores of its workers. */
  readonly directory: string;
  readonly #client: ClientName;
  readonly #workers = new Set<WorkerProcess>();

  private constructor(
    parts: Pick<Pipeline, 'cluster' | 'schemas' | 'log' | 'registry' | 'partitions' | 'taxonomy'>,
    client: ClientName,
  ) {
    this.cluster = parts.cluster;
    this.schemas = parts.schemas;
    this.log = parts.log;
    this.registry = parts.registry;
    this.partitions = parts.partitions;
    this.taxonomy = parts.taxonomy;
    this.directory = mkdtempSync(join(tmpdir(), 'p2i-pipeline-'));
    this.#client = client;
  }

  static async start(options: PipelineOptions): Promise<Pipeline> {
    const { brokers = 1, partitions, client = 'kafkajs' } = options;
    const [cluster, schemas] = await Promise.all([
      startKafka({ brokers, ...options.kafka }),
      startRegistry(),
    ]);
    const registry = await Registry.connect({ url: schemas.url, directory: join(ROOT, 'schemas') });
    const kafka = await openClient(client, { brokers: cluster.bootstrap, clientId: 'test' });
    const log = new KafkaLog(kafka);
    await createTopics(log, partitions);
    const jsonl = options.taxonomy ?? (await readFile(join(TATE, 'taxonomy.jsonl')));
    const version = packTaxonomy(jsonl, 'taxonomy.jsonl', { published: 0, reason: '' });
    await publishVersion(log, registry, version);
    return new Pipeline({ cluster, schemas, log, registry, partitions, taxonomy: version.version }, client);
  }

  /** The options of a command that say where the topics are. */
  get connection(): string[] {
    return [
      ...['--brokers', this.cluster.bootstrap.join(',')],
      ...['--registry', this.schemas.url],
      ...['--client', this.#client],
    ];
  }

  /** Starts `p2i worker`; with `program`, another program that takes the same arguments. */
  worker(stages: readonly StageName[], options: WorkerProcessOptions = {}): WorkerProcess {
    const { lane = 'batch', store = stages.join('-'), threads = 1, program = MAIN } = options;
    const { node = [], more = [] } = options;
    const args = [
      ...[...node, program, 'worker', '--stages', stages.join(','), '--lane', lane],
      ...['--store', join(this.directory, store), '--threads', String(threads)],
      ...[...this.connection, ...more],
    ];
    return this.#started(new WorkerProcess(args, options.env ?? {}));
  }

  #started(worker: WorkerProcess): WorkerProcess {
    this.#workers.add(worker);
    void worker.exited.then(() => this.#workers.delete(worker));
    return worker;
  }

  /** Starts `p2i backfill worker`. */
  backfillWorker(redis: string, more: readonly string[] = []): WorkerProcess {
    const args = [MAIN, 'backfill', 'worker', '--redis', redis, ...this.connection, ...more];
    return this.#started(new WorkerProcess(args, {}));
  }

  /** Appends Pins to p2i-pins, in records of `size` Pins. */
  async publish(pins: readonly Pin[], size: number): Promise<void> {
    const topic = pinsTopic(this.registry);
    const shards = Map.groupBy(pins, ({ id }) => partitionOf(id, this.partitions));
    for (const [partition, shard] of shards) {
      const transaction = this.log.transaction();
      for (let from = 0; from < shard.length; from += size) {
        const batch = shard.slice(from, from + size);
        const timestamp = Math.max(...batch.map(({ createdAt }) => createdAt));
        const value = topic.encode({ pins: batch });
        transaction.append(PINS_TOPIC, partition, { key: String(partition), timestamp, headers: {}, value });
      }
      await transaction.commit();
    }
  }

  /** Copies the corpus to p2i-batch-pins as a run. */
  async replay(run: string, order: number, generation = 0, taxonomy = this.taxonomy): Promise<void> {
    const headers = runHeaders({ run, order, lane: 'batch', taxonomy, generation });
    await replayPins(this.log, this.registry, headers);
  }

  /** All committed records of p2i-results. */
  async results(): Promise<ReadResult[]> {
    const codec = this.registry.codec<PinInterests>(RESULTS_TOPIC);
    const results: ReadResult[] = [];
    for await (const { key, partition, offset, value } of readAll(this.log, RESULTS_TOPIC)) {
      results.push({
        key,
        partition,
        offset,
        value: value === null ? undefined : codec.decode(value, `${partition}@${offset}`),
      });
    }
    return results;
  }

  /** All committed records of a topic. */
  async records(topic: string): Promise<(LogRecord & { partition: number })[]> {
    const records = [];
    for await (const record of readAll(this.log, topic)) records.push(record);
    return records;
  }

  /** Waits until the group has consumed all that the topic holds. @throws where that takes longer than `seconds` */
  async untilConsumed(group: string, topic: string, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const [ends, committed] = await Promise.all([
        this.log.endOffsets(topic),
        this.log.committedOffsets(group, topic),
      ]);
      // The last offset of a partition is the end marker of the transaction that wrote it: no record.
      const lag = ends.map((end, partition) => Math.max(0, end - 1 - committed[partition]));
      if (lag.every((behind) => behind === 0)) return;
      if (Date.now() > deadline) throw new Error(`${group} is still ${lag.join(', ')} records behind`);
      await sleep(200);
    }
  }

  /** Where everything is, and what its workers said last: for the message of a test that failed. */
  async describe(): Promise<string> {
    const lines = [];
    for (const topic of Object.keys(TOPICS))
      lines.push(`${topic} ends at ${(await this.log.endOffsets(topic)).join(', ')}`);
    for (const { stderr } of this.#workers)
      lines.push('a worker:', ...stderr.trimEnd().split('\n').slice(-6));
    return lines.join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
    await this.log.close();
    await Promise.all([this.cluster.close(), this.schemas.close()]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface WorkerProcessOptions {
  lane?: Lane;
  /** Directory of its stores within that of the pipeline: workers of one machine share one. */
  store?: string;
  /** One, unless the test is of more. */
  threads?: number;
  program?: string;
  /** Options of Node. */
  node?: readonly string[];
  /** More arguments. */
  more?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** How long a worker may take to log what is waited for, s. */
const LOGGED_S = scaled(120, 600);

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** What it logged. */
  stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...plainEnvironment(), ...env },
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(this.child, 'exit').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
    );
  }

  /** Resolves when it has logged the text. @throws where it ends first, or takes too long */
  async logged(text: string): Promise<void> {
    const deadline = Date.now() + LOGGED_S * 1000;
    while (!this.stderr.includes(text)) {
      if (Date.now() > deadline) throw new Error(`no "${text}" within ${LOGGED_S} s: ${this.stderr}`);
      const ended = await Promise.race([this.exited, sleep(50, undefined)]);
      if (ended !== undefined && !this.stderr.includes(text))
        throw new Error(`the worker ended with ${ended}: ${this.stderr}`);
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to end. @returns its exit code */
  async stop(): Promise<number | NodeJS.Signals> {
    this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** Where a worker serves its metrics, by what it logged: it was given a port. */
export function portOf({ stderr }: WorkerProcess): number {
  return Number(/"port":(\d+)/.exec(stderr)![1]);
}

/** Some Pins of the Tate sample, every n-th. */
export async function tatePins(everyNth: number): Promise<Pin[]> {
  return (await readTate(TATE)).pins.filter((_, i) => i % everyNth === 0);
}
