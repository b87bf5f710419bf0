import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs';
import type { P2iError } from '../../../errors/errors.ts';
import {
  FETCH_BYTES_PER_PARTITION,
  FETCH_WAIT_MS,
  SESSION_TIMEOUT_MS,
  type Fetched,
  type KafkaConnection,
  type KafkaSubscription,
  type SubscribeOptions,
} from '../client.ts';
import type { LogRecord } from '../../log.ts';
import { brokerError } from './errors.ts';
import type { FetchedBatch } from './library.ts';
import { Wire } from './wire.ts';

export interface SubscriptionOptions extends SubscribeOptions {
  /** The first offset that is still kept, by partition. */
  first(): Promise<readonly number[]>;
  /** Deletes a group. */
  forget(group: string): Promise<void>;
  /** Is told when it is closed. */
  closed(): void;
}

/**
 * kafkajs fetches of a broker only after its handlers of all partitions that the fetch before brought have returned, and
 * it sends heartbeats only in between. So a handler puts what was fetched where `next` finds it, pauses the partition, and
 * returns: when the partition is advanced, or soon after another one is. While all partitions of a broker are paused,
 * kafkajs looks every FETCH_WAIT_MS whether it may fetch again.
 *
 * A consumer of kafkajs that gives up is replaced by a new one.
 */
export class KafkajsSubscription implements KafkaSubscription {
  readonly #connection: KafkaConnection;
  readonly #options: SubscriptionOptions;
  readonly #running: Promise<void>;
  readonly #closing = new AbortController();
  /** Aborted and renewed when something was fetched. */
  #arrival = new AbortController();
  /** Handlers that have not returned, by partition. */
  readonly #holds = new Map<number, AbortController>();
  #releasing: NodeJS.Timeout | undefined;
  /** What no retry mends: the next `next` throws it. */
  #refused: P2iError | undefined;

  /** The member that has joined, until it stops. */
  #consumer: Consumer | undefined;
  #wire: Wire | undefined;
  /** Ends the consumer that there is. */
  #end: () => void = () => undefined;

  /** Counts assignments, so that a late answer for an earlier one is known. */
  #assignment = 0;
  readonly #assigned = new Set<number>();
  /** By partition that is to be fetched: from which offset. */
  readonly #asked = new Map<number, number>();
  /** What waits for `next`, in the order in which it came. */
  readonly #fetched = new Map<number, Fetched>();

  constructor(connection: KafkaConnection, options: SubscriptionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#running = this.#run();
  }

  /** @throws P2iError where the brokers do not let this client read; it is tried again all the same */
  async next(waitMs: number): Promise<Fetched | undefined> {
    if (this.#fetched.size === 0 && !this.#closing.signal.aborted)
      await sleep(waitMs, undefined, { signal: this.#arrival.signal }).catch(() => undefined);
    const [first] = this.#fetched.values();
    if (first === undefined && this.#refused !== undefined) {
      const refused = this.#refused;
      this.#refused = undefined;
      throw refused;
    }
    if (first !== undefined) this.#fetched.delete(first.partition);
    return first;
  }

  advance(partition: number, offset: number): void {
    if (!this.#assigned.has(partition)) return;
    this.#fetched.delete(partition);
    this.#asked.set(partition, offset);
    this.#fetchFrom(partition, offset);
    this.#holds.get(partition)?.abort();
    if (this.#holds.size > 0) this.#releasing ??= setTimeout(() => this.#release(), RELEASE_MS);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#arrival.abort();
    this.#void();
    this.#end();
    const timer = setTimeout(() => this.#wire?.cut(), CLOSE_MS);
    await this.#running;
    clearTimeout(timer);
    this.#options.closed();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let delay = FIRST_DELAY_MS; !signal.aborted; delay = Math.min(2 * delay, LAST_DELAY_MS)) {
      // kafkajs reads in groups only. Each of these has one member, and never waits for one that was lost.
      const group = this.#options.group ?? `p2i-reader-${randomUUID()}`;
      const joined = await this.#join(group).catch((error: unknown) => {
        this.#refuse(error, group);
        return false;
      });
      if (joined) delay = FIRST_DELAY_MS;
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Keeps what is wrong with the user or its rights; all else may pass. */
  #refuse(error: unknown, group: string): void {
    const where = `${this.#options.topic} in group ${group}`;
    const refused = brokerError(error, where, this.#connection);
    if (refused.transient || refused.code === 'BROKER_REFUSED' || this.#closing.signal.aborted) return;
    this.#refused = refused;
    this.#arrive();
  }

  /** One consumer of kafkajs, until it gives up or the subscription is closed. @returns whether it joined the group */
  async #join(groupId: string): Promise<boolean> {
    const { topic, group } = this.#options;
    const wire = (this.#wire = new Wire(this.#connection, { retries: 12 }));
    const consumer = wire.kafka.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxBytes: FETCH_BYTES,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { retries: 20, restartOnFailure: async () => false },
    });
    const ended = new Promise<Error | undefined>((resolve) => {
      this.#end = () => resolve(undefined);
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
    });
    let joined = false;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      joined = true;
      this.#joined(consumer, payload.memberAssignment[topic] ?? []);
    });
    consumer.on(consumer.events.STOP, () => this.#stopped());
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      if (this.#closing.signal.aborted) return false;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: CONCURRENCY,
        eachBatch: (payload) => this.#handle(payload),
      });
      const crash = await ended;
      if (crash !== undefined) this.#refuse(crash, groupId);
    } finally {
      await wire.disconnect(consumer);
      if (group === undefined) await this.#options.forget(groupId);
    }
    return joined;
  }

  #joined(consumer: Consumer, partitions: readonly number[]): void {
    const { topic, group } = this.#options;
    this.#consumer = consumer;
    consumer.pause([{ topic, partitions: [...partitions] }]);
    if (group === undefined && this.#assignment > 0) {
      for (const [partition, offset] of this.#asked) this.#fetchFrom(partition, offset);
      return;
    }
    this.#void();
    const assignment = this.#assignment;
    void this.#options.assigned(partitions).then((offsets) => {
      if (assignment !== this.#assignment) return;
      for (const partition of partitions) this.#assigned.add(partition);
      for (const [partition, offset] of offsets) this.advance(partition, offset);
    });
  }

