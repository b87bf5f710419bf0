import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import {
  ATTEMPTS_HEADER,
  DEAD_LETTERS,
  REDRIVEN,
  REDRIVEN_FOR_HEADER,
  REDRIVEN_FROM_HEADER,
  type DeadLetter,
} from '../../shared/stream/dead-letters.ts';
import { readAll, type Log, type LogRecord, type NewRecord } from '../../shared/stream/log.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { RANKED_TOPIC } from '../ranking/topic.ts';
import { BATCH_PINS_TOPIC } from '../replay.ts';
import {
  Latest,
  letterId,
  noSuchLetter,
  readLetters,
  redrivenTimes,
  type LetterFilter,
  type LetterSource,
  type StoredLetter,
} from './letters.ts';

/** Why a letter that was asked for is left where it is. */
export const LEFT = {
  redriven: 'redriven before',
  attempts: 'failed too often: name it by its id',
  empty: 'no bytes to redrive: its record was a tombstone',
  homeless: 'the topic or partition where it failed is not there any more',
} as const;

export type Left = keyof typeof LEFT;

/** What a redrive will do. */
export interface RedrivePlan {
  /** Offsets of the letters that go, ascending, by partition of p2i-dead-letters. */
  going: ReadonlyMap<number, readonly number[]>;
  /** The most frequent first. */
  kinds: readonly Kind[];
  /** How many do not go, by the reason. */
  left: Readonly<Record<Left, number>>;
}

/** How many go of those that failed alike. */
export interface Kind extends Pick<DeadLetter, 'topic' | 'stage' | 'code'> {
  letters: number;
}

export interface RedriveLimits {
  /** A letter that failed so often goes only where the filter has its id. */
  maxAttempts: number;
  /** Of the letters that can go, those that failed last. */
  limit?: number;
}

/**
 * Chooses the letters that a redrive republishes.
 *
 * @throws P2iError CONFIG_INVALID for an id of the filter that no letter has; of the log; REGISTRY_UNAVAILABLE
 */
export async function planRedrive(
  source: LetterSource,
  filter: LetterFilter,
  { maxAttempts, limit = Infinity }: RedriveLimits,
): Promise<RedrivePlan> {
  const chosen = new Latest<Going>(limit);
  const left: Record<Left, number> = { redriven: 0, attempts: 0, empty: 0, homeless: 0 };
  const kinds = new Map<string, Kind>();
  const partitions = new Map<string, number>();
  const missing = new Set(filter.ids);
  for await (const { id, letter, failed, redriven } of readLetters(source, filter)) {
    missing.delete(id);
    const { topic, stage, code } = letter;
    if (!partitions.has(topic)) partitions.set(topic, await source.log.partitions(topic));
    if (redriven !== undefined) left.redriven++;
    else if (letter.value.length === 0) left.empty++;
    else if (letter.partition >= partitions.get(topic)!) left.homeless++;
    else if (letter.attempts >= maxAttempts && filter.ids === undefined) left.attempts++;
    else {
      const name = `${topic} ${stage} ${code}`;
      let kind = kinds.get(name);
      if (kind === undefined) kinds.set(name, (kind = { topic, stage, code, letters: 0 }));
      chosen.add({ id, failed, kind });
    }
  }
  for (const id of missing) throw noSuchLetter(id);

  const going = new Map<number, number[]>();
  for (const { id, kind } of chosen.items()) {
    const [partition, offset] = id.split('@').map(Number);
    const offsets = going.get(partition);
    if (offsets === undefined) going.set(partition, [offset]);
    else offsets.push(offset);
    kind.letters++;
  }
  for (const offsets of going.values()) offsets.sort((a, b) => a - b);
  const found = [...kinds.values()].filter(({ letters }) => letters > 0);
  return { going, kinds: found.sort((a, b) => b.letters - a.letters), left };
}

/** A letter that goes, as far as a plan needs it: there may be millions. */
interface Going extends Pick<StoredLetter, 'id' | 'failed'> {
  kind: Kind;
}

export interface RedriveOptions {
  log: Log;
  registry: Registry;
  signal?: AbortSignal;
  /** Is told how many letters are done. */
  onProgress?: (letters: number) => void;
}

/**
 * Republishes the letters of a plan to where they failed: their bytes, key, headers and time, marked with what they were
 * redriven from, how often they have failed, and which pool they are for. What fails again becomes a new letter.
 *
 * No letter is redriven twice. That it was stands on p2i-redriven, in the transaction that redrives it; and a redrive is
 * a member of a consumer group on the one partition of that topic: whoever has the partition has read what is redriven
 * since it alone can add to it, and whoever lost it can commit no more. Others that run at the same time wait their turn;
 * after a kill, the same plan goes on.
 *
 * @returns how many letters this call redrove: less than the plan has where another one was quicker
 * @throws P2iError of the log; REGISTRY_UNAVAILABLE; the signal's reason. What is committed by then stays redriven
 */
export function redrive(options: RedriveOptions, plan: RedrivePlan): Promise<number> {
  const { log } = options;
  // A log has one consumer of a group at a time.
  const before = running.get(log) ?? Promise.resolve();
  const done = before.then(() => new Redrive(options, plan).run());
  running.set(
    log,
    done.then(
      () => undefined,
      () => undefined,
    ),
  );
  return done;
}

