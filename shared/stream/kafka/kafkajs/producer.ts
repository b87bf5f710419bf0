import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Producer, Transaction } from 'kafkajs';
import {
  TRANSACTION_TIMEOUT_MS,
  type KafkaConnection,
  type KafkaProducer,
  type ProducedRecord,
} from '../client.ts';
import { brokerError, errorType, within } from './errors.ts';
import { CompressionTypes } from './library.ts';
import { Wire } from './wire.ts';

/**
 * A transaction that follows another at once meets the end of that one (CONCURRENT_TRANSACTIONS), which takes the brokers
 * some milliseconds: the first retries are soon. All together last about 10 s.
 */
const PRODUCER_RETRIES = { initialRetryTime: 10, retries: 16 };

export class KafkajsProducer implements KafkaProducer {
  readonly #connection: KafkaConnection;
  readonly #id: string;
  readonly #wire: Wire;
  readonly #producer: Producer;
  readonly #closed: () => void;
  /** The one that is open, or that the next `begin` takes. */
  #transaction: Transaction | undefined;
  /** Whether the brokers know that it is open. */
  #begun = false;

  private constructor(connection: KafkaConnection, id: string, closed: () => void) {
    this.#connection = connection;
    this.#id = id;
    this.#closed = closed;
    this.#wire = new Wire(connection, PRODUCER_RETRIES);
    this.#producer = this.#wire.kafka.producer({
      transactionalId: id,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
  }

  /** @param closed is told when it is closed */
  static async open(
    connection: KafkaConnection,
    id: string,
    closed: (producer: KafkajsProducer) => void,
  ): Promise<KafkajsProducer> {
    const producer: KafkajsProducer = new KafkajsProducer(connection, id, () => closed(producer));
    try {
      await producer.#guard(id, () => producer.#open());
    } catch (error) {
      await producer.close();
      throw error;
    }
    return producer;
  }

  async begin(): Promise<void> {
    await this.#guard(this.#id, () => this.#open());
    this.#begun = false;
  }

  async send(records: readonly ProducedRecord[]): Promise<void> {
    const chunks = inChunks(records);
    if (chunks.length === 0) return;
    const [first] = chunks;
    const opening = first.batches.shift()!;
    await this.#guard(first.where, () => this.#begin(() => this.#sendChunk(first, opening)));
    // One partition a request: where kafkajs repeats one of several partitions in part and one has got another leader
    // meanwhile, it writes that one's records twice.
    const sent = await Promise.allSettled(
      chunks.map((chunk) =>
        this.#guard(chunk.where, async () => {
          for (const batch of chunk.batches) await this.#sendChunk(chunk, batch);
        }),
      ),
    );
    const failed = sent.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async consumed(group: string, topic: string, partition: number, nextOffset: number): Promise<void> {
    const offsets = {
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
    };
    await this.#guard(group, () => this.#begin(() => this.#transaction!.sendOffsets(offsets)));
  }

  async commit(): Promise<void> {
    await this.#guard(this.#id, () => this.#transaction!.commit());
    this.#transaction = undefined;
  }

  async abort(): Promise<void> {
    await this.#guard(this.#id, () => this.#transaction!.abort());
    this.#transaction = undefined;
  }

  async close(): Promise<void> {
    this.#closed();
    await this.#wire.disconnect(this.#producer);
  }

  /** Opens a transaction of which the brokers know nothing yet; the first time, takes the id over. */
  async #open(): Promise<void> {
    if (this.#transaction !== undefined) return;
    await this.#producer.connect();
    this.#transaction = await this.#producer.transaction();
  }

  async #sendChunk({ topic }: Chunk, messages: Message[]): Promise<void> {
    await this.#transaction!.send({ topic, messages, compression: CompressionTypes.ZSTD });
  }

  /**
   * Runs what may be the first that the brokers hear of the transaction: they refuse it, and have done nothing, while
   * they still write the end of the one before; or while the group's coordinator moves.
   */
  async #begin(operation: () => Promise<void>): Promise<void> {
    for (const deadline = performance.now() + BEGIN_MS; ;) {
      try {
        await operation();
        this.#begun = true;
        return;
      } catch (error) {
        const type = errorType(error);
        const passes = type === 'CONCURRENT_TRANSACTIONS' ? !this.#begun : COORDINATOR_MOVES.has(type);
        if (!passes || performance.now() > deadline) throw error;
      }
      await sleep(BEGIN_RETRY_MS);
    }
  }

  async #guard<T>(where: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await within(TRANSACTION_TIMEOUT_MS, operation());
    } catch (error) {
      throw brokerError(error, where, this.#connection);
    }
  }
}

const BEGIN_MS = 10_000;
const BEGIN_RETRY_MS = 10;
const COORDINATOR_MOVES: ReadonlySet<string | undefined> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** Records of one partition, cut into record batches. */
interface Chunk {
  topic: string;
  /** `topic-partition`. */
  where: string;
  batches: Message[][];
}

/** By partition. kafkajs makes one record batch of what it is given, which a topic takes up to max.message.bytes. */
function inChunks(records: readonly ProducedRecord[]): Chunk[] {
  const chunks = new Map<string, Chunk>();
  const bytes = new Map<Chunk, number>();
  for (const record of records) {
    const { topic, partition, key, value, headers, timestamp } = record;
    const where = `${topic}-${partition}`;
    let chunk = chunks.get(where);
    if (chunk === undefined) chunks.set(where, (chunk = { topic, where, batches: [] }));
    const size = sizeOf(record);
    let batch = chunk.batches.at(-1);
    if (batch === undefined || batch.length === BATCH_RECORDS || bytes.get(chunk)! + size > BATCH_BYTES) {
      chunk.batches.push((batch = []));
      bytes.set(chunk, 0);
    }
    bytes.set(chunk, bytes.get(chunk)! + size);
    batch.push({
      partition,
      key,
      value: value && Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      headers,
      timestamp: String(timestamp),
    });
  }
  return [...chunks.values()];
}

/** At most, before compression: some less than the million that a topic takes by default. */
const BATCH_BYTES = 900_000;
/** kafkajs' time for a batch grows with the square of its records. */
const BATCH_RECORDS = 1000;

/** Bytes of the record on the wire, at most. */
function sizeOf({ key, value, headers }: ProducedRecord): number {
  let bytes = RECORD_OVERHEAD + 3 * key.length + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers))
    bytes += RECORD_OVERHEAD + 3 * (name.length + text.length);
  return bytes;
}

/** Lengths, offset and timestamp, at most. */
const RECORD_OVERHEAD = 32;
