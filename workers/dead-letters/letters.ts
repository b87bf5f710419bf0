import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { DEAD_LETTERS, REDRIVEN, type DeadLetter } from '../../shared/stream/dead-letters.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';

/** A dead letter, and what became of it. */
export interface StoredLetter {
  /** `<partition>@<offset>` on p2i-dead-letters. */
  id: string;
  letter: DeadLetter;
  /** When it failed, milliseconds since 1970. */
  failed: number;
  /** When it was redriven, milliseconds since 1970; undefined where it was not. */
  redriven: number | undefined;
}

/** Which letters are meant: those that every field fits that is there. */
export interface LetterFilter {
  ids?: ReadonlySet<string>;
  stage?: string;
  code?: string;
  /** Where it was read. */
  topic?: string;
  /** That failed at this time or later, milliseconds since 1970. */
  since?: number;
  /** That failed before this time, milliseconds since 1970. */
  until?: number;
}

/** The log that the letters lie on. */
export interface LetterSource {
  log: Log;
  registry: Registry;
  /** Is told of each record that is no dead letter. */
  onUnreadable: (error: P2iError) => void;
}

export function letterId(partition: number, offset: number): string {
  return `${partition}@${offset}`;
}

/**
 * The letters that the filter fits, partition by turns, in the order of their offsets within each.
 *
 * @throws P2iError CONFIG_INVALID for an id that is none; of the log; REGISTRY_UNAVAILABLE
 */
export async function* readLetters(
  { log, registry, onUnreadable }: LetterSource,
  filter: LetterFilter = {},
): AsyncGenerator<StoredLetter> {
  const partitions = await log.partitions(DEAD_LETTERS);
  const from = filter.ids && beginnings(filter.ids, partitions);
  if (partitions === 0 || from?.size === 0) return;
  const redriven = await redrivenTimes(log);
  const codec = registry.codec<DeadLetter>(DEAD_LETTERS);
  let left = filter.ids?.size;
  for await (const { partition, offset, timestamp, value } of readAll(log, DEAD_LETTERS, from)) {
    const id = letterId(partition, offset);
    if (filter.ids?.has(id) === false) continue;
    await registry.learn(value);
    const letter = readable(() => codec.decode(value, `${DEAD_LETTERS}-${id}`), onUnreadable);
    if (letter !== undefined) {
      const stored = { id, letter, failed: timestamp, redriven: redriven.get(id) };
      if (fits(stored, filter)) yield stored;
    }
    if (left !== undefined && --left === 0) return;
  }
}

/** @throws P2iError CONFIG_INVALID where there is none of that id; what it is unreadable for; as readLetters */
export async function letterOf(
  source: Omit<LetterSource, 'onUnreadable'>,
  id: string,
): Promise<StoredLetter> {
  const onUnreadable = (error: P2iError): void => {
    throw error;
  };
  for await (const stored of readLetters({ ...source, onUnreadable }, { ids: new Set([id]) })) return stored;
  throw noSuchLetter(id);
}

export function noSuchLetter(id: string): P2iError {
  return new P2iError('CONFIG_INVALID', 'there is no such dead letter; `p2i dlq list` shows the ids', {
    where: id,
  });
}

/** By id: when the letter was redriven, milliseconds since 1970. */
export async function redrivenTimes(log: Log): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  if ((await log.partitions(REDRIVEN)) === 0) return times;
  for await (const { key, timestamp } of readAll(log, REDRIVEN)) times.set(key, timestamp);
  return times;
}

/** The items that failed last, in the order of their failing: `most` at most, and twice as many are held meanwhile. */
export class Latest<T extends Pick<StoredLetter, 'failed'>> {
  readonly #most: number;
  #held: T[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.#held.push(item);
    if (this.#held.length > 2 * this.#most) this.#held = this.items();
  }

  items(): T[] {
    const sorted = this.#held.sort((a, b) => a.failed - b.failed);
    return sorted.slice(Math.max(0, sorted.length - this.#most));
  }
}

function readable<T>(read: () => T, onUnreadable: (error: P2iError) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof P2iError)) throw error;
    onUnreadable(error);
    return undefined;
  }
}

function fits({ letter, failed }: StoredLetter, filter: LetterFilter): boolean {
  const { stage = letter.stage, code = letter.code, topic = letter.topic } = filter;
  const { since = -Infinity, until = Infinity } = filter;
  return (
    letter.stage === stage &&
    letter.code === code &&
    letter.topic === topic &&
    failed >= since &&
    failed < until
  );
}

/** By partition: the first of the ids. Those of partitions that are not there are left out. */
function beginnings(ids: ReadonlySet<string>, partitions: number): Map<number, number> {
  const from = new Map<number, number>();
  for (const id of ids) {
    const [, partition, offset] = ID.exec(id)?.map(Number) ?? [];
    if (partition === undefined) throw noSuchLetter(id);
    if (partition < partitions) from.set(partition, Math.min(offset, from.get(partition) ?? Infinity));
  }
  return from;
}

const ID = /^(\d+)@(\d+)$/;
