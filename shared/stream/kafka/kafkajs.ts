import type { Admin } from 'kafkajs';
import { P2iError } from '../../errors/errors.ts';
import { withRetries } from '../retry.ts';
import type {
  KafkaClient,
  KafkaConnection,
  KafkaProducer,
  KafkaSubscription,
  SubscribeOptions,
  TopicSpec,
} from './client.ts';
import { brokerError, errorType, within } from './kafkajs/errors.ts';
import { KafkaJSError } from './kafkajs/library.ts';
import { KafkajsProducer } from './kafkajs/producer.ts';
import { KafkajsSubscription } from './kafkajs/subscription.ts';
import { Wire } from './kafkajs/wire.ts';

/**
 * Kafka through kafkajs. It knows eager rebalances only. A member that it gives up comes back as a new one, and
 * the group waits for the old one to time out. Reading without a group is reading in one that is deleted afterwards.
 */
export class KafkajsClient implements KafkaClient {
  readonly name = 'kafkajs';
  readonly #connection: KafkaConnection;
  /** Subscriptions and producers. */
  readonly #open = new Set<{ close(): Promise<void> }>();
  /** Connections that answer nothing at present. One answers one question at a time: kafkajs mixes up several. */
  readonly #idle: Answerer[] = [];
  #closed = false;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  async createTopic({ topic, partitions, replication, config }: TopicSpec): Promise<boolean> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const spec = { topic, numPartitions: partitions, replicationFactor: replication, configEntries };
    const made = await this.#ask(topic, (admin) =>
      admin.createTopics({ topics: [spec], waitForLeaders: false }),
    );
    // The brokers hear of it a moment later, whoever made it.
    await this.#ask(topic, async (admin) => {
      if ((await countPartitions(admin, topic)) === 0) throw new KafkaJSError('it is not there yet');
    });
    return made;
  }

  partitions(topic: string): Promise<number> {
    return this.#ask(topic, (admin) => countPartitions(admin, topic));
  }

  /** kafkajs asks for offsets as a reader of committed records, unless told otherwise. */
  offsets(topic: string): Promise<{ first: number[]; end: number[] }> {
    return this.#ask(topic, async (admin) => {
      const first: number[] = [];
      const end: number[] = [];
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        first[partition] = Number(low);
        end[partition] = Number(high);
      }
      return { first, end };
    });
  }

  offsetsAt(topic: string, time: number): Promise<number[]> {
    return this.#ask(topic, async (admin) => {
      const at: number[] = [];
      for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, time))
        at[partition] = Number(offset);
      return at;
    });
  }

  committedOffsets(group: string, topic: string): Promise<(number | null)[]> {
    return this.#ask(group, async (admin) => {
      const committed: (number | null)[] = [];
      const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      for (const { partition, offset } of partitions)
        committed[partition] = Number(offset) < 0 ? null : Number(offset);
      return committed;
    });
  }

  async producer(transactionalId: string): Promise<KafkaProducer> {
    const producer = await KafkajsProducer.open(this.#connection, transactionalId, (closed) =>
      this.#open.delete(closed),
    );
    this.#open.add(producer);
    return producer;
  }

  async subscribe(options: SubscribeOptions): Promise<KafkaSubscription> {
    const { topic } = options;

    if ((await this.partitions(topic)) === 0)
      throw new P2iError('BROKER_REFUSED', 'there is no such topic', { where: topic });

    const subscription: KafkajsSubscription = new KafkajsSubscription(this.#connection, {
      ...options,

      first: async () => (await this.offsets(topic)).first,

      forget: async (group) => {
        // Else the brokers delete it by themselves, later.
        await this.#askOnce(group, (admin) => admin.deleteGroups([group]), FORGET_MS).catch(() => undefined);
      },
      closed: () => void this.#open.delete(subscription),
    });
    this.#open.add(subscription);
    return subscription;
  }

  ping(): Promise<void> {
    return this.#ask(this.#connection.brokers.join(), async (admin) => {
      await admin.describeCluster();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((part) => part.close()));
    await Promise.all(this.#idle.splice(0).map(closeAnswerer));
  }

  #ask<T>(where: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    return withRetries(() => this.#askOnce(where, question), AbortSignal.timeout(ANSWER_MS));
  }

  async #askOnce<T>(where: string, question: (admin: Admin) => Promise<T>, ms = ANSWER_MS): Promise<T> {
    const idle = this.#idle.pop();
    const answerer = idle ?? openAnswerer(this.#connection);
    try {
      const answer = await within(
        ms,
        answerer.connected.then(() => question(answerer.admin)),
      );
      if (this.#closed) await closeAnswerer(answerer);
      else this.#idle.push(answerer);
      return answer;
    } catch (error) {
      await closeAnswerer(answerer);
      // Its connection may be broken, or a topic that it was asked about before may be gone, at which kafkajs balks.
      if (idle !== undefined) return this.#askOnce(where, question, ms);
      throw brokerError(error, where, this.#connection);
    }
  }
}

const ANSWER_MS = 10_000;
const FORGET_MS = 2000;

interface Answerer {
  wire: Wire;
  admin: Admin;
  connected: Promise<void>;
}

function openAnswerer(connection: KafkaConnection): Answerer {
  const wire = new Wire(connection, { retries: 2 });
  const admin = wire.kafka.admin();
  return { wire, admin, connected: admin.connect() };
}

function closeAnswerer({ wire, admin }: Answerer): Promise<void> {
  return wire.disconnect(admin);
}

async function countPartitions(admin: Admin, topic: string): Promise<number> {
  try {
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length;
  } catch (error) {
    if (errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return 0;
    throw error;
  }
}
