import type { KafkaSecurity } from '../../connections/settings.ts';
import type { LogRecord, NewRecord } from '../log.ts';

/**
 * What P2I needs of a Kafka client library, and nothing else: whatever is exact about the pipeline (fencing, positions,
 * transactions over consumed offsets) stands once, in log.ts, on top of this. Every adapter passes
 * test/shared/stream/kafka/client-conformance.ts.
 *
 * Errors of every method: BROKER_UNAVAILABLE where brokers cannot be reached, did not answer in time, or answered that
 * they cannot serve now (a leader election, a coordinator that loads); PARTITION_LOST where the broker refused a
 * producer because a newer one of the same transactional id exists; BROKER_REFUSED for what no retry mends
 * (no such topic, a record that is too large); AUTHENTICATION_FAILED, NOT_AUTHORISED, CERTIFICATE_UNTRUSTED.
 */
export interface KafkaClient {
  /** Of the library: `kafkajs`, `platformatic`. */
  readonly name: string;
  /** Makes the topic. @returns false where there is one of that name, whatever it is like */
  createTopic(spec: TopicSpec): Promise<boolean>;
  /** How many partitions the topic has; 0 where there is no such topic. Never makes one. */
  partitions(topic: string): Promise<number>;
  /** By partition: the first offset that is still kept, and the end of what read_committed readers see (LSO). */
  offsets(topic: string): Promise<{ first: number[]; end: number[] }>;
  /** By partition, the first offset whose record the brokers got at that time (ms since 1970) or later; else the end. */
  offsetsAt(topic: string, time: number): Promise<number[]>;
  /** The group's committed offset by partition; null where it has committed none. */
  committedOffsets(group: string, topic: string): Promise<(number | null)[]>;
  /**
   * A producer that has taken over the transactional id: an older one of the id is fenced, what it left open is aborted,
   * and what it was committing is committed, before this resolves.
   */
  producer(transactionalId: string): Promise<KafkaProducer>;
  /** A reader of committed records. Resolves once it has begun to join; it reconnects and rejoins by itself. */
  subscribe(options: SubscribeOptions): Promise<KafkaSubscription>;
  /** Resolves where the brokers answer. */
  ping(): Promise<void>;
  /** Closes what the client has open, subscriptions and producers included. */
  close(): Promise<void>;
}

export interface TopicSpec {
  topic: string;
  partitions: number;
  /** Copies of each partition; -1: as the brokers are configured. */
  replication: number;
  /** Topic settings: `cleanup.policy`, `retention.ms`… */
  config: Readonly<Record<string, string>>;
}

/** One transaction at a time. After any error, close it and take a new producer of the id. */
export interface KafkaProducer {
  /** Begins a transaction; nothing may be open. */
  begin(): Promise<void>;
  /** Writes records, zstd-compressed, in order within a partition, and resolves when the brokers have them. */
  send(records: readonly ProducedRecord[]): Promise<void>;
  /** Puts a consumed offset into the transaction. */
  consumed(group: string, topic: string, partition: number, nextOffset: number): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  /** Gives back connections; leaves an open transaction to the next producer of the id. */
  close(): Promise<void>;
}

export interface ProducedRecord extends NewRecord {
  topic: string;
  partition: number;
}

export interface SubscribeOptions {
  topic: string;
  /** A member of this consumer group reads the partitions it is assigned; without a group, all are read. */
  group: string | undefined;
  /**
   * Is told all partitions that are assigned now, each time the group has been joined (without a group, once), and
   * answers where to read each from; one that it does not name is not read. Nothing is fetched before it has answered; a rebalance meanwhile makes the answer
   * void and asks again. It never rejects.
   */
  assigned(partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

/**
 * Pulled, not pushed. A partition has at most one `Fetched` out or waiting; `advance` asks for its next. While nobody
 * pulls, heartbeats go on and nothing is fetched any more: memory is bounded by a fetch a partition.
 */
export interface KafkaSubscription {
  /** The next fetched records, partitions by turns; undefined where none came within `waitMs`. */
  next(waitMs: number): Promise<Fetched | undefined>;
  /** Goes on fetching the partition at `offset`. What is waiting of it is dropped. No effect where it is not assigned. */
  advance(partition: number, offset: number): void;
  /** Leaves the group at once, so that others take over. */
  close(): Promise<void>;
}

/** What a partition holds of committed records from offset `from` until before `next`; perhaps none. */
export interface Fetched {
  partition: number;
  /** The offset that was asked for. */
  from: number;
  records: LogRecord[];
  /** After everything that was fetched, control records and aborted ones too. Greater than `from`. */
  next: number;
}

/** Of the records of every producer. docs/benchmarks.md has what each level costs and saves. */
export const ZSTD_LEVEL = 3;

/** How a client reaches the brokers. */
export interface KafkaConnection {
  /** `host:port` of some of the brokers. */
  brokers: readonly string[];
  clientId: string;
  /** Absent: neither encrypted nor authenticated. */
  security?: KafkaSecurity;
}

/** Bytes that a fetch brings of one partition, about; one record at least, however large. */
export const FETCH_BYTES_PER_PARTITION = 1 << 20;
/** How long a fetch waits at the broker for records, ms. */
export const FETCH_WAIT_MS = 250;
/** A member that sends no heartbeat for so long is out of its group, ms. */
export const SESSION_TIMEOUT_MS = 20_000;
/** A transaction that is open for so long is aborted by the brokers, ms: it holds up read_committed readers. */
export const TRANSACTION_TIMEOUT_MS = 30_000;
