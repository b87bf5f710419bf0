/*
 * One client library at work on a broker, in a process of its own: its CPU and memory are nobody else's. Started by
 * bench/kafka-clients.ts, with a task as JSON for its argument; sends its figures.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize } from 'node:v8';
import { inBatches } from '../../quality/batches.ts';
import { openClient, type ClientName } from '../../shared/stream/kafka/clients.ts';
import { KafkaLog } from '../../shared/stream/kafka/log.ts';
import { commitTransaction } from '../../shared/stream/kafka/transaction.ts';
import type { Consumer, NewRecord, Polled } from '../../shared/stream/log.ts';
import { quantile } from './figures.ts';

export interface ClientTask {
  client: ClientName;
  brokers: string[];
  /** Of topics that this process makes for itself. */
  prefix: string;
  /** A serialised list of values: what it moves, or, for `latency`, sends one by one. */
  values: string;
  work: 'throughput' | 'latency';
  /** How often the values are written, and how many of them in a transaction. */
  repeat: number;
  transaction: number;
}

/** By name, with the unit. */
export type Figures = Record<string, number>;

const PARTITIONS = 4;
/** As workers poll. */
const POLL_BYTES = 1 << 18;
const WAIT_MS = 250;
const TRANSACTIONS = 300;
const MESSAGES = 150;
/** The first ones, in which connections open and V8 compiles. */
const WARM_UP = 30;

const task = JSON.parse(process.argv[2]) as ClientTask;
const values = deserialize(readFileSync(task.values)) as Uint8Array[];
const client = await openClient(task.client, { brokers: task.brokers, clientId: 'p2i-bench' });
const log = new KafkaLog(client);
const figures = task.work === 'latency' ? await latency() : await throughput();
await log.close();
process.send!(figures);

async function throughput(): Promise<Figures> {
  const from = `${task.prefix}-from`;
  const to = `${task.prefix}-to`;
  await log.createTopic(from, PARTITIONS);
  await log.createTopic(to, PARTITIONS);
  const records = Array.from({ length: task.repeat }, () => values)
    .flat()
    .map(recordOf);
  const bytes = records.reduce((sum, { value }) => sum + value!.length, 0);
  const atRest = process.memoryUsage.rss();
  let peak = atRest;
  // What the system calls the peak is also that of the process which forked this one.
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);

  const producer = await client.producer(`${task.prefix}-producer`);
  const produced = await measure(bytes, async () => {
    const placed = records.map((record, i) => ({ ...record, topic: from, partition: i % PARTITIONS }));
    for (const transaction of inBatches(placed, task.transaction))
      await commitTransaction(producer, transaction);
  });
  await producer.close();
  const reader = await joined(from, 'consume');
  const consumed = await measure(bytes, () => toEnd(reader, from, async () => undefined));
  await reader.close();
  const worker = await joined(from, 'process');
  const processed = await measure(bytes, () =>
    toEnd(worker, from, async ({ partition, epoch, records: polled }) => {
      const transaction = log.transaction();
      for (const record of polled) transaction.append(to, partition, record);
      transaction.consumed('process', from, partition, polled[polled.length - 1].offset + 1, epoch);
      await transaction.commit();
    }),
  );
  await worker.close();
  clearInterval(sampling);
  return {
    'produce, CPU s/GB': produced.cpu,
    'consume, CPU s/GB': consumed.cpu,
    'read-process-write, CPU s/GB': processed.cpu,
    'produce, MB/s': produced.rate,
    'consume, MB/s': consumed.rate,
    'read-process-write, MB/s': processed.rate,
    'peak memory over that at rest, MB': (peak - atRest) / 1e6,
  };
}

async function latency(): Promise<Figures> {
  const topic = `${task.prefix}-small`;
  await log.createTopic(topic, PARTITIONS);
  const producer = await client.producer(`${task.prefix}-producer`);
  /** Sends one value in a transaction, with its number for a key. @returns how long that took, ms */
  const send = async (number: number): Promise<number> => {
    const record = { ...recordOf(values[number % values.length]), key: String(number) };
    const start = performance.now();
    await commitTransaction(producer, [{ ...record, topic, partition: number % PARTITIONS }]);
    return performance.now() - start;
  };
  const transactions: number[] = [];
  for (let i = 0; i < TRANSACTIONS; i++) transactions.push(await send(i));

  const consumer = await joined(topic, 'tail', 'latest');
  const sent: number[] = [];
  const delays: number[] = [];
  const reading = (async () => {
    while (delays.length < MESSAGES) {
      const polled = await consumer.poll(POLL_BYTES, WAIT_MS);
      for (const { key } of polled?.records ?? []) delays.push(performance.now() - sent[Number(key)]);
    }
  })();
  for (let i = 0; i < MESSAGES; i++) {
    // Uneven pauses, so that nothing falls into step with a fetch that waits.
    await sleep(20 + ((i * 37) % 100));
    sent[i] = performance.now();
    await send(i);
  }
  await reading;
  await consumer.close();
  return {
    'transaction, median ms': quantile(transactions.slice(WARM_UP), 0.5),
    'transaction, p99 ms': quantile(transactions.slice(WARM_UP), 0.99),
    'produced to consumed, median ms': quantile(delays.slice(WARM_UP), 0.5),
    'produced to consumed, p99 ms': quantile(delays.slice(WARM_UP), 0.99),
  };
}

function recordOf(value: Uint8Array): NewRecord {
  return { key: '0', timestamp: 0, headers: { run: '2026-01-31', lane: 'batch' }, value };
}

/** A member of a group that has all partitions. */
async function joined(topic: string, group: string, start?: 'latest'): Promise<Consumer> {
  const consumer = await log.consumer(topic, group, start);
  while (consumer.partitions().size < PARTITIONS) await sleep(5);
  return consumer;
}

/** Hands all polls to `work`, until the topic is read to its end. */
async function toEnd(
  consumer: Consumer,
  topic: string,
  work: (polled: Polled) => Promise<void>,
): Promise<void> {
  const ends = await log.endOffsets(topic);
  const behind = (): boolean =>
    [...consumer.partitions()].some(([partition, { position }]) => position < ends[partition]);
  while (behind()) {
    const polled = await consumer.poll(POLL_BYTES, WAIT_MS);
    if (polled !== null) await work(polled);
  }
}

/** Seconds of CPU a GB of values, and MB of values a second. */
async function measure(bytes: number, work: () => Promise<void>): Promise<{ cpu: number; rate: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - start) / 1000;
  return { cpu: (user + system) / 1e6 / (bytes / 1e9), rate: bytes / 1e6 / seconds };
}
