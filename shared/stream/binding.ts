import type { Headers, LogRecord } from './log.ts';

/** A topic whose values are batches of Pins (or of what stages made of them): how to read, write and divide them. */
export interface BatchTopic<Batch> {
  readonly topic: string;
  /**
   * @param where names the record, `topic-partition@offset`
   * @throws P2iError SCHEMA_UNKNOWN, AVRO_MALFORMED…: the record is dead-lettered whole
   */
  decode(value: Uint8Array, where: string): Batch;
  encode(batch: Batch): Uint8Array;
  /** Throws where the values of a Pin are out of range. That Pin alone is dead-lettered. */
  check?(batch: Batch): void;
  /** How many Pins it holds. */
  size(batch: Batch): number;
  /** Two batches that hold its Pins in the same order; asked only where it holds two or more. */
  split(batch: Batch): readonly [Batch, Batch];
  /** Id of the Pin of a batch that holds one. */
  pinId(batch: Batch): string;
}

/** A record of an output, before what all outputs share: its partition and timestamp are those of the input. */
export interface OutputRecord {
  key: string;
  value: Uint8Array;
  /** Added to the headers of the input, which are copied. */
  headers?: Headers;
}

/** What an output may take from the record that was read: the same at every replay. */
export type Origin = Pick<LogRecord, 'timestamp' | 'headers'>;

/** A topic that the last stage of a pump writes. */
export interface Output<Out> {
  readonly topic: string;
  /**
   * @param key of the record that was read
   * @param origin the rest of that record
   */
  encode(out: Out, key: string, origin: Origin): Iterable<OutputRecord>;
}

/** Up to where the input of a sink's state goes: `nextOffset` is the first one that is not in it. */
export interface Position {
  topic: string;
  partition: number;
  nextOffset: number;
}

/** A store of its own that takes what the last stage makes, together with the offset that made it. */
export interface Sink<Out> {
  /**
   * Takes all of the outputs and the position in one commit of the store, or nothing. Where the runtime cuts the input
   * into calls is not fixed: the state must not depend on it.
   */
  apply(outs: readonly Out[], position: Position): void | Promise<void>;
  /** The `nextOffset` of the last `apply` for that partition; 0 where there was none. */
  committedOffset(topic: string, partition: number): number;
}

/** The output that writes each batch as one record of a batch topic, under the key of its input. */
export function batchOutput<Batch>(to: BatchTopic<Batch>): Output<Batch> {
  return { topic: to.topic, encode: (batch, key) => [{ key, value: to.encode(batch) }] };
}
