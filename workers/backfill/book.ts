import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { isBehind, readAll, type Consumer, type Log, type LogRecord } from '../../shared/stream/log.ts';
import { FIRST_PAUSE_MS, isTransient, LAST_PAUSE_MS } from '../../shared/stream/retry.ts';
import type { Run, Schedule } from './run.ts';

/** Runs and schedules: the newest record of each says what it is. */
export const RUNS_TOPIC = 'p2i-runs';

/** Where runs are recorded. */
export interface RunsLog {
  log: Log;
  registry: Registry;
}

/** Value of p2i-runs. Exactly the fields of schemas/p2i-runs.avsc. One of both is there. */
interface Entry {
  run: Run | null;
  schedule: Schedule | null;
}

/** Keys of schedules begin so; names of runs hold no slash. */
const SCHEDULE_KEY = 'schedule/';

/** All runs and schedules, from the records of p2i-runs in their order. */
export class RunBook {
  readonly #registry: Registry;
  readonly #codec: Codec<Entry>;
  readonly #runs = new Map<string, Run>();
  readonly #schedules = new Map<string, Schedule>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#codec = registry.codec(RUNS_TOPIC);
  }

  /** By name, those that were changed last behind. */
  get runs(): ReadonlyMap<string, Run> {
    return this.#runs;
  }

  get schedules(): ReadonlyMap<string, Schedule> {
    return this.#schedules;
  }

  /** @throws P2iError REGISTRY_UNAVAILABLE: the record is to be taken again; of the codec, for what is no entry */
  async take({ key, value, offset }: LogRecord): Promise<void> {
    if (value === null) {
      this.#schedules.delete(key.slice(SCHEDULE_KEY.length));
      return;
    }
    await this.#registry.learn(value);
    const { run, schedule } = this.#codec.decode(value, `${RUNS_TOPIC}-0@${offset}`);
    if (schedule !== null) this.#schedules.set(schedule.name, schedule);
    if (run === null) return;
    this.#runs.delete(run.plan.run);
    this.#runs.set(run.plan.run, run);
  }
}

/** What is recorded now. */
export async function readBook({ log, registry }: RunsLog): Promise<RunBook> {
  const book = new RunBook(registry);
  if ((await log.partitions(RUNS_TOPIC)) > 0)
    for await (const record of readAll(log, RUNS_TOPIC)) await book.take(record);
  return book;
}

/** What a change writes. */
export class Changes {
  readonly #codec: Codec<Entry>;
  readonly records: { key: string; value: Uint8Array | null }[] = [];

  constructor(registry: Registry) {
    this.#codec = registry.codec(RUNS_TOPIC);
  }

  run(run: Run): void {
    this.records.push({ key: run.plan.run, value: this.#codec.encode({ run, schedule: null }) });
  }

  schedule(schedule: Schedule): void {
    const { name } = schedule;
    this.records.push({ key: SCHEDULE_KEY + name, value: this.#codec.encode({ run: null, schedule }) });
  }

  unschedule(name: string): void {
    this.records.push({ key: SCHEDULE_KEY + name, value: null });
  }
}

/** Who changes p2i-runs: its transactional id is held by one at a time. */
const WRITER = 'p2i-runs-writer';

/**
 * Decides by what is recorded and records what was decided, with nobody else doing so in between: whoever comes later
 * takes the topic over, and what was decided here is decided anew.
 *
 * @param decide may be called several times
 * @returns what `decide` returned, once it is durable
 * @throws P2iError of the log, after retries where it is transient; what `decide` throws
 */
export async function changeBook<T>(
  runs: RunsLog,
  decide: (book: RunBook, changes: Changes) => T | Promise<T>,
): Promise<T> {
  await makeRunsTopic(runs.log);
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    try {
      return await changeOnce(runs, decide);
    } catch (error) {
      if (!isTransient(error) || pause > LAST_PAUSE_MS) throw error;
      // By chance: two that came at once would else take the topic from each other again and again.
      await sleep(randomInt(pause / 2, 2 * pause));
    }
  }
}

async function changeOnce<T>(
  { log, registry }: RunsLog,
  decide: (book: RunBook, changes: Changes) => T | Promise<T>,
): Promise<T> {
  const owner = await log.owner(RUNS_TOPIC, WRITER, BEGINNING);
  try {
    const book = new RunBook(registry);
    await readToEnd(log, owner, book);
    const changes = new Changes(registry);
    const decided = await decide(book, changes);
    if (changes.records.length === 0) return decided;
    const transaction = log.transaction();
    for (const { key, value } of changes.records)
      transaction.append(RUNS_TOPIC, 0, { key, value, timestamp: Date.now(), headers: {} });
    // What fences others is the offset that is committed along; it stays at the beginning, so that all is read each time.
    transaction.consumed(WRITER, RUNS_TOPIC, 0, 0, owner.partitions().get(0)!.epoch);
    await transaction.commit();
    return decided;
  } finally {
    await owner.close();
  }
}

/** Nothing happens where the topic is there. Its one partition puts all changes in an order. */
export async function makeRunsTopic(log: Log): Promise<void> {
  if ((await log.partitions(RUNS_TOPIC)) === 0) await log.createTopic(RUNS_TOPIC, 1);
}

const BEGINNING: ReadonlyMap<number, number> = new Map([[0, 0]]);
const POLL_BYTES = 1 << 20;
const WAIT_MS = 1000;

/** Takes all that is recorded now and that the consumer has not read. */
export async function readToEnd(log: Log, consumer: Consumer, book: RunBook): Promise<void> {
  const ends = await log.endOffsets(RUNS_TOPIC);
  while (isBehind(consumer, ends)) {
    const polled = await consumer.poll(POLL_BYTES, WAIT_MS);
    for (const record of polled?.records ?? []) await book.take(record);
  }
}
