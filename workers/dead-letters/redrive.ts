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
import type { Consumer, Log, NewRecord, Place, Polled } from '../../shared/stream/log.ts';
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
 * No letter is redriven twice. That it was stands on p2i-redriven, in the transaction that redrives it; and that
 * transaction is of a consumer group on p2i-dead-letters, so that each partition has one redrive at a time, which reads
 * what is redriven there once it alone can add to it. Killed anywhere, or along with others, the same plan goes on.
 *
 * @returns how many letters this call redrove: less than the plan has where another one was quicker
 * @throws P2iError of the log, REGISTRY_UNAVAILABLE; the signal's reason. What is committed by then stays redriven
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
  /** By partition: offsets of the letters that are to go. */
  readonly #left: Map<number, Set<number>>;
  /** By partition of the consumer: the epoch in which it was taken up. */
  readonly #epochs = new Map<number, number>();
  /** Letters that are redriven, by this or by another one. */
  #done = 0;
  #redriven = 0;

  constructor(options: RedriveOptions, { going }: RedrivePlan) {
    this.#options = options;
    this.#left = new Map([...going].map(([partition, offsets]) => [partition, new Set(offsets)]));
  }

  async run(): Promise<number> {
    const { log } = this.#options;
    if (this.#left.size > 0) await log.createTopic(REDRIVEN, await log.partitions(DEAD_LETTERS));
    while (this.#left.size > 0) {
      const consumer = await log.consumer(DEAD_LETTERS, GROUP);
      try {
        await this.#work(consumer);
      } finally {
        await consumer.close();
        this.#epochs.clear();
      }
    }
    return this.#redriven;
  }

  /** Until all is done, or this member has nothing to do and another one of the group has what is left. */
  async #work(consumer: Consumer): Promise<void> {
    while (this.#left.size > 0) {
      this.#options.signal?.throwIfAborted();
      const places = consumer.partitions();
      await this.#takeUp(consumer, places);
      const polled = await consumer.poll(READ_BYTES, WAIT_MS);
      if (polled !== null && this.#epochs.get(polled.partition) === polled.epoch) await this.#redrive(polled);
      else if (places.size > 0 && ![...places.keys()].some((partition) => this.#left.has(partition))) return;
    }
  }

  /** Leaves out what is redriven already: nobody else redrives letters of these partitions any more. */
  async #takeUp(consumer: Consumer, places: ReadonlyMap<number, Place>): Promise<void> {
    const { log } = this.#options;
    const anew = [...places].filter(([partition, { epoch }]) => this.#epochs.get(partition) !== epoch);
    if (anew.length === 0) return;
    const redriven = await redrivenTimes(
      log,
      anew.map(([partition]) => partition),
    );
    const ends = await log.endOffsets(DEAD_LETTERS);
    for (const [partition, { epoch }] of anew) {
      const offsets = [...(this.#left.get(partition) ?? [])];
      this.#finish(
        partition,
        offsets.filter((offset) => redriven.has(letterId(partition, offset))),
      );
      const [first = ends[partition]] = this.#left.get(partition) ?? [];
      consumer.seek(partition, first);
      this.#epochs.set(partition, epoch);
    }
  }

  async #redrive({ partition, records, epoch }: Polled): Promise<void> {
    const { log, registry } = this.#options;
    const codec = registry.codec<DeadLetter>(DEAD_LETTERS);
    const going = records.filter(({ offset }) => this.#left.get(partition)?.has(offset));
    if (going.length === 0) return;
    const transaction = log.transaction();
    for (const { offset, value } of going) {
      const id = letterId(partition, offset);
      await registry.learn(value);
      const letter = codec.decode(value, `${DEAD_LETTERS}-${id}`);
      transaction.append(letter.topic, letter.partition, redrivenRecord(letter, id));
      transaction.append(REDRIVEN, partition, { key: id, timestamp: Date.now(), headers: {}, value: null });
    }
    const offsets = going.map(({ offset }) => offset);
    transaction.consumed(GROUP, DEAD_LETTERS, partition, offsets[offsets.length - 1] + 1, epoch);
    try {
      await transaction.commit();
    } catch (error) {
      // Another redrive has the partition; whoever has it next takes up what is left.
      if (error instanceof P2iError && error.code === 'PARTITION_LOST') return;
      throw error;
    }
    this.#redriven += offsets.length;
    this.#finish(partition, offsets);
  }

  #finish(partition: number, offsets: readonly number[]): void {
    const left = this.#left.get(partition);
    for (const offset of offsets) left?.delete(offset);
    if (left?.size === 0) this.#left.delete(partition);
    this.#done += offsets.length;
    this.#options.onProgress?.(this.#done);
  }
}

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
const READ_BYTES = 1 << 20;
const WAIT_MS = 250;
