import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Broker,
  type Connection,
  ConnectionPool,
  FetchIsolationLevels,
  FindCoordinatorKeyTypes,
  findCoordinatorV4,
  listOffsetsV7,
  ListOffsetTimestamps,
  metadataV12,
  parseBroker,
  ProtocolError,
  protocolErrorsCodesById,
  type SASLOptions,
} from '@platformatic/kafka';
import { readSecret } from '../../../connections/secrets.ts';
import type { KafkaSecurity } from '../../../connections/settings.ts';
import { tlsFault } from '../../../connections/faults.ts';
import { tlsOptions } from '../../../connections/tls.ts';
import { P2iError } from '../../../errors/errors.ts';
import type { KafkaConnection } from '../client.ts';
import { KAFKA_MECHANISMS } from '../security.ts';
import { answered, brokerError, retriable, unanswered, withErrors } from './errors.ts';

/** A topic as the brokers last described it. */
export interface Topic {
  name: string;
  id: string;
  /** By partition; undefined while one has no leader. */
  leaders: (Broker | undefined)[];
}

/**
 * The brokers: who leads a partition, who coordinates a group or a transactional id, and connections to them.
 *
 * Requests have fixed versions that Kafka 3.3 and all later ones speak. Transactions keep to the first protocol
 * (AddPartitionsToTxn below 4, EndTxn below 5), in which the producer’s epoch stays what InitProducerId said.
 */