/** Resolves when the redrives before, of this process, have ended. */
const running = new WeakMap<Log, Promise<void>>();

class Redrive {
  readonly #options: RedriveOptions;
  /** By partition: offsets of the letters that are to go, ascending. */
  readonly #left: Map<number, Set<number>>;
  readonly #total: number;
  /** Letters that are redriven, by this or by another one. */
  #done = 0;
  #redriven = 0;

  constructor(options: RedriveOptions, { going }: RedrivePlan) {
    this.#options = options;
    this.#left = new Map([...going].map(([partition, offsets]) => [partition, new Set(offsets)]));
    this.#total = [...going.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async run(): Promise<number> {
    const { log, signal } = this.#options;
    if (this.#left.size === 0) return 0;
    await log.createTopic(REDRIVEN, 1);
    const turn = await log.consumer(REDRIVEN, GROUP);
    try {
      for (let finished = false; !finished;) {
        signal?.throwIfAborted();
        const mine = turn.partitions().get(0);
        if (mine === undefined) await turn.poll(1, WAIT_MS);
        else finished = await this.#work(mine.epoch);
      }
    } finally {
      await turn.close();
    }
    return this.#redriven;
  }

  /** Redrives what is left. @returns false where another redrive took its turn meanwhile */
  async #work(epoch: number): Promise<boolean> {
    const { log, signal } = this.#options;
    for (const id of (await redrivenTimes(log)).keys()) this.#finish(id);
    if (this.#left.size === 0) return true;
    const from = new Map([...this.#left].map(([partition, [first]]) => [partition, first]));
    let letters: StoredRecord[] = [];
    let bytes = 0;
    try {
      for await (const record of readAll(log, DEAD_LETTERS, from)) {
        if (this.#left.get(record.partition)?.has(record.offset)) {
          letters.push(record);
          bytes += record.value?.length ?? 0;
        }
        const last = this.#done + letters.length === this.#total;
        if (bytes < TRANSACTION_BYTES && !last) continue;
        await this.#commit(letters, epoch);
        if (last) break;
        signal?.throwIfAborted();
        letters = [];
        bytes = 0;
      }
      return true;
    } catch (error) {
      if (error instanceof P2iError && error.code === 'PARTITION_LOST') return false;
      throw error;
    }
  }

  async #commit(records: readonly StoredRecord[], epoch: number): Promise<void> {
    const { log, registry } = this.#options;
    const codec = registry.codec<DeadLetter>(DEAD_LETTERS);
    const transaction = log.transaction();
    const ids: string[] = [];
    for (const { partition, offset, value } of records) {
      const id = letterId(partition, offset);
      await registry.learn(value);
      const letter = codec.decode(value, `${DEAD_LETTERS}-${id}`);
      transaction.append(letter.topic, letter.partition, redrivenRecord(letter, id));
      transaction.append(REDRIVEN, 0, { key: id, timestamp: Date.now(), headers: {}, value: null });
      ids.push(id);
    }
    // The offset says nothing: that it is committed is what a redrive that lost its turn cannot do.
    transaction.consumed(GROUP, REDRIVEN, 0, 0, epoch);
    await transaction.commit();
    this.#redriven += ids.length;
    for (const id of ids) this.#finish(id);
    this.#options.onProgress?.(this.#done);
  }

  /** Notes that a letter is redriven; nothing where it is none of the plan. */
  #finish(id: string): void {
    const [partition, offset] = id.split('@').map(Number);
    const left = this.#left.get(partition);
    if (!left?.delete(offset)) return;
    if (left.size === 0) this.#left.delete(partition);
    this.#done++;
  }
}

type StoredRecord = LogRecord & { partition: number };

function redrivenRecord(letter: DeadLetter, id: string): NewRecord {
  const { key, time, headers, value, attempts } = letter;
  const reader = readerOf(letter);
  return {
    key,
    timestamp: time,
    headers: {
      ...headers,
      [ATTEMPTS_HEADER]: String(attempts),
      [REDRIVEN_FROM_HEADER]: id,
      ...(reader !== undefined && { [REDRIVEN_FOR_HEADER]: `${letter.topic}/${reader}` }),
    },
    value,
  };
}

/** The stage that reads each topic on the way to a result, alone or before those that are fused with it. */
const READERS: Readonly<Record<string, StageName>> = {
  [PINS_TOPIC]: 'candidates',
  [BATCH_PINS_TOPIC]: 'candidates',
  'p2i-candidates': 'features',
  'p2i-features': 'ranking',
  [RANKED_TOPIC]: 'publishing',
};

/** The first stage of the pool that failed: whether stages are fused may have changed since. */
function readerOf({ topic, stage }: DeadLetter): StageName | undefined {
  return stage === 'cooccurrence' ? stage : READERS[topic];
}

const GROUP = 'p2i-redrive';
/** Bytes of letters in one transaction, about. */
const TRANSACTION_BYTES = 1 << 20;
/** Between two looks whether it is this one's turn, ms. */
const WAIT_MS = 250;
