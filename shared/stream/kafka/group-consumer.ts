import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError } from '../../errors/errors.ts';
import type { Consumer, Place, Polled, Start } from '../log.ts';
import { untilThere } from '../retry.ts';
import type { KafkaClient, KafkaProducer, KafkaSubscription, ProducedRecord } from './client.ts';
import { PartitionReader } from './partition-reader.ts';
import { commitTransaction, partitionLost, type Consumed } from './transaction.ts';

export interface GroupConsumerOptions {
  topic: string;
  group: string;
  /**
   * Where it begins if the group has committed nothing. By partition: it owns these without joining the group.
   */
  start: Start | ReadonlyMap<number, number>;
}

/** A partition that is assigned to this consumer. */
interface Held {
  reader: PartitionReader;
  /** The owner of the partition's transactional id; undefined while it is being taken over again. */
  producer: KafkaProducer | undefined;
}

/**
 * A member of a consumer group, or the owner of given partitions, with a transactional producer for each partition that it
 * has.
 */
export class GroupConsumer implements Consumer {
  readonly #client: KafkaClient;
  readonly #options: GroupConsumerOptions;
  readonly #onClose: () => void;
  readonly #held = new Map<number, Held>();
  #subscription: KafkaSubscription | undefined;
  /** Aborted by the next assignment and by the close: what was begun for it ends. */
  #assignment = new AbortController();
  #closed = false;
  /** What no retry mends: the next poll throws it. */
  #failed: Error | undefined;

  private constructor(client: KafkaClient, options: GroupConsumerOptions, onClose: () => void) {
    this.#client = client;
    this.#options = options;
    this.#onClose = onClose;
  }