  #stopped(): void {
    this.#consumer = undefined;
    if (this.#options.group !== undefined) this.#void();
  }

  /** Forgets the assignment and all that is of it. */
  #void(): void {
    this.#assignment++;
    this.#assigned.clear();
    this.#asked.clear();
    this.#fetched.clear();
    this.#release();
  }

  #fetchFrom(partition: number, offset: number): void {
    const { topic } = this.#options;
    this.#consumer?.seek({ topic, partition, offset: String(offset) });
    this.#consumer?.resume([{ topic, partitions: [partition] }]);
  }

  async #handle(payload: EachBatchPayload): Promise<void> {
    const { partition, fetchedOffset, messages, rawMessages } = payload.batch as FetchedBatch;
    const from = this.#asked.get(partition);
    if (from === undefined) return;
    if (Number(fetchedOffset) === from) {
      const { firstOffset, lastOffsetDelta } = rawMessages[rawMessages.length - 1].batchContext;
      const next = Number(firstOffset) + lastOffsetDelta + 1;
      this.#deliver({ partition, from, records: messages.map(toRecord), next });
    } else {
      // The first offset that is kept: kafkajs goes there where the one that was asked for is not.
      const first = (await this.#options.first())[partition];
      if (this.#asked.get(partition) !== from) return;
      if (first > from) this.#deliver({ partition, from, records: [], next: first });
      else this.#fetchFrom(partition, from);
    }
    await this.#hold(partition, payload);
  }

  #deliver(fetched: Fetched): void {
    const { partition } = fetched;
    this.#consumer?.pause([{ topic: this.#options.topic, partitions: [partition] }]);
    this.#asked.delete(partition);
    this.#fetched.set(partition, fetched);
    this.#arrive();
  }

  /** Wakes who waits for what was fetched. */
  #arrive(): void {
    this.#arrival.abort();
    this.#arrival = new AbortController();
  }

  /** Waits until the partition is released, with heartbeats. @throws kafkajs' error where the group rebalances */
  async #hold(partition: number, payload: EachBatchPayload): Promise<void> {
    const hold = new AbortController();
    const { signal } = hold;
    this.#holds.get(partition)?.abort();
    this.#holds.set(partition, hold);
    try {
      const deadline = performance.now() + HOLD_MS;
      while (!signal.aborted && !this.#closing.signal.aborted && performance.now() < deadline) {
        await sleep(HEARTBEAT_MS / 2, undefined, { signal }).catch(() => undefined);
        await payload.heartbeat();
      }
    } catch (error) {
      // The others must return too before kafkajs joins again.
      this.#release();
      throw error;
    } finally {
      if (this.#holds.get(partition) === hold) this.#holds.delete(partition);
    }
  }

  #release(): void {
    clearTimeout(this.#releasing);
    this.#releasing = undefined;
    for (const hold of this.#holds.values()) hold.abort();
  }
}

/** Views of what the fetch brought would keep all of it alive: the value is copied. */
function toRecord({ offset, timestamp, key, headers, value }: KafkaMessage): LogRecord {
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: key?.toString() ?? '',
    headers: headers === undefined ? {} : toHeaders(headers),
    value: value && new Uint8Array(value),
  };
}

function toHeaders(headers: IHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    texts[name] = (Array.isArray(value) ? value.at(-1) : value)?.toString() ?? '';
  return texts;
}

/** Rebalances are heard of by heartbeats: a group settles in about two of these, ms. */
const HEARTBEAT_MS = 1000;
/** How long the others of a group wait for a member to join again, ms. */
const REBALANCE_TIMEOUT_MS = 30_000;
/** After a partition was advanced, the others that came with it hold up its next fetch for so long at most, ms. */
const RELEASE_MS = 20;
/** How long a handler waits to be released, ms. */
const HOLD_MS = 3000;
/** Bytes that a fetch brings of all partitions of a broker, about. */
const FETCH_BYTES = 16 * FETCH_BYTES_PER_PARTITION;
/** Partitions of which fetches are handed over at once. */
const CONCURRENCY = 256;
/** How long leaving the group may take, ms. */
const CLOSE_MS = 3000;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 5000;
