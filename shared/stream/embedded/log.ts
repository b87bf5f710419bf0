import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { P2iError } from '../../errors/errors.ts';
import type { Consumer, Log, NewRecord, Place, Polled, Start, Transaction } from '../log.ts';
import { onDisk, syncDirectory } from './files.ts';
import { Journal, type End, type Entry } from './journal.ts';
import { lock, type Lock } from './lock.ts';
import { Partition } from './partition.ts';
import { frame } from './record.ts';

/**
 * The log in a directory of one process, no broker:
 *
 *     topics/<topic>/<partition>.log   records, appended
 *     journal                          one line a transaction: the new ends of its partitions, its consumed offsets
 *     lock, lock.pid                   who has it open
 *
 * A commit makes the records durable in their files, then the journal's line; that line is what commits. Opening cuts
 * each file to its committed end, so that a process killed at any moment leaves either all of a transaction or nothing.
 */
export class EmbeddedLog implements Log {
  readonly #directory: string;
  readonly #lock: Lock;
  readonly #journal: Journal;
  readonly #topics: Map<string, Partition[]>;
  /** Resolves when the commits before are done: they go one after another. */
  #tail: Promise<void> = Promise.resolve();
  /** What broke a commit. What is on disk is then known only after opening again. */
  #broken: P2iError | undefined;

  private constructor(directory: string, held: Lock, journal: Journal, topics: Map<string, Partition[]>) {
    this.#directory = directory;
    this.#lock = held;
    this.#journal = journal;
    this.#topics = topics;
  }

  /**
   * Opens the directory, or makes it, and recovers what a crash left.
   *
   * @throws P2iError LOG_LOCKED where another process has it open, LOG_CORRUPT, LOG_UNAVAILABLE
   */
  static async open(directory: string): Promise<EmbeddedLog> {
    return onDisk(directory, async () => {
      await mkdir(join(directory, 'topics'), { recursive: true });
      const held = lock(directory);
      const opened: { close(): Promise<void> }[] = [];
      try {
        const journal = await Journal.open(directory);
        opened.push(journal);
        const topics = new Map<string, Partition[]>();
        for (const [topic, ends] of Object.entries(journal.state.ends)) {
          const partitions: Partition[] = [];
          for (const [partition, end] of Object.entries(ends)) {
            const path = partitionPath(directory, topic, Number(partition));
            partitions[Number(partition)] = await Partition.open(path, `${topic}-${partition}`, end);
            opened.push(partitions[Number(partition)]);
          }
          topics.set(topic, partitions);
        }
        return new EmbeddedLog(directory, held, journal, topics);
      } catch (error) {
        for (const file of opened) await file.close();
        held.release();
        throw error;
      }
    });
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const known = this.#topics.get(topic)?.length;
    if (known === partitions) return;
    if (known !== undefined || !TOPIC_NAME.test(topic) || !(partitions > 0)) {
      const message =
        known === undefined
          ? 'a topic has a name of letters, digits, ".", "_", "-", and one partition at least'
          : `the topic has ${known} partitions, not ${partitions}`;
      throw new P2iError('CONFIG_INVALID', message, { where: topic });
    }
    await this.#exclusively(async () => {
      if (this.#topics.has(topic)) return;
      const directory = join(this.#directory, 'topics', topic);
      await mkdir(directory, { recursive: true });
      await syncDirectory(join(this.#directory, 'topics'));
      const files: Partition[] = [];
      const ends: Record<number, End> = {};
      for (let partition = 0; partition < partitions; partition++) {
        const path = partitionPath(this.#directory, topic, partition);
        ends[partition] = [0, 0];
        files.push(await Partition.open(path, `${topic}-${partition}`, [0, 0]));
      }
      await syncDirectory(directory);
      await this.#journal.append({ ends: { [topic]: ends }, offsets: {} });
      this.#topics.set(topic, files);
    });
  }

  async partitions(topic: string): Promise<number> {
    return this.#topics.get(topic)?.length ?? 0;
  }

  async endOffsets(topic: string): Promise<number[]> {
    return this.#topic(topic).map((partition) => partition.endOffset);
  }

  async committedOffsets(group: string, topic: string): Promise<number[]> {
    const offsets = this.#journal.state.offsets[group]?.[topic];
    return this.#topic(topic).map((_, partition) => offsets?.[partition] ?? 0);
  }

  async offsetsAt(topic: string, time: number): Promise<number[]> {
    return Promise.all(this.#topic(topic).map((partition) => partition.offsetAt(time)));
  }

  async consumer(topic: string, group: string, start: Start = 'earliest'): Promise<Consumer> {
    const partitions = this.#topic(topic);
    if (start === 'latest') await this.#beginAtEnd(group, topic);
    return new EmbeddedConsumer(partitions, await this.committedOffsets(group, topic));
  }

  async owner(topic: string, group: string, from: ReadonlyMap<number, number>): Promise<Consumer> {
    const committed = this.#journal.state.offsets[group]?.[topic] ?? {};
    return this.reader(
      topic,
      new Map([...from].map(([partition, at]) => [partition, committed[partition] ?? at])),
    );
  }

  async reader(topic: string, from?: ReadonlyMap<number, number>): Promise<Consumer> {
    const partitions = this.#topic(topic);
    for (const partition of from?.keys() ?? []) this.#partition(topic, partition);
    return new EmbeddedConsumer(
      partitions,
      partitions.map((_, partition) => (from === undefined ? 0 : (from.get(partition) ?? -1))),
    );
  }

  async #beginAtEnd(group: string, topic: string): Promise<void> {
    const committed = this.#journal.state.offsets[group]?.[topic] ?? {};
    const transaction = this.transaction();
    this.#topic(topic).forEach(({ endOffset }, partition) => {
      if (!(partition in committed)) transaction.consumed(group, topic, partition, endOffset);
    });
    await transaction.commit();
  }

  transaction(): Transaction {
    const appended = new Map<Partition, { topic: string; partition: number; frames: Buffer[] }>();
    const offsets: Entry['offsets'] = {};
    return {
      append: (topic: string, partition: number, record: NewRecord): void => {
        const file = this.#partition(topic, partition);
        let writes = appended.get(file);
        if (writes === undefined) appended.set(file, (writes = { topic, partition, frames: [] }));
        writes.frames.push(frame(record));
      },
      consumed: (group: string, topic: string, partition: number, nextOffset: number): void => {
        this.#partition(topic, partition);
        ((offsets[group] ??= {})[topic] ??= {})[partition] = nextOffset;
      },
      commit: () =>
        this.#exclusively(async () => {
          const ends: Entry['ends'] = {};
          const write = async (
            file: Partition,
            topic: string,
            partition: number,
            frames: Buffer[],
          ): Promise<void> => {
            (ends[topic] ??= {})[partition] = await file.write(frames);
          };
          // All settle before an error goes on, so that nothing still writes when the log is closed and opened again.
          const writes = [...appended].map(([file, { topic, partition, frames }]) =>
            write(file, topic, partition, frames),
          );
          const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected');
          if (failed !== undefined) throw failed.reason;
          await this.#journal.append({ ends, offsets });
          for (const [file, { topic, partition }] of appended) file.advance(ends[topic][partition]);
        }),
    };
  }

  async ready(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
  }

  async close(): Promise<void> {
    await this.#tail;
    for (const partitions of this.#topics.values())
      for (const partition of partitions) await partition.close();
    await this.#journal.close();
    this.#lock.release();
  }

  /** Runs one change of the files at a time; after a failed one there is no other. */
  #exclusively(change: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(async () => {
      if (this.#broken !== undefined) throw this.#broken;
      try {
        await onDisk(this.#directory, change);
      } catch (error) {
        this.#broken = error as P2iError;
        throw error;
      }
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  #topic(topic: string): Partition[] {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined)
      throw new P2iError('CONFIG_INVALID', 'there is no such topic', { where: topic });
    return partitions;
  }

  #partition(topic: string, partition: number): Partition {
    const file = this.#topic(topic)[partition];
    if (file === undefined) {
      throw new P2iError('CONFIG_INVALID', 'there is no such partition', { where: `${topic}-${partition}` });
    }
    return file;
  }
}