export class Cluster {
  readonly #connection: KafkaConnection;
  readonly #bootstrap: readonly Broker[];
  /** The bootstrap brokers and those of the last metadata, in the order in which they are asked. */
  #brokers: readonly Broker[];
  /** For what is answered at once; fetches and groups wait on connections of their own. */
  readonly connections: ConnectionPool;
  readonly #closing = new AbortController();
  /** What was wrong with the security of a connection that ended since the last failure. */
  #fault: unknown;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#bootstrap = connection.brokers.map((broker) => parseBroker(broker));
    this.#brokers = this.#bootstrap;
    this.connections = this.pool(REQUEST_TIMEOUT_MS);
  }

  /** @param requestTimeout ms after which a request that is not answered ends its connection */
  pool(requestTimeout: number): ConnectionPool {
    const { clientId, security } = this.#connection;
    const pool = new ConnectionPool(clientId, {
      requestTimeout,
      ...(security?.tls && { tls: tlsOptions(security.tls), tlsServerName: this.#hasNames() }),
      ...(security?.sasl && { sasl: saslOptions(security.sasl) }),
    });
    // An error event that nobody hears would end the process; whoever uses the connection gets the error anyway.
    pool.on('connecting', ({ connection }) =>
      connection.on('error', (error: unknown) => {
        if (tlsFault(error) !== undefined) this.#fault = error;
      }),
    );
    return pool;
  }

  /**
   * Makes the attempt until it succeeds: after what may pass again, with growing pauses, for about 15 s.
   *
   * @param where what the error names
   * @throws P2iError of the last attempt
   */
  async persist<T>(where: string, attempt: () => Promise<T>): Promise<T> {
    const { signal } = this.#closing;
    const deadline = performance.now() + PERSIST_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (failure) {
        const error = this.#why(failure);
        if (!retriable(error) || signal.aborted || performance.now() > deadline)
          throw this.refusal(error, where);
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What a library error is to P2I. */
  refusal(error: unknown, where: string): P2iError {
    return brokerError(this.#why(error), where, this.#connection);
  }

  /** Brokers refuse a certificate when the connection is made already: a request only hears that it has ended. */
  #why(error: unknown): unknown {
    const why = unanswered(error) ? (this.#fault ?? error) : error;
    this.#fault = undefined;
    return why;
  }

  /** Asks the brokers in turn until one answers. */
  async any<T>(request: (connection: Connection) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const broker of this.#brokers) {
      try {
        return await request(await this.connections.get(broker));
      } catch (error) {
        if (!unanswered(error)) throw error;
        failure = error;
        this.#brokers = [...this.#brokers.filter((other) => other !== broker), broker];
      }
    }
    throw failure;
  }

  /** What the brokers say of the topic now; undefined where there is none. */
  async topic(name: string): Promise<Topic | undefined> {
    const { brokers, topics } = await this.any((connection) =>
      withErrors(metadataV12.api.async(connection, [name], false, false)),
    );
    const byId = new Map<number, Broker>(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    this.#heardOf([...byId.values()]);

    const [topic] = topics;
    if (answersNoTopic(topic.errorCode)) return undefined;
    check(topic.errorCode);
    const leaders: Topic['leaders'] = [];
    for (const { partitionIndex, leaderId } of topic.partitions) leaders[partitionIndex] = byId.get(leaderId);
    return { name, id: topic.topicId, leaders };
  }

  /** @throws P2iError BROKER_REFUSED where there is no such topic */
  async existing(name: string): Promise<Topic> {
    const topic = await this.topic(name);
    if (topic === undefined) throw new P2iError('BROKER_REFUSED', 'there is no such topic', { where: name });
    return topic;
  }

  /**
   * Offsets of the partitions, in their order: the first that is kept, the end of what is committed, or the first since a
   * time (ms since 1970), -1 where there is none.
   */
  async listOffsets(
    { name, leaders }: Topic,
    partitions: readonly number[],
    which: 'first' | 'end' | number,
  ): Promise<number[]> {
    const timestamp = typeof which === 'number' ? BigInt(which) : LIST_OFFSETS[which];
    const offsets = new Map<number, number>();
    const byLeader = Map.groupBy(partitions, (partition) => leaderOf(leaders, partition));
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const asked = led.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
        const connection = await this.connections.get(leader);
        const { topics } = await listOffsetsV7.api.async(
          connection,
          -1,
          FetchIsolationLevels.READ_COMMITTED,
          [{ name, partitions: asked }],
        );
        for (const { partitionIndex, offset } of topics[0].partitions)
          offsets.set(partitionIndex, Number(offset));
      }),
    );
    return partitions.map((partition) => offsets.get(partition)!);
  }

  async coordinator(of: 'group' | 'transaction', key: string): Promise<Broker> {
    const type = of === 'group' ? FindCoordinatorKeyTypes.GROUP : FindCoordinatorKeyTypes.TRANSACTION;
    const { coordinators } = await this.any((connection) =>
      findCoordinatorV4.api.async(connection, type, [key]),
    );
    const [{ host, port }] = coordinators;
    return { host, port };
  }

  /** Keeps the order of the brokers that are still there: one that did not answer stays behind. */
  #heardOf(brokers: readonly Broker[]): void {
    const current = new Map([...this.#bootstrap, ...brokers].map((broker) => [addressOf(broker), broker]));
    const kept = this.#brokers.filter((broker) => current.delete(addressOf(broker)));
    this.#brokers = [...kept, ...current.values()];
  }

  /** True where TLS can name the broker that it wants (SNI): an address of numbers is no name. */
  #hasNames(): boolean {
    return this.#bootstrap.every(({ host }) => isIP(host) === 0);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.connections.close();
  }
}

/** The broker that coordinates a group or a transactional id; looked up again after it moved. */
export class Coordinator {
  readonly #cluster: Cluster;
  readonly #of: 'group' | 'transaction';
  readonly #key: string;
  readonly #connections: ConnectionPool;
  #broker: Broker | undefined;

  constructor(
    cluster: Cluster,
    of: 'group' | 'transaction',
    key: string,
    connections: ConnectionPool = cluster.connections,
  ) {
    this.#cluster = cluster;
    this.#of = of;
    this.#key = key;
    this.#connections = connections;
  }

  async ask<T>(request: (connection: Connection) => Promise<T>): Promise<T> {
    this.#broker ??= await this.#cluster.coordinator(this.#of, this.#key);
    try {
      return await request(await this.#connections.get(this.#broker));
    } catch (error) {
      if (unanswered(error) || answered(error, 'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'))
        this.#broker = undefined;
      throw error;
    }
  }
}

const LIST_OFFSETS = { first: ListOffsetTimestamps.EARLIEST, end: ListOffsetTimestamps.LATEST } as const;

/** @throws ProtocolError that can be retried, where the partition has no leader now */
export function leaderOf(leaders: Topic['leaders'], partition: number): Broker {
  const leader = leaders[partition];
  if (leader === undefined) throw new ProtocolError('LEADER_NOT_AVAILABLE');
  return leader;
}

export function addressOf({ host, port }: Broker): string {
  return `${host}:${port}`;
}

/** @throws ProtocolError where the code of a part of a response is an error */
export function check(errorCode: number): void {
  if (errorCode !== 0) throw new ProtocolError(errorCode);
}

function saslOptions({ mechanism, user, password }: NonNullable<KafkaSecurity['sasl']>): SASLOptions {
  return {
    mechanism: KAFKA_MECHANISMS[mechanism],
    username: user,
    password: () => readSecret(password),
  };
}

function answersNoTopic(errorCode: number): boolean {
  return protocolErrorsCodesById[errorCode] === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** How long a broker may wait for others before it answers, ms. */
export const BROKER_TIMEOUT_MS = 8000;
const REQUEST_TIMEOUT_MS = 10_000;
const PERSIST_MS = 15_000;
export const FIRST_PAUSE_MS = 5;
export const LAST_PAUSE_MS = 1000;
