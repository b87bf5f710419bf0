import { PINS_HEADER } from './headers.ts';
import type { Headers, LogRecord } from './log.ts';

/** A topic whose values are batches of Pins (or of what stages made of them): how to read, write and divide them. */
export interface BatchTopic<Batch> {
  readonly topic: string;
  /**
   * @param where names the record, `topic-partition@offset`
   * @throws P2iError SCHEMA_UNKNOWN, AVRO_MALFORMED…: the record is dead-lettered whole
   */
  decode(value: Uint8Array | null, where: string): Batch;
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
  /** Of the output's `others`; without it, the output's topic. */
  topic?: string;
  key: string;
  value: Uint8Array | null;
  /** Added to the headers of the input, which are copied. */
  headers?: Headers;
}

/** What an output may take from the record that was read: the same at every replay. */
export type Origin = Pick<LogRecord, 'timestamp' | 'headers'> & { partition: number };

/** A topic that the last stage of a pump writes. */
export interface Output<Out> {
  readonly topic: string;
  /** Topics that some of its records go to instead. */
  readonly others?: readonly string[];
  /**
   * @param key of the record that was read
   * @param origin the rest of that record
   */
  encode(out: Out, key: string, origin: Origin): Iterable<OutputRecord>;
  /** For an output that remembers what it wrote: the partition is taken up anew, and memory may be out of date. */
  takeUp?(partition: number): Promise<void>;
  /** What was encoded for the partition since the last call is committed. */
  committed?(partition: number): Promise<void>;
}

/** Up to where the input of a sink's state goes: `nextOffset` is the first one that is not in it. */
export interface Position {
  topic: string;
  partition: number;
  nextOffset: number;
}

/** What the last stage made of a record, or of a part of one, and that record's offset and headers. */
export interface Made<Out> {
  out: Out;
  offset: number;
  headers: Headers;
}

/** A store of its own that takes what the last stage makes, together with the offset that made it. */
export interface Sink<Out> {
  /**
   * Is told what it will be given, before the log commits that it was read. What it has to remember to ask for that again,
   * should the process die before `apply`, it notes durably here.
   */
  prepare?(made: readonly Made<Out>[], place: Pick<Position, 'topic' | 'partition'>): void;
  /**
   * Takes all of the outputs and the position in one commit of the store, or nothing. Where the runtime cuts the input
   * into calls is not fixed: the state must not depend on it.
   */
  apply(made: readonly Made<Out>[], position: Position): void | Promise<void>;
  /** Up to where it holds the partition; undefined where it cannot tell, and the group's own offset is right. */
  committedOffset(topic: string, partition: number): number | undefined;
}

/** The output that writes each batch as one record of a batch topic, under the key of its input. */
export function batchOutput<Batch>(to: BatchTopic<Batch>): Output<Batch> {
  return {
    topic: to.topic,
    encode: (batch, key) => [
      { key, value: to.encode(batch), headers: { [PINS_HEADER]: String(to.size(batch)) } },
    ],
  };
}
