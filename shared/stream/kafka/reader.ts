import type { Consumer, Place, Polled } from '../log.ts';
import type { KafkaClient, KafkaSubscription } from './client.ts';
import { PartitionReader } from './partition-reader.ts';

/** Reads partitions of a topic in no group. */
export class Reader implements Consumer {
  readonly #readers: ReadonlyMap<number, PartitionReader>;
  #subscription: KafkaSubscription | undefined;

  private constructor(readers: ReadonlyMap<number, PartitionReader>) {
    this.#readers = readers;
  }

  static async open(
    client: KafkaClient,
    topic: string,
    from: ReadonlyMap<number, number> | undefined,
  ): Promise<Reader> {
    const { first } = await client.offsets(topic);
    const readers = new Map<number, PartitionReader>();
    for (const partition of from?.keys() ?? first.keys()) {
      // What retention has deleted cannot be read any more.
      const offset = Math.max(from?.get(partition) ?? 0, first[partition]);
      readers.set(partition, new PartitionReader(partition, offset));
    }
    const reader = new Reader(readers);
    reader.#subscription = await client.subscribe({
      topic,
      group: undefined,
      assigned: async () => new Map([...readers].map(([partition, { fetchFrom }]) => [partition, fetchFrom])),
    });
    return reader;
  }

  async poll(maxBytes: number, waitMs = 0): Promise<Polled | null> {
    const subscription = this.#subscription!;
    const deadline = performance.now() + waitMs;
    for (;;) {
      for (const reader of this.#readers.values()) {
        const polled = reader.take(maxBytes, subscription);
        if (polled !== null) return polled;
      }
      const fetched = await subscription.next(Math.max(0, deadline - performance.now()));
      if (fetched === undefined) return null;
      if (this.#readers.get(fetched.partition)?.accept(fetched, subscription)) return null;
    }
  }

  partitions(): ReadonlyMap<number, Place> {
    return this.#readers;
  }

  seek(partition: number, offset: number): void {
    this.#readers.get(partition)?.seek(offset, this.#subscription!);
  }

  async close(): Promise<void> {
    await this.#subscription!.close();
  }
}
