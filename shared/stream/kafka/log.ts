import { randomUUID } from 'node:crypto';
import { P2iError } from '../../errors/errors.ts';
import type { Consumer, Log, NewRecord, Start, Transaction } from '../log.ts';
import { COMMON_CONFIG, TOPICS } from '../topics.ts';
import type { KafkaClient, KafkaProducer, ProducedRecord } from './client.ts';
import { GroupConsumer, type GroupConsumerOptions } from './group-consumer.ts';
import { Reader } from './reader.ts';
import { stamped } from './timestamps.ts';
import { commitTransaction, partitionLost, type Consumed } from './transaction.ts';

export interface KafkaLogOptions {
  /** Copies of each partition of a topic that is made; -1: as the brokers are configured. */
  replication: number;
}

/**
 * The log on Kafka, over any client library.
 *
 * Exactly once, without trust in who is a member of the group: each input partition of a group has one transactional id.
 * A worker that is assigned the partition takes the id over, which fences whoever worked on it before and settles what
 * that one left open, and only then reads the committed offset and goes on from there (the first form of Kafka's exactly
 * once, before KIP-447). A worker that lost the partition without knowing can no longer commit.
 */
export class KafkaLog implements Log {
  readonly #client: KafkaClient;
  readonly #options: KafkaLogOptions;
  /** Those that are open. */
  readonly #consumers = new Set<GroupConsumer>();
  /** How many partitions a topic is known to have. */
  readonly #partitions = new Map<string, number>();
  /** For transactions that consume nothing. */
  #writer: KafkaProducer | undefined;
  /** Its next one settles what a failed one left open, for which readers would wait. */
  readonly #writerId = `p2i-writer-${randomUUID()}`;
  /** Resolves when those before are done: they go one after another. */
  #written: Promise<void> = Promise.resolve();

  constructor(client: KafkaClient, options: KafkaLogOptions = { replication: -1 }) {
    this.#client = client;
    this.#options = options;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const { replication } = this.#options;
    const config = { ...TOPICS[topic]?.config, ...COMMON_CONFIG };
    let there = await this.#client.partitions(topic);
    if (there === 0) {
      if (await this.#client.createTopic({ topic, partitions, replication, config })) return;
      there = await this.#client.partitions(topic);
    }
    if (there !== partitions) {
      throw new P2iError('CONFIG_INVALID', `it has ${there} partitions, not ${partitions}`, { where: topic });
    }
  }

  partitions(topic: string): Promise<number> {
    return this.#client.partitions(topic);
  }

  async endOffsets(topic: string): Promise<number[]> {
    await this.#check(topic);
    return (await this.#client.offsets(topic)).end;
  }

  async committedOffsets(group: string, topic: string): Promise<number[]> {
    await this.#check(topic);
    return (await this.#client.committedOffsets(group, topic)).map((offset) => offset ?? 0);
  }

  async offsetsAt(topic: string, time: number): Promise<number[]> {
    await this.#check(topic);
    // Brokers take a negative time for a question of another kind.
    return this.#client.offsetsAt(topic, Math.max(0, time));
  }

  async consumer(topic: string, group: string, start: Start = 'earliest'): Promise<Consumer> {
    await this.#check(topic);
    return this.#open({ topic, group, start });
  }

  async owner(topic: string, group: string, from: ReadonlyMap<number, number>): Promise<Consumer> {
    await this.#check(topic, ...from.keys());
    return this.#open({ topic, group, start: from });
  }

  async reader(topic: string, from?: ReadonlyMap<number, number>): Promise<Consumer> {
    await this.#check(topic, ...(from?.keys() ?? []));
    return Reader.open(this.#client, topic, from);
  }

  transaction(): Transaction {
    const records: ProducedRecord[] = [];
    let consumed: Consumed | undefined;
    return {
      append: (topic: string, partition: number, record: NewRecord): void => {
        records.push({ ...stamped(record), topic, partition });
      },
      consumed: (group, topic, partition, nextOffset, epoch = 0): void => {
        consumed = { group, topic, partition, nextOffset, epoch };
      },
      commit: () => (consumed === undefined ? this.#write(records) : this.#commit(records, consumed)),
    };
  }

  ready(): Promise<void> {
    return this.#client.ping();
  }

  async close(): Promise<void> {
    for (const consumer of [...this.#consumers]) await consumer.close();
    await this.#client.close();
  }

  async #open(options: GroupConsumerOptions): Promise<Consumer> {
    const consumer: GroupConsumer = await GroupConsumer.open(this.#client, options, () =>
      this.#consumers.delete(consumer),
    );
    this.#consumers.add(consumer);
    return consumer;
  }

  /** @throws P2iError CONFIG_INVALID where there is no such topic, or it lacks one of the partitions */
  async #check(topic: string, ...partitions: number[]): Promise<void> {
    if (this.#isKnown(topic, Math.max(0, ...partitions))) return;
    const count = await this.#client.partitions(topic);
    if (count === 0) throw new P2iError('CONFIG_INVALID', 'there is no such topic', { where: topic });
    this.#partitions.set(topic, count);
    const missing = partitions.find((partition) => !this.#isKnown(topic, partition));
    if (missing === undefined) return;
    throw new P2iError('CONFIG_INVALID', 'there is no such partition', { where: `${topic}-${missing}` });
  }

  async #checkPlaces(records: readonly ProducedRecord[]): Promise<void> {
    for (const { topic, partition } of records)
      if (!this.#isKnown(topic, partition)) await this.#check(topic, partition);
  }

  #isKnown(topic: string, partition: number): boolean {
    return partition < (this.#partitions.get(topic) ?? 0);
  }

  async #commit(records: readonly ProducedRecord[], consumed: Consumed): Promise<void> {
    await this.#checkPlaces(records);
    for (const consumer of this.#consumers)
      if (consumer.holds(consumed)) return consumer.commit(records, consumed);
    throw partitionLost(consumed);
  }

  /**
   * Waits until readers see what was committed: brokers answer a commit a moment before. Taking the transactional id over
   * again waits for just that, so that whoever writes and then asks where the topic ends is answered rightly.
   *
   * @returns the producer to go on with
   */
  async #untilSeen(writer: KafkaProducer): Promise<KafkaProducer | undefined> {
    await writer.close().catch(() => undefined);
    // It is committed: that the brokers went away since is no failure of the write.
    return this.#client.producer(this.#writerId).catch(() => undefined);
  }

  #write(records: readonly ProducedRecord[]): Promise<void> {
    const written = this.#written.then(async () => {
      await this.#checkPlaces(records);
      try {
        this.#writer ??= await this.#client.producer(this.#writerId);
        await commitTransaction(this.#writer, records);
      } catch (error) {
        await this.#writer?.close().catch(() => undefined);
        this.#writer = undefined;
        throw error;
      }
      this.#writer = await this.#untilSeen(this.#writer);
    });
    this.#written = written.catch(() => undefined);
    return written;
  }
}
