/**
 * The two Kafka client libraries, through our adapters, on one real broker with real content: batches of Pins and of
 * features. Each works in a process of its own, so that its CPU and memory are its own. CPU is that of the client, zstd
 * included; a GB is one of values before compression. Rounds alternate, and the ratio is the median of the rounds'
 * ratios. Usage: node bench/kafka-clients.ts [--json]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { CLIENTS, type ClientName } from '../shared/stream/kafka/clients.ts';
import { pinsTopic } from '../shared/stream/pins-topic.ts';
import { MAX_RECORD_BYTES } from '../shared/stream/topics.ts';
import { startKafka } from '../test/support/brokers/kafka.ts';
import { runChild } from './support/child.ts';
import { pipelineContent, type Content } from './support/content.ts';
import { median, round } from './support/figures.ts';
import type { ClientTask, Figures } from './support/kafka-client.ts';
import { runBenchmark, type Claim } from './support/report.ts';

const ROUNDS = 4;

type Work = Pick<ClientTask, 'work' | 'values' | 'repeat' | 'transaction'> & { name: string };

/** The figures of one round. */
type Round = Record<ClientName, Figures>;

/** Measured of both clients. */
type Result = Record<ClientName, number> & {
  /** With its unit. */
  figure: string;
  /** kafkajs / platformatic. */
  ratio: number;
};

/** What a worker does all day: kafkajs takes no less CPU for it. */
const CLAIMED = ['Pins: read-process-write, CPU s/GB', 'features: read-process-write, CPU s/GB'];
const LEAST = 1;

const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
const kafka = await startKafka({ properties: { 'message.max.bytes': String(MAX_RECORD_BYTES) } });
await runBenchmark(async () => {
  try {
    const works = await writeContent();
    const rounds: Round[] = [];
    for (let number = 0; number < ROUNDS; number++) rounds.push(await roundOf(works, number));
    const results = compare(rounds);
    return { claims: claimsOf(results), tables: { [`${ROUNDS} rounds`]: results } };
  } finally {
    await kafka.close();
    await rm(directory, { recursive: true });
  }
});

function claimsOf(results: readonly Result[]): Claim[] {
  return results
    .filter(({ figure }) => CLAIMED.includes(figure))
    .map(({ figure, ratio }) => ({
      name: `${figure}, kafkajs against platformatic`,
      ...{ value: ratio, unit: '×', atLeast: LEAST, gated: true },
    }));
}

/** Writes what is to be moved where the clients find it. */
async function writeContent(): Promise<Work[]> {
  const { registry, pins, features } = await pipelineContent();
  const topic = pinsTopic(registry);
  const small = pins.batches[0].pins.map((pin) => topic.encode({ pins: [pin] }));
  const works = [
    // 100 MB as an ingest writes them, and 120 MB as the features pool does.
    { name: 'Pins', values: valuesOf(pins), work: 'throughput', repeat: 70, transaction: 16 },
    { name: 'features', values: valuesOf(features), work: 'throughput', repeat: 1, transaction: 1 },
    { name: 'one Pin', values: small, work: 'latency', repeat: 1, transaction: 1 },
  ] as const;
  return Promise.all(
    works.map(async ({ values, ...work }) => {
      const path = join(directory, work.name);
      await writeFile(path, serialize(values));
      return { ...work, values: path };
    }),
  );
}

function valuesOf({ records }: Content<unknown>): Uint8Array[] {
  return records.flat().map(({ value }) => value!);
}

/** All works, of both clients in turn; who is first changes from round to round. */
async function roundOf(works: readonly Work[], number: number): Promise<Round> {
  const figures: Round = { kafkajs: {}, platformatic: {} };
  for (const { name, ...work } of works) {
    for (const client of number % 2 === 0 ? CLIENTS : CLIENTS.toReversed()) {
      const prefix = `${name.replace(' ', '-')}-${client}-${number}`;
      const task: ClientTask = { ...work, client, prefix, brokers: kafka.bootstrap };
      const made = await runChild<Figures>('kafka-client.ts', task);
      for (const [figure, value] of Object.entries(made)) figures[client][`${name}: ${figure}`] = value;
    }
  }
  return figures;
}

function compare(rounds: readonly Round[]): Result[] {
  return Object.keys(rounds[0].kafkajs).map((figure) => {
    const kafkajs = rounds.map((of) => of.kafkajs[figure]);
    const platformatic = rounds.map((of) => of.platformatic[figure]);
    return {
      figure,
      kafkajs: round(median(kafkajs)),
      platformatic: round(median(platformatic)),
      ratio: round(median(kafkajs.map((value, i) => value / platformatic[i]))),
    };
  });
}
