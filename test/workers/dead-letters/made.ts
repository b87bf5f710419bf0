import { P2iError, type ErrorCode } from '../../../shared/errors/errors.ts';
import type { StageName } from '../../../shared/stream/stage.ts';
import type { Registry } from '../../../shared/registry/registry.ts';
import { DeadLetterWriter } from '../../../shared/stream/dead-letters.ts';
import type { Headers, Log } from '../../../shared/stream/log.ts';
import { readLetters, type LetterSource, type StoredLetter } from '../../../workers/dead-letters/letters.ts';
import { PARTITIONS, pins, registry } from '../../shared/stream/toy.ts';

/** What a made letter says; the rest is the same of each. */
export interface MadeLetter {
  topic?: string;
  partition?: number;
  offset?: number;
  headers?: Headers;
  stage?: StageName;
  code?: ErrorCode;
  value?: Uint8Array;
  /** When it failed. */
  failed?: number;
}

export const TIME = 1_700_000_000_000;

/** Writes letters as pumps do. */
export async function writeLetters(
  log: Log,
  letters: readonly MadeLetter[],
  schemas: Registry = registry,
): Promise<void> {
  const writer = await DeadLetterWriter.open(log, schemas, PARTITIONS);
  const transaction = log.transaction();
  for (const [i, made] of letters.entries()) {
    const { topic = pins.topic, partition = 0, offset = i, headers = {}, failed = TIME + i } = made;
    const { stage = 'candidates', code = 'STAGE_FAILED', value = Buffer.from(`value ${i}`) } = made;
    const record = { key: `key ${i}`, timestamp: TIME, headers, value, offset };
    const error = new P2iError(code, 'failed');
    writer.write(
      {
        ...transaction,
        append: (to, at, letter) => transaction.append(to, at, { ...letter, timestamp: failed }),
      },
      { topic, partition, record },
      { stage, error, otherwise: code, pinId: null, value },
    );
  }
  await transaction.commit();
}

/** A source that has nothing unreadable. */
export function sourceOf(log: Log): LetterSource {
  return {
    log,
    registry,
    onUnreadable: (error) => {
      throw error;
    },
  };
}

export async function allLetters(log: Log): Promise<StoredLetter[]> {
  const letters: StoredLetter[] = [];
  for await (const letter of readLetters(sourceOf(log))) letters.push(letter);
  return letters;
}
