import { createHash } from 'node:crypto';
import { hashText } from '../shared/cooccurrence/hash.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { Pin, PinBatch } from '../shared/pins/pin.ts';
import type { BatchTopic } from '../shared/stream/binding.ts';
import { PINS_HEADER } from '../shared/stream/headers.ts';
import { readAll, type Log } from '../shared/stream/log.ts';

/** Pins of one record: a Pin costs little more alone than among many, and a batch fits the caches. */
const BATCH_PINS = 256;

/** Bytes of one record, unless a single Pin has more: brokers take no record above the topic's max.message.bytes. */
const RECORD_BYTES = 1 << 20;

/** Records of one transaction. */
const TRANSACTION_RECORDS = 16;

const SHARD_SEED = 0x73;

/** Where Pins come from, and who is told how it goes. */
export interface PinInput {
  pins: AsyncIterable<Pin | P2iError>;
  /** Gets what the input could not make a Pin of. */
  onRejected: (error: P2iError) => void;
  /** Is told how many Pins were read. */
  onProgress: (pins: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes Pins to the topic, a shard of their ids to a partition, in batches. The same Pins in the same order make the
 * same records, so that after a kill the same call skips what is there and goes on: nothing is lost or written twice.
 *
 * @returns how many Pins the topic holds of this input
 * @throws P2iError CONFIG_INVALID where the topic holds other Pins
 */
export async function ingestPins(
  log: Log,
  topic: BatchTopic<PinBatch>,
  partitions: number,
  input: PinInput,
): Promise<number> {
  await log.createTopic(topic.topic, partitions);
  const there = await digests(log, topic.topic, partitions);
  const written = new Array<number>(partitions).fill(0);
  const writer = new BatchWriter(log, topic);
  const pins = await inShards(input, topic, partitions, async (partition, batch, value) => {
    const known = there[partition][written[partition]++];
    if (known === undefined) await writer.write(partition, batch, value);
    else if (known !== digest(value)) {
      throw new P2iError('CONFIG_INVALID', 'it holds other Pins than this input; choose another --state', {
        where: `${topic.topic}-${partition}@${written[partition] - 1}`,
      });
    }
  });
  await writer.end();
  return pins;
}

/**
 * Appends Pins to the corpus as it is: new ones, newer versions, deletions.
 *
 * @returns how many
 * @throws P2iError CONFIG_INVALID where the topic is not there
 */
export async function publishPins(log: Log, topic: BatchTopic<PinBatch>, input: PinInput): Promise<number> {
  const partitions = await log.partitions(topic.topic);
  if (partitions === 0)
    throw new P2iError('CONFIG_INVALID', 'there is no such topic', { where: topic.topic });
  const writer = new BatchWriter(log, topic);
  const pins = await inShards(input, topic, partitions, (...record) => writer.write(...record));
  await writer.end();
  return pins;
}

/** The partition of a Pin: everything about it lies in the one, on every topic. */
export function partitionOf(pin: string, partitions: number): number {
  return hashText(pin, SHARD_SEED) % partitions;
}

/** Deals the Pins out to partitions, in batches. @returns how many there were */
async function inShards(
  { pins, onRejected, onProgress, signal }: PinInput,
  topic: BatchTopic<PinBatch>,
  partitions: number,
  take: (partition: number, batch: readonly Pin[], value: Uint8Array) => Promise<void>,
): Promise<number> {
  /** In halves, where it would be too large a record. */
  const close = async (partition: number, batch: PinBatch): Promise<void> => {
    const value = topic.encode(batch);
    if (value.length <= RECORD_BYTES || batch.pins.length === 1) return take(partition, batch.pins, value);
    for (const half of topic.split(batch)) await close(partition, half);
  };
  const open = Array.from({ length: partitions }, (): Pin[] => []);
  let read = 0;
  for await (const pin of pins) {
    signal?.throwIfAborted();
    if (pin instanceof P2iError) {
      onRejected(pin);
      continue;
    }
    onProgress(++read);
    const partition = partitionOf(pin.id, partitions);
    open[partition].push(pin);
    if (open[partition].length < BATCH_PINS) continue;
    await close(partition, { pins: open[partition] });
    open[partition] = [];
  }
  for (const [partition, batch] of open.entries())
    if (batch.length > 0) await close(partition, { pins: batch });
  return read;
}

/** Appends batches, some in a transaction. */
class BatchWriter {
  readonly #log: Log;
  readonly #topic: string;
  #transaction;
  #records = 0;

  constructor(log: Log, { topic }: BatchTopic<PinBatch>) {
    this.#log = log;
    this.#topic = topic;
    this.#transaction = log.transaction();
  }

  async write(partition: number, pins: readonly Pin[], value: Uint8Array): Promise<void> {
    const timestamp = Math.max(...pins.map((pin) => pin.createdAt));
    this.#transaction.append(this.#topic, partition, {
      key: String(partition),
      timestamp,
      headers: { [PINS_HEADER]: String(pins.length) },
      value,
    });
    if (++this.#records === TRANSACTION_RECORDS) await this.end();
  }

  async end(): Promise<void> {
    if (this.#records > 0) await this.#transaction.commit();
    this.#transaction = this.#log.transaction();
    this.#records = 0;
  }
}

/** Digests of the values that the topic holds, by partition. */
async function digests(log: Log, topic: string, partitions: number): Promise<string[][]> {
  const all = Array.from({ length: partitions }, (): string[] => []);
  for await (const { partition, value } of readAll(log, topic))
    all[partition].push(digest(value ?? NO_BYTES));
  return all;
}

function digest(value: Uint8Array): string {
  return createHash('sha1').update(value).digest('base64');
}

const NO_BYTES = new Uint8Array(0);
