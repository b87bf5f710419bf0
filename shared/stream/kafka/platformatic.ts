import { createTopicsV7, metadataV12, offsetFetchV8, ProtocolError } from '@platformatic/kafka';
import type {
  KafkaClient,
  KafkaConnection,
  KafkaProducer,
  KafkaSubscription,
  SubscribeOptions,
  TopicSpec,
} from './client.ts';
import { BROKER_TIMEOUT_MS, Cluster, Coordinator } from './platformatic/cluster.ts';
import { answered } from './platformatic/errors.ts';
import { PlatformaticProducer } from './platformatic/producer.ts';
import { PlatformaticSubscription } from './platformatic/subscription.ts';

/**
 * Over the connections and the protocol of @platformatic/kafka, at fixed versions of it. Its Producer and Consumer are
 * left out: the consumer shows aborted records where a fetch holds two aborted transactions of a producer or only the
 * beginning of one; the producer drops one of two offsets that are put into a transaction at once, writes to another
 * partition where there is none of the number, and is refused by brokers with access control, which keep its version of
 * AddPartitionsToTxn to themselves.
 */
export class PlatformaticClient implements KafkaClient {
  readonly name = 'platformatic';
  readonly #cluster: Cluster;
  readonly #subscriptions = new Set<PlatformaticSubscription>();

  constructor(connection: KafkaConnection) {
    this.#cluster = new Cluster(connection);
  }

  async createTopic({ topic, partitions, replication, config }: TopicSpec): Promise<boolean> {
    const spec = {
      name: topic,
      numPartitions: partitions,
      replicationFactor: replication,
      assignments: [],
      configs: Object.entries(config).map(([name, value]) => ({ name, value })),
    };
    const made = await this.#cluster.persist(topic, async () => {
      try {
        await this.#cluster.any((connection) =>
          createTopicsV7.api.async(connection, [spec], BROKER_TIMEOUT_MS, false),
        );
        return true;
      } catch (error) {
        if (answered(error, 'TOPIC_ALREADY_EXISTS')) return false;
        throw error;
      }
    });
    // The brokers hear of it a moment later, one after another.
    await this.#cluster.persist(topic, async () => {
      const there = await this.#cluster.topic(topic);
      if (there?.leaders.includes(undefined) !== false) throw new ProtocolError('LEADER_NOT_AVAILABLE');
    });
    return made;
  }

  partitions(topic: string): Promise<number> {
    return this.#cluster.persist(topic, async () => (await this.#cluster.topic(topic))?.leaders.length ?? 0);
  }

  offsets(topic: string): Promise<{ first: number[]; end: number[] }> {
    return this.#cluster.persist(topic, async () => {
      const there = await this.#cluster.existing(topic);
      const partitions = [...there.leaders.keys()];
      const [first, end] = await Promise.all([
        this.#cluster.listOffsets(there, partitions, 'first'),
        this.#cluster.listOffsets(there, partitions, 'end'),
      ]);
      return { first, end };
    });
  }

  offsetsAt(topic: string, time: number): Promise<number[]> {
    return this.#cluster.persist(topic, async () => {
      const there = await this.#cluster.existing(topic);
      const partitions = [...there.leaders.keys()];
      const [at, end] = await Promise.all([
        this.#cluster.listOffsets(there, partitions, time),
        this.#cluster.listOffsets(there, partitions, 'end'),
      ]);
      // Brokers answer -1 where there is nothing so late.
      return at.map((offset, partition) => (offset < 0 ? end[partition] : offset));
    });
  }

  /** Offsets in transactions that are open do not count: whoever owns them takes over the transactional id first. */
  committedOffsets(group: string, topic: string): Promise<(number | null)[]> {
    const coordinator = new Coordinator(this.#cluster, 'group', group);
    return this.#cluster.persist(`group ${group}`, async () => {
      const { leaders } = await this.#cluster.existing(topic);
      const asked = { name: topic, partitionIndexes: [...leaders.keys()] };
      const { groups } = await coordinator.ask((connection) =>
        offsetFetchV8.api.async(connection, [{ groupId: group, memberEpoch: -1, topics: [asked] }], false),
      );
      const committed = leaders.map((): number | null => null);
      for (const { partitionIndex, committedOffset } of groups[0].topics[0].partitions)
        if (committedOffset >= 0n) committed[partitionIndex] = Number(committedOffset);
      return committed;
    });
  }

  producer(transactionalId: string): Promise<KafkaProducer> {
    return PlatformaticProducer.open(this.#cluster, transactionalId);
  }

  async subscribe(options: SubscribeOptions): Promise<KafkaSubscription> {
    const topic = await this.#cluster.persist(options.topic, () => this.#cluster.existing(options.topic));
    const subscription = new PlatformaticSubscription(this.#cluster, topic, options, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async ping(): Promise<void> {
    try {
      await this.#cluster.any((connection) => metadataV12.api.async(connection, [], false, false));
    } catch (error) {
      throw this.#cluster.refusal(error, 'brokers');
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#cluster.close();
  }
}
