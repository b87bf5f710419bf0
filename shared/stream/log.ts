/** Small named strings that travel with a record: run, lane, taxonomy, model, trace. */
export type Headers = Readonly<Record<string, string>>;

/** A record to append. */
export interface NewRecord {
  key: string;
  /** Milliseconds since 1970. Taken from what the record is about, never from the clock, so that replays repeat. */
  timestamp: number;
  headers: Headers;
  value: Uint8Array;
}

/** A committed record. `value` is the reader's own: it is never written to again. */
export interface LogRecord extends NewRecord {
  offset: number;
}

/** Consecutive records of one partition. Never empty. */
export interface Polled {
  partition: number;
  records: LogRecord[];
}

/**
 * A durable log of topics, partitions and offsets, Kafka's shape: appends and consumed offsets commit together in one
 * transaction, and readers see committed records only. Offsets of a partition are 0, 1, 2… without gaps.
 *
 * Errors of every method: LOG_CORRUPT, LOG_UNAVAILABLE; CONFIG_INVALID for a topic or partition that is not there.
 */
export interface Log {
  /** Makes the topic durably; nothing happens where it is there with as many partitions. */
  createTopic(topic: string, partitions: number): Promise<void>;
  /** How many partitions the topic has; 0 where there is no such topic. */
  partitions(topic: string): Promise<number>;
  /** The offset after the last committed record, by partition. */
  endOffsets(topic: string): Promise<number[]>;
  /** The offset from which the group goes on, by partition; 0 where it has committed none. */
  committedOffsets(group: string, topic: string): Promise<number[]>;
  /** A reader of all partitions, from where the group goes on; without a group, from the beginning. */
  consumer(topic: string, group?: string): Promise<Consumer>;
  transaction(): Transaction;
  close(): Promise<void>;
}

export interface Consumer {
  /**
   * The next records of one partition, of about `maxBytes` and at least one, partitions taking turns;
   * null where every partition is read to its committed end.
   */
  poll(maxBytes: number): Promise<Polled | null>;
  /** The next poll of that partition starts at `offset`. */
  seek(partition: number, offset: number): void;
}

/** Appends and consumed offsets that become visible together, or not at all. */
export interface Transaction {
  append(topic: string, partition: number, record: NewRecord): void;
  /** The group goes on at `nextOffset` once this commits. */
  consumed(group: string, topic: string, partition: number, nextOffset: number): void;
  /** Durable once this resolves. */
  commit(): Promise<void>;
}

/** All committed records of a topic, partition by turns, in offset order within each. */
export async function* readAll(log: Log, topic: string): AsyncGenerator<LogRecord & { partition: number }> {
  const consumer = await log.consumer(topic);
  for (;;) {
    const polled = await consumer.poll(READ_BYTES);
    if (polled === null) return;
    for (const record of polled.records) yield { ...record, partition: polled.partition };
  }
}

const READ_BYTES = 1 << 20;
