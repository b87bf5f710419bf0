import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  type Broker,
  createAPI,
  endTxnV3,
  initProducerIdV4,
  ProduceAcks,
  produceV9,
  ProtocolError,
  protocolErrorsCodesById,
  txnOffsetCommitV3,
  Writer,
} from '@platformatic/kafka';
import { P2iError } from '../../../errors/errors.ts';
import { type KafkaProducer, type ProducedRecord, TRANSACTION_TIMEOUT_MS } from '../client.ts';
import { encodeBatch } from './batch.ts';
import { BROKER_TIMEOUT_MS, type Cluster, Coordinator, leaderOf, type Topic } from './cluster.ts';
import { gravest, withErrors } from './errors.ts';

/** What one request carries of one partition; the same bytes when it is sent again. */
interface Batch {
  topic: string;
  partition: number;
  bytes: Buffer;
}

/** Takes calls one after another, however they are made: a transaction has one order. */
export class PlatformaticProducer implements KafkaProducer {
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #where: string;
  readonly #coordinator: Coordinator;
  readonly #groups = new Map<string, Coordinator>();
  #producerId = -1n;
  #epoch = -1;
  readonly #topics = new Map<string, Topic>();
  /** By topic and partition: the sequence number of the next record. */
  readonly #sequences = new Map<string, number>();
  /** What the brokers know to be in the transaction. */
  readonly #partitionsIn = new Set<string>();
  readonly #groupsIn = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(cluster: Cluster, id: string) {
    this.#cluster = cluster;
    this.#id = id;
    this.#where = `transactional id ${id}`;
    this.#coordinator = new Coordinator(cluster, 'transaction', id);
  }

  static async open(cluster: Cluster, id: string): Promise<PlatformaticProducer> {
    const producer = new PlatformaticProducer(cluster, id);
    // Until what is open of the id is settled, the brokers answer CONCURRENT_TRANSACTIONS.
    const { producerId, producerEpoch } = await cluster.persist(producer.#where, () =>
      producer.#coordinator.ask((connection) =>
        initProducerIdV4.api.async(connection, id, TRANSACTION_TIMEOUT_MS, -1n, -1),
      ),
    );
    producer.#producerId = producerId;
    producer.#epoch = producerEpoch;
    return producer;
  }

  /** The brokers hear of a transaction with the first thing that is put into it. */
  begin(): Promise<void> {
    return this.#inTurn(async () => {
      this.#partitionsIn.clear();
      this.#groupsIn.clear();
    });
  }

  send(records: readonly ProducedRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#addPartitions(records);
      let queues = this.#batches(records);
      while (queues.length > 0) {
        await this.#persist(queues[0][0].topic, () => this.#produceFirsts(queues));
        queues = queues.filter((queue) => queue.length > 0);
      }
    });
  }

  /**
   * As no member of the group: it is the transactional id that fences. A member’s generation would refuse a batch at
   * every rebalance, also where the member keeps the partition.
   */
  consumed(group: string, topic: string, partition: number, nextOffset: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#groupsIn.has(group)) {
        await this.#persist(`group ${group} in ${this.#where}`, () =>
          this.#coordinator.ask((connection) =>
            addOffsetsToTxnV3.api.async(connection, this.#id, this.#producerId, this.#epoch, group),
          ),
        );
        this.#groupsIn.add(group);
      }
      const coordinator = this.#groups.get(group) ?? new Coordinator(this.#cluster, 'group', group);
      this.#groups.set(group, coordinator);
      const offset = {
        partitionIndex: partition,
        committedOffset: BigInt(nextOffset),
        committedLeaderEpoch: -1,
      };
      await this.#persist(`group ${group}`, () =>
        coordinator.ask((connection) =>
          txnOffsetCommitV3.api.async(
            connection,
            this.#id,
            group,
            this.#producerId,
            this.#epoch,
            -1,
            '',
            null,
            [{ name: topic, partitions: [offset] }],
          ),
        ),
      );
    });
  }

  commit(): Promise<void> {
    return this.#end(true);
  }

  abort(): Promise<void> {
    return this.#end(false);
  }

  /** Its connections are the cluster’s: other producers go on with them. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  #end(commit: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#partitionsIn.size === 0 && this.#groupsIn.size === 0) return;
      await this.#persist(this.#where, () =>
        this.#coordinator.ask((connection) =>
          endTxnV3.api.async(connection, this.#id, this.#producerId, this.#epoch, commit),
        ),
      );
    });
  }

  async #addPartitions(records: readonly ProducedRecord[]): Promise<void> {
    const added = new Map<string, Set<number>>();
    for (const { topic, partition } of records) {
      if (this.#partitionsIn.has(nameOf(topic, partition))) continue;
      const partitions = added.get(topic) ?? new Set();
      added.set(topic, partitions.add(partition));
    }
    if (added.size === 0) return;
    for (const [topic, partitions] of added) {
      const { leaders } = await this.#persist(topic, () => this.#topic(topic));
      const missing = [...partitions].find((partition) => !(partition in leaders));
      if (missing !== undefined)
        throw new P2iError('BROKER_REFUSED', `there is no partition ${missing}`, { where: topic });
    }
    const transaction = {
      transactionalId: this.#id,
      producerId: this.#producerId,
      producerEpoch: this.#epoch,
      verifyOnly: false,
      topics: [...added].map(([name, partitions]) => ({ name, partitions: [...partitions] })),
    };
    await this.#persist(`${[...added.keys()].join(', ')} in ${this.#where}`, () =>
      this.#coordinator.ask((connection) => addPartitionsToTxnV3.api.async(connection, [transaction])),
    );
    for (const [topic, partitions] of added)
      for (const partition of partitions) this.#partitionsIn.add(nameOf(topic, partition));
  }

  /** By partition, the batches in their order. */
  #batches(records: readonly ProducedRecord[]): Batch[][] {
    const byPartition = Map.groupBy(records, ({ topic, partition }) => nameOf(topic, partition));
    return [...byPartition].map(([name, all]) =>
      inBatches(all).map((part) => {
        const sequence = this.#sequences.get(name) ?? 0;
        this.#sequences.set(name, (sequence + part.length) % SEQUENCES);
        const bytes = encodeBatch(part, { producerId: this.#producerId, epoch: this.#epoch, sequence });
        return { topic: part[0].topic, partition: part[0].partition, bytes };
      }),
    );
  }

  /** Sends the first batch of each queue to its leader, and takes off the queues what the brokers have. */
  async #produceFirsts(queues: readonly Batch[][]): Promise<void> {
    const byLeader = new Map<Broker, Batch[][]>();
    for (const queue of queues) {
      if (queue.length === 0) continue;
      const [{ topic, partition }] = queue;
      const leader = leaderOf((await this.#topic(topic)).leaders, partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), queue]);
    }
    const produced = await Promise.allSettled(
      [...byLeader].map(([leader, led]) => this.#produce(leader, led)),
    );
    const failures = produced.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failures.length === 0) return;
    this.#topics.clear();
    throw gravest(failures);
  }

  async #produce(leader: Broker, queues: readonly Batch[][]): Promise<void> {
    const connection = await this.#cluster.connections.get(leader);
    const topics = [...Map.groupBy(queues, ([{ topic }]) => topic)].map(([topic, ofTopic]) => ({
      topic,
      batches: ofTopic.map(([batch]) => batch),
    }));
    const response = await withErrors(produce.async(connection, this.#id, topics));
    const codes = new Map<string, number>();
    for (const { name, partitionResponses } of response.responses)
      for (const { index, errorCode } of partitionResponses) codes.set(nameOf(name, index), errorCode);

    const failures: ProtocolError[] = [];
    for (const queue of queues) {
      const code = codes.get(nameOf(queue[0].topic, queue[0].partition))!;
      // A duplicate was written by an earlier request whose answer was lost.
      if (code === 0 || protocolErrorsCodesById[code] === 'DUPLICATE_SEQUENCE_NUMBER') queue.shift();
      else failures.push(new ProtocolError(code));
    }
    if (failures.length > 0) throw gravest(failures);
  }

  async #topic(name: string): Promise<Topic> {
    const topic = this.#topics.get(name) ?? (await this.#cluster.existing(name));
    this.#topics.set(name, topic);
    return topic;
  }

  #persist<T>(where: string, attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.persist(where, () => {
      if (this.#closed) throw new P2iError('BROKER_UNAVAILABLE', 'the producer was closed', { where });
      return attempt();
    });
  }

  #inTurn(call: () => Promise<void>): Promise<void> {
    const called = this.#last.then(call);
    this.#last = called.catch(() => undefined);
    return called;
  }
}

