import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { P2iError } from '../../errors/errors.ts';
import { readFully, syncDirectory, writeFully } from './files.ts';

/** What a partition holds: the offset after its last record, and the bytes up to there. */
export type End = [offset: number, position: number];

/** What a commit changes, or, where it names everything, the whole state. Partitions are keys. */
export interface Entry {
  ends: Record<string, Record<number, End>>;
  offsets: Record<string, Record<string, Record<number, number>>>;
}

/**
 * The commit journal: a transaction is committed once its line is durable here. A line is the CRC-32 of an entry as
 * 8 hexadecimal digits, a space, the entry as JSON, a line feed. The state is all entries merged in order. Past a
 * size the journal is replaced, by rename, with one line that holds the whole state.
 */
export class Journal {
  /** Everything committed. Read it, never change it. */
  readonly state: Entry;
  readonly #directory: string;
  #handle: FileHandle;
  #size: number;
  #compactAt: number;

  private constructor(directory: string, handle: FileHandle, state: Entry, size: number) {
    this.#directory = directory;
    this.#handle = handle;
    this.state = state;
    this.#size = size;
    this.#compactAt = COMPACT_BYTES;
  }

  /**
   * Reads the journal and cuts what a crash left unfinished at its end.
   *
   * @throws P2iError LOG_CORRUPT where a broken line is followed by a sound one: no crash does that
   */
  static async open(directory: string): Promise<Journal> {
    await rm(nextPath(directory), { force: true });
    const path = journalPath(directory);
    const handle = await open(path, 'a+').then(async (created) => {
      await created.close();
      await syncDirectory(directory);
      return open(path, 'r+');
    });
    try {
      const bytes = await readFully(handle, 0, (await handle.stat()).size);
      const { state, size } = replay(bytes, path);
      if (size < bytes.length) await handle.truncate(size);
      return new Journal(directory, handle, state, size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Commits. After an error it is unknown whether the entry is durable: open the journal again. */
  async append(entry: Entry): Promise<void> {
    const line = lineOf(entry);
    await writeFully(this.#handle, line, this.#size);
    await this.#handle.datasync();
    this.#size += line.length;
    merge(this.state, entry);
    if (this.#size > this.#compactAt) await this.#compact();
  }

  async #compact(): Promise<void> {
    const line = lineOf(this.state);
    const next = await open(nextPath(this.#directory), 'w+');
    try {
      await writeFully(next, line, 0);
      await next.sync();
      await rename(nextPath(this.#directory), journalPath(this.#directory));
      await syncDirectory(this.#directory);
    } catch (error) {
      await next.close();
      throw error;
    }
    await this.#handle.close();
    this.#handle = next;
    this.#size = line.length;
    this.#compactAt = COMPACT_BYTES + 2 * line.length;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

const COMPACT_BYTES = 1 << 20;
const LINE_FEED = 0x0a;
/** `crc32` in hexadecimal and a space. */
const JSON_AT = 9;

function journalPath(directory: string): string {
  return join(directory, 'journal');
}

function nextPath(directory: string): string {
  return join(directory, 'journal.next');
}

function lineOf(entry: Entry): Buffer {
  const json = JSON.stringify(entry);
  return Buffer.from(`${hex(crc32(json))} ${json}\n`);
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

/** The entry of a line without its line feed; undefined where the line is broken. */
function parseLine(line: Buffer): Entry | undefined {
  const json = line.subarray(JSON_AT);
  if (line.length <= JSON_AT || line.toString('latin1', 0, JSON_AT) !== `${hex(crc32(json))} `)
    return undefined;
  return JSON.parse(json.toString()) as Entry;
}

function replay(bytes: Buffer, path: string): { state: Entry; size: number } {
  const state: Entry = { ends: {}, offsets: {} };
  let size = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0) break;
    const entry = parseLine(bytes.subarray(start, end));
    if (entry !== undefined) {
      if (start > size) throw new P2iError('LOG_CORRUPT', `broken at byte ${size}`, { where: path });
      merge(state, entry);
      size = end + 1;
    }
    start = end + 1;
  }
  return { state, size };
}

function merge(state: Entry, entry: Entry): void {
  for (const [topic, ends] of Object.entries(entry.ends)) {
    Object.assign((state.ends[topic] ??= {}), ends);
  }
  for (const [group, topics] of Object.entries(entry.offsets)) {
    const known = (state.offsets[group] ??= {});
    for (const [topic, offsets] of Object.entries(topics)) Object.assign((known[topic] ??= {}), offsets);
  }
}