class EmbeddedConsumer implements Consumer {
  readonly #partitions: readonly Partition[];
  /** -1: the partition is not read. */
  readonly #offsets: number[];
  /** Where the offset starts in the file; -1 where that is not known yet. */
  readonly #positions: number[];
  #turn = 0;

  constructor(partitions: readonly Partition[], offsets: number[]) {
    this.#partitions = partitions;
    this.#offsets = offsets;
    this.#positions = partitions.map(() => -1);
  }

  async poll(maxBytes: number): Promise<Polled | null> {
    for (let tried = 0; tried < this.#partitions.length; tried++) {
      const partition = this.#turn;
      this.#turn = (this.#turn + 1) % this.#partitions.length;
      const file = this.#partitions[partition];
      const offset = this.#offsets[partition];
      if (offset < 0 || offset === file.endOffset) continue;
      if (this.#positions[partition] < 0) this.#positions[partition] = await file.positionOf(offset);
      const { records, next } = await file.read(offset, this.#positions[partition], maxBytes);
      this.#offsets[partition] += records.length;
      this.#positions[partition] = next;
      return { partition, from: offset, records, epoch: 0 };
    }
    return null;
  }

  partitions(): ReadonlyMap<number, Place> {
    const places = new Map<number, Place>();
    this.#offsets.forEach((position, partition) => {
      if (position >= 0) places.set(partition, { position, epoch: 0 });
    });
    return places;
  }

  seek(partition: number, offset: number): void {
    if (!(this.#offsets[partition] >= 0)) return;
    this.#offsets[partition] = offset;
    this.#positions[partition] = -1;
  }

  async close(): Promise<void> {}
}

const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

function partitionPath(directory: string, topic: string, partition: number): string {
  return join(directory, 'topics', topic, `${partition}.log`);
}