/** Uncompressed, about; a larger record goes alone. The brokers’ limit, 1 MiB as shipped, is on the compressed batch. */
const BATCH_BYTES = 1 << 19;
/** The sequence number after the last is 0. */
const SEQUENCES = 2 ** 31;

function inBatches(records: readonly ProducedRecord[]): ProducedRecord[][] {
  const batches: ProducedRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const size = RECORD_BYTES + record.key.length + (record.value?.length ?? 0);
    if (bytes + size > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)!.push(record);
    bytes += size;
  }
  return batches;
}

/** Of a record besides key and value, about. */
const RECORD_BYTES = 50;

/** A Produce request with batches that are encoded already. */
const produce = createAPI<
  [id: string, topics: readonly { topic: string; batches: readonly Batch[] }[]],
  produceV9.ProduceResponse
>(
  produceV9.api.key,
  produceV9.api.version,
  (id: string, topics: { topic: string; batches: Batch[] }[]) =>
    Writer.create()
      .appendString(id)
      .appendInt16(ProduceAcks.ALL)
      .appendInt32(BROKER_TIMEOUT_MS)
      .appendArray(topics, (toTopics, { topic, batches }) =>
        toTopics
          .appendString(topic)
          .appendArray(batches, (toBatches, { partition, bytes }) =>
            toBatches.appendInt32(partition).appendBytes(bytes),
          ),
      )
      .appendTaggedFields(),
  produceV9.parseResponse,
);

function nameOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