  static async open(
    client: KafkaClient,
    options: GroupConsumerOptions,
    onClose: () => void,
  ): Promise<GroupConsumer> {
    const consumer = new GroupConsumer(client, options, onClose);
    const { topic, group, start } = options;
    if (typeof start === 'string') {
      consumer.#subscription = await client.subscribe({
        ...{ topic, group },
        assigned: (partitions) => consumer.#assigned(partitions),
      });
      return consumer;
    }
    for (const [partition, held] of await consumer.#takeUp([...start.keys()]))
      consumer.#held.set(partition, held);
    try {
      consumer.#subscription = await client.subscribe({
        ...{ topic, group: undefined },
        assigned: () => consumer.#assigned([...start.keys()]),
      });
    } catch (error) {
      await consumer.close();
      throw error;
    }
    return consumer;
  }

  async poll(maxBytes: number, waitMs = 0): Promise<Polled | null> {
    const subscription = this.#subscription!;
    const deadline = performance.now() + waitMs;
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed;
      const polled = this.#take(maxBytes);
      if (polled !== null) return polled;
      const fetched = await subscription.next(Math.max(0, deadline - performance.now()));
      if (fetched === undefined) return null;
      const held = this.#held.get(fetched.partition);
      if (held?.producer !== undefined && held.reader.accept(fetched, subscription)) return null;
    }
  }

  partitions(): ReadonlyMap<number, Place> {
    const places = new Map<number, Place>();
    for (const [partition, { reader, producer }] of this.#held)
      if (producer !== undefined) places.set(partition, reader);
    return places;
  }

  seek(partition: number, offset: number): void {
    const held = this.#held.get(partition);
    if (held?.producer !== undefined) held.reader.seek(offset, this.#subscription!);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#assignment.abort();
    this.#onClose();
    await this.#subscription?.close();
    const producers = [...this.#held.values()].map(({ producer }) => producer);
    this.#held.clear();
    await Promise.all(producers.map(closeQuietly));
  }

  /** True where what was polled in that epoch can be committed here: else it is read again, here or elsewhere. */
  holds({ group, topic, partition, epoch }: Consumed): boolean {
    const held = this.#held.get(partition);
    if (group !== this.#options.group || topic !== this.#options.topic) return false;
    return held?.producer !== undefined && held.reader.epoch === epoch;
  }

  /**
   * Commits what was made of a poll of a partition that it holds.
   *
   * @throws P2iError PARTITION_LOST where it is another worker's by now; BROKER_UNAVAILABLE. The partition is then read
   *   again from what is really committed, once it is known to be this consumer's.
   */
  async commit(records: readonly ProducedRecord[], consumed: Consumed): Promise<void> {
    const held = this.#held.get(consumed.partition)!;
    const producer = held.producer!;
    try {
      await commitTransaction(producer, records, consumed);
    } catch (error) {
      // Let go of meanwhile, which closed its producer.
      if (this.#held.get(consumed.partition) !== held) throw partitionLost(consumed, error);
      // Whether it was committed is not known: only taking the transactional id over again tells.
      held.producer = undefined;
      const fenced = error instanceof P2iError && error.code === 'PARTITION_LOST';
      if (fenced && this.#isOwner) {
        // Another owner was meant to take it over: it is not taken back.
        this.#failed = error;
        void closeQuietly(producer);
      } else void this.#renew(consumed.partition, producer, fenced ? FENCED_WAIT_MS : 0);
      throw error;
    }
  }

  /** True where it has its partitions without being a member of their group. */
  get #isOwner(): boolean {
    return typeof this.#options.start !== 'string';
  }

  #take(maxBytes: number): Polled | null {
    for (const { reader, producer } of this.#held.values()) {
      const polled = producer && reader.take(maxBytes, this.#subscription!);
      if (polled) return polled;
    }
    return null;
  }

  /** Lets go of what is not assigned any more and takes up what is new. */
  async #assigned(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    this.#assignment.abort();
    const { signal } = (this.#assignment = new AbortController());
    if (this.#closed) this.#assignment.abort();
    for (const [partition, { producer }] of this.#held) {
      if (partitions.includes(partition)) continue;
      this.#held.delete(partition);
      void closeQuietly(producer);
    }
    const missing = partitions.filter((partition) => this.#held.get(partition)?.producer === undefined);
    const taken = await this.#takeUpUntilDone(missing, signal);
    if (taken === undefined) return new Map();
    if (signal.aborted) {
      for (const { producer } of taken.values()) void closeQuietly(producer);
      return new Map();
    }
    for (const [partition, held] of taken) this.#held.set(partition, held);
    return new Map([...this.#held].map(([partition, { reader }]) => [partition, reader.fetchFrom]));
  }

  /** Takes a partition up again whose commit failed, unless an assignment comes first. */
  async #renew(partition: number, failed: KafkaProducer, waitMs: number): Promise<void> {
    const { signal } = this.#assignment;
    await closeQuietly(failed);
    // Being fenced nearly always means that another member has it: the group is about to say so. Taking it over at once
    // would fence that one in turn.
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    const taken = await this.#takeUpUntilDone([partition], signal);
    const renewed = taken?.get(partition);
    if (renewed === undefined) return;
    if (signal.aborted) {
      void closeQuietly(renewed.producer);
      return;
    }
    this.#held.set(partition, renewed);
    this.#subscription!.advance(partition, renewed.reader.fetchFrom);
  }

  /** Takes over the partitions’ transactional ids, then finds where their group has really got to. */
  async #takeUp(partitions: readonly number[]): Promise<Map<number, Held>> {
    if (partitions.length === 0) return new Map();
    const { group, topic, start } = this.#options;
    const producers = await this.#fence(partitions);
    try {
      const [committed, { first, end }] = await Promise.all([
        this.#client.committedOffsets(group, topic),
        this.#client.offsets(topic),
      ]);
      const held = new Map<number, Held>();
      for (const [i, partition] of partitions.entries()) {
        let offset = committed[partition];
        if (offset === null && start === 'latest') {
          offset = end[partition];
          await commitTransaction(producers[i], [], { group, topic, partition, nextOffset: offset });
        }
        // What retention has deleted cannot be read any more.
        const from = Math.max(offset ?? firstOf(start, partition), first[partition]);
        const reader = new PartitionReader(partition, from, ++epochs);
        held.set(partition, { reader, producer: producers[i] });
      }
      return held;
    } catch (error) {
      await Promise.all(producers.map(closeQuietly));
      throw error;
    }
  }

  async #fence(partitions: readonly number[]): Promise<KafkaProducer[]> {
    const { group, topic } = this.#options;
    const taken = await Promise.allSettled(
      partitions.map((partition) => this.#client.producer(`${group}/${topic}/${partition}`)),
    );
    const failed = taken.find((result) => result.status === 'rejected');
    if (failed === undefined)
      return taken.map((result) => (result as PromiseFulfilledResult<KafkaProducer>).value);
    for (const result of taken) if (result.status === 'fulfilled') void closeQuietly(result.value);
    throw failed.reason;
  }

  /** Until it succeeds; undefined where another assignment or the close came first, or no retry helps. */
  async #takeUpUntilDone(
    partitions: readonly number[],
    signal: AbortSignal,
  ): Promise<Map<number, Held> | undefined> {
    try {
      return await untilThere(
        () => this.#takeUp(partitions),
        signal,
        () => undefined,
      );
    } catch (error) {
      this.#failed = error as Error;
      return undefined;
    }
  }
}

function firstOf(start: GroupConsumerOptions['start'], partition: number): number {
  return typeof start === 'string' ? 0 : start.get(partition)!;
}

/** How long a fenced member waits to be told by its group that the partition moved: some heartbeats. */
const FENCED_WAIT_MS = 5000;

/** Of all consumers of the process: none takes what another one polled for its own. */
let epochs = 0;

async function closeQuietly(producer: KafkaProducer | undefined): Promise<void> {
  await producer?.close().catch(() => undefined);
}
