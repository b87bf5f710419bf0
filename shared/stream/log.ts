/** Small named strings that travel with a record: run, lane, taxonomy, model, trace. */
export type Headers = Readonly<Record<string, string>>;

/** A record to append. */
export interface NewRecord {
  key: string;
  /** Milliseconds since 1970. Taken from what the record is about, never from the clock, so that replays repeat. */
  timestamp: number;
  headers: Headers;
  /** null: a tombstone. Where the topic is compacted, it ends the key. */
  value: Uint8Array | null;
}

/** A committed record. `value` is the reader's own: it is never written to again. */
export interface LogRecord extends NewRecord {
  offset: number;
}

/** Consecutive records of one partition. Never empty. */
export interface Polled {
  partition: number;
  /** Where the poll began: the first record may have a greater offset, since some offsets hold no record. */
  from: number;
  records: LogRecord[];
  /**
   * Changes each time the consumer takes the partition up anew, after a rebalance or a commit that failed: whatever its
   * owner holds of the partition beside the log may be out of date.
   */
  epoch: number;
}

/** Where a group that has committed nothing begins: with all that is kept, or with what comes from now on. */
export type Start = 'earliest' | 'latest';

/**
 * A durable log of topics, partitions and offsets, Kafka's shape: appends and consumed offsets commit together in one
 * transaction, and readers see committed records only. Offsets of a partition grow; some may hold no record.
 * Every implementation passes test/shared/stream/conformance.ts.
 *
 * Errors of every method: LOG_CORRUPT, LOG_UNAVAILABLE of the embedded log; BROKER_UNAVAILABLE, BROKER_REFUSED and
 * PARTITION_LOST of Kafka; CONFIG_INVALID for a topic or partition that is not there.
 */
export interface Log {
  /** Makes the topic durably, with the settings of topics.ts; nothing happens where it is there with as many partitions. */
  createTopic(topic: string, partitions: number): Promise<void>;
  /** How many partitions the topic has; 0 where there is no such topic. */
  partitions(topic: string): Promise<number>;
  /** The offset after everything committed, by partition. */
  endOffsets(topic: string): Promise<number[]>;
  /** The offset from which the group goes on, by partition; 0 where it has committed none. */
  committedOffsets(group: string, topic: string): Promise<number[]>;
  /**
   * By partition, the first offset of what was appended at that time or later; the end where nothing was. Kafka goes by
   * the brokers' time, the embedded log, which notes no other, by that of the records.
   *
   * @param time milliseconds since 1970
   */
  offsetsAt(topic: string, time: number): Promise<number[]>;
  /**
   * A member of a group, from where the group goes on. Consumers of one group share the partitions.
   *
   * @param start where a group that has committed nothing begins; `latest` commits that place at once
   */
  consumer(topic: string, group: string, start?: Start): Promise<Consumer>;
  /**
   * The one owner of partitions, without joining their group: whoever worked on one for the group before can commit nothing
   * more once this resolves. It reads from where the group goes on. Where another owner takes a partition over, its
   * commits and polls are refused with PARTITION_LOST.
   *
   * @param from the partitions, and where each begins of which the group has committed nothing
   */
  owner(topic: string, group: string, from: ReadonlyMap<number, number>): Promise<Consumer>;
  /** A reader in no group. @param from the partitions to read and where to begin; without it all, from the beginning */
  reader(topic: string, from?: ReadonlyMap<number, number>): Promise<Consumer>;
  transaction(): Transaction;
  /** Resolves where the log can be used now. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Where a consumer is in a partition. */
export interface Place {
  /** The next offset that will be polled. */
  position: number;
  /** As Polled has it. */
  epoch: number;
}

export interface Consumer {
  /**
   * The next records of one partition, of about `maxBytes` and at least one, partitions taking turns; null where none
   * came within `waitMs`, or where only offsets without a record did. The embedded log never waits.
   */
  poll(maxBytes: number, waitMs?: number): Promise<Polled | null>;
  /** The partitions that this consumer has now. */
  partitions(): ReadonlyMap<number, Place>;
  /** The next poll of that partition starts at `offset`; nothing happens where the consumer does not have it. */
  seek(partition: number, offset: number): void;
  /** Leaves the group. */
  close(): Promise<void>;
}

/** Appends and consumed offsets that become visible together, or not at all. */
export interface Transaction {
  append(topic: string, partition: number, record: NewRecord): void;
  /**
   * The group goes on at `nextOffset` once this commits. At most one group, topic and partition a transaction.
   *
   * @param epoch in which what is consumed was polled: where the partition was taken up anew since, the commit is
   *   refused with PARTITION_LOST. The embedded log has one epoch, 0
   */
  consumed(group: string, topic: string, partition: number, nextOffset: number, epoch?: number): void;
  /**
   * Durable once this resolves, and shown to readers: on Kafka a moment later where something was consumed. Where it
   * rejects there, the consumer takes the partition up anew by itself, from what is really committed.
   */
  commit(): Promise<void>;
}

/**
 * All records that a topic holds committed now, partition by turns, in offset order within each.
 *
 * @param from the partitions to read and where to begin; without it all, from the beginning
 */
export async function* readAll(
  log: Log,
  topic: string,
  from?: ReadonlyMap<number, number>,
): AsyncGenerator<LogRecord & { partition: number }> {
  const ends = await log.endOffsets(topic);
  const consumer = await log.reader(topic, from);
  try {
    while (isBehind(consumer, ends)) {
      const polled = await consumer.poll(READ_BYTES, READ_WAIT_MS);
      for (const record of polled?.records ?? []) {
        if (record.offset < ends[polled!.partition]) yield { ...record, partition: polled!.partition };
      }
    }
  } finally {
    await consumer.close();
  }
}

/** True where the consumer has yet to come to the end of one of its partitions. */
export function isBehind(consumer: Consumer, ends: readonly number[]): boolean {
  for (const [partition, { position }] of consumer.partitions()) if (position < ends[partition]) return true;
  return false;
}

const READ_BYTES = 1 << 20;
const READ_WAIT_MS = 1000;
