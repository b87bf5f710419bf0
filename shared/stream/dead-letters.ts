import { P2iError, type ErrorCode } from '../errors/errors.ts';
import type { Codec } from '../registry/codec.ts';
import type { Registry } from '../registry/registry.ts';
import { withoutPins } from './headers.ts';
import type { Headers, Log, LogRecord, Transaction } from './log.ts';
import type { StageName } from './stage.ts';

export const DEAD_LETTERS = 'p2i-dead-letters';

/**
 * Which dead letters were redriven: one record each, its key the letter's id, its time that of the redrive. It has one
 * partition, which is written by the redrive that has it: one at a time.
 */
export const REDRIVEN = 'p2i-redriven';

/** The header in which a redriven record says how often it failed before. */
export const ATTEMPTS_HEADER = 'attempts';

/** The header in which a redriven record, and what is made of it, names its dead letter. */
export const REDRIVEN_FROM_HEADER = 'redriven-from';

/**
 * The header in which a redriven record names its reader, `topic/stage`: the pool that begins with that stage. Whoever
 * else reads the topic, or a copy of the record elsewhere, has had the Pins already and passes over it.
 */
export const REDRIVEN_FOR_HEADER = 'redriven-for';

/** Value of p2i-dead-letters. Exactly the fields of schemas/p2i-dead-letters.avsc. */
export interface DeadLetter {
  topic: string;
  partition: number;
  offset: number;
  key: string;
  headers: Headers;
  stage: StageName;
  code: ErrorCode;
  message: string;
  pinId: string | null;
  value: Uint8Array;
  time: number;
  attempts: number;
}

/** Where a record was read. */
export interface Source {
  topic: string;
  partition: number;
  record: LogRecord;
}

/** Why and where it failed. */
export interface Failure {
  stage: StageName;
  error: unknown;
  /** The code of an error that is no P2iError. */
  otherwise: ErrorCode;
  pinId: string | null;
  /** The bytes to keep: the record's own, or a batch of the one Pin. */
  value: Uint8Array;
}

/** Writes dead letters: to the partition that has the number of the source's. */
export class DeadLetterWriter {
  readonly #codec: Codec<DeadLetter>;
  readonly #partitions: number;

  private constructor(codec: Codec<DeadLetter>, partitions: number) {
    this.#codec = codec;
    this.#partitions = partitions;
  }

  /** Makes the topic, with as many partitions as the source, where it is not there. */
  static async open(log: Log, registry: Registry, partitions: number): Promise<DeadLetterWriter> {
    const known = await log.partitions(DEAD_LETTERS);
    if (known === 0) await log.createTopic(DEAD_LETTERS, partitions);
    return new DeadLetterWriter(registry.codec(DEAD_LETTERS), known || partitions);
  }

  write(transaction: Transaction, { topic, partition, record }: Source, failure: Failure): void {
    const { stage, error, otherwise, pinId, value } = failure;
    const { key, offset, timestamp } = record;
    const headers = pinId === null ? record.headers : withoutPins(record.headers);
    const letter: DeadLetter = {
      topic,
      partition,
      offset,
      key,
      headers,
      stage,
      code: codeOf(error, otherwise),
      message: error instanceof Error ? error.message : String(error),
      pinId,
      // Avro takes Buffers only.
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      time: timestamp,
      // A header of that name that is no number is not ours.
      attempts: 1 + (Number(headers[ATTEMPTS_HEADER]) || 0),
    };
    transaction.append(DEAD_LETTERS, partition % this.#partitions, {
      key: `${topic}-${partition}-${offset}`,
      // What a letter is about happens now: the time of the record that failed is in its value.
      timestamp: Date.now(),
      headers,
      value: this.#codec.encode(letter),
    });
  }
}

/** The code of a P2iError, `otherwise` for what is none. */
export function codeOf(error: unknown, otherwise: ErrorCode): ErrorCode {
  return error instanceof P2iError ? error.code : otherwise;
}
