import { randomUUID } from 'node:crypto';
import { P2iError } from '../../errors/errors.ts';
import type { Consumer, Log, NewRecord, Start, Transaction } from '../log.ts';
import { COMPRESSION_CONFIG, TOPICS } from '../topics.ts';
import type { KafkaClient, KafkaProducer, ProducedRecord } from './client.ts';
import { GroupConsumer } from './group-consumer.ts';
import { Reader } from './reader.ts';
import { commitTransaction, type Consumed } from './transaction.ts';

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
  /** Consumers that are open, by group and topic. */
  readonly #consumers = new Map<string, GroupConsumer>();
  /** For transactions that consume nothing. */
  #writer: Promise<KafkaProducer> | undefined;

  constructor(client: KafkaClient, options: KafkaLogOptions = { replication: -1 }) {
    this.#client = client;
    this.#options = options;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const { replication } = this.#options;
    const config = { ...TOPICS[topic]?.config, ...COMPRESSION_CONFIG };
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
    return (await this.#client.offsets(topic)).end;
  }

  async committedOffsets(group: string, topic: string): Promise<number[]> {
    return (await this.#client.committedOffsets(group, topic)).map((offset) => offset ?? 0);
  }

  async consumer(topic: string, group: string, start: Start = 'earliest'): Promise<Consumer> {
    await this.#checkTopic(topic);
    const name = consumerName(group, topic);
    const consumer = await GroupConsumer.open(this.#client, { topic, group, start }, () => {
      if (this.#consumers.get(name) === consumer) this.#consumers.delete(name);
    });
    this.#consumers.set(name, consumer);
    return consumer;
  }

  async reader(topic: string, from?: ReadonlyMap<number, number>): Promise<Consumer> {
    await this.#checkTopic(topic);
    return Reader.open(this.#client, topic, from);
  }

  transaction(): Transaction {
    const records: ProducedRecord[] = [];
    let consumed: (Consumed & { epoch: number }) | undefined;
    return {
      append: (topic: string, partition: number, record: NewRecord): void => {
        records.push({ ...record, topic, partition });
      },
      consumed: (group, topic, partition, nextOffset, epoch = 0): void => {
        consumed = { group, topic, partition, nextOffset, epoch };
      },
      commit: async (): Promise<void> => {
        if (consumed === undefined) return this.#write(records);
        const { group, topic } = consumed;
        const consumer = this.#consumers.get(consumerName(group, topic));
        if (consumer === undefined)
          throw new P2iError('CONFIG_INVALID', `group ${group} has no consumer here`, { where: topic });
        await consumer.commit(records, consumed);
      },
    };
  }

  ready(): Promise<void> {
    return this.#client.ping();
  }

  async close(): Promise<void> {
    for (const consumer of [...this.#consumers.values()]) await consumer.close();
    await this.#client.close();
  }

  async #checkTopic(topic: string): Promise<void> {
    if ((await this.#client.partitions(topic)) > 0) return;
    throw new P2iError('CONFIG_INVALID', 'there is no such topic', { where: topic });
  }

  async #write(records: readonly ProducedRecord[]): Promise<void> {
    this.#writer ??= this.#client.producer(`p2i-writer-${randomUUID()}`);
    const writer = this.#writer;
    try {
      await commitTransaction(await writer, records);
    } catch (error) {
      this.#writer = undefined;
      await writer.then((producer) => producer.close()).catch(() => undefined);
      throw error;
    }
  }
}

function consumerName(group: string, topic: string): string {
  return `${group} ${topic}`;
}
