import { open, type FileHandle } from 'node:fs/promises';
import { P2iError } from '../../errors/errors.ts';
import type { LogRecord } from '../log.ts';
import { onDisk, readFully, writeFully } from './files.ts';
import type { End } from './journal.ts';
import { parseRecord, RECORD_HEAD, recordLength, recordOffset, seal } from './record.ts';

/** The file of one partition. It shows what is committed; `write` prepares what a commit then makes visible. */
export class Partition {
  readonly #name: string;
  readonly #handle: FileHandle;
  #end: End;

  private constructor(name: string, handle: FileHandle, end: End) {
    this.#name = name;
    this.#handle = handle;
    this.#end = end;
  }

  /**
   * Opens the file, or makes it, and cuts what lies behind the committed end.
   *
   * @throws P2iError LOG_CORRUPT if the file is shorter than what was committed
   */
  static async open(path: string, name: string, end: End): Promise<Partition> {
    const handle = await open(path, 'a+').then(async (created) => {
      await created.close();
      return open(path, 'r+');
    });
    try {
      const { size } = await handle.stat();
      if (size < end[1]) {
        const message = `the file ends at byte ${size}, before its committed end ${end[1]}`;
        throw new P2iError('LOG_CORRUPT', message, { where: `${name}@${end[0]}` });
      }
      if (size > end[1]) await handle.truncate(end[1]);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new Partition(name, handle, end);
  }

  /** The offset after the last committed record. */
  get endOffset(): number {
    return this.#end[0];
  }

  /** Writes framed records durably behind the committed end; gives the end that committing them brings. */
  async write(frames: readonly Buffer[]): Promise<End> {
    const [offset, position] = this.#end;
    for (let i = 0; i < frames.length; i++) seal(frames[i], offset + i);
    const bytes = Buffer.concat(frames);
    await writeFully(this.#handle, bytes, position);
    await this.#handle.datasync();
    return [offset + frames.length, position + bytes.length];
  }

  /** The end that `write` gave is committed. */
  advance(end: End): void {
    this.#end = end;
  }

  /** Where the record of that offset starts, found by going from record to record. */
  async positionOf(offset: number): Promise<number> {
    const [endOffset, endPosition] = this.#end;
    if (offset < 0 || offset > endOffset) {
      throw new P2iError('CONFIG_INVALID', `there are offsets 0 to ${endOffset}`, {
        where: this.#where(offset),
      });
    }
    if (offset === endOffset) return endPosition;
    return onDisk(this.#name, async () => {
      let position = 0;
      for (let at = 0; at < offset;) {
        const chunk = await this.#read(position, SCAN_BYTES);
        let next = 0;
        while (at < offset && next + RECORD_HEAD <= chunk.length) {
          const length = recordLength(chunk, next);
          if (recordOffset(chunk, next) !== at || position + next + length > endPosition) {
            throw new P2iError('LOG_CORRUPT', 'the record’s head is broken', { where: this.#where(at) });
          }
          next += length;
          at++;
        }
        position += next;
      }
      return position;
    });
  }

  /** The offset of the first record that has that timestamp or a later one; the end where none has. */
  async offsetAt(time: number): Promise<number> {
    const [endOffset] = this.#end;
    for (let offset = 0, position = 0; offset < endOffset;) {
      const { records, next } = await this.read(offset, position, SCAN_BYTES);
      const found = records.find(({ timestamp }) => timestamp >= time);
      if (found !== undefined) return found.offset;
      offset += records.length;
      position = next;
    }
    return endOffset;
  }

  /**
   * Committed records from `offset`, which starts at `position`: about `maxBytes` of them, one at least.
   *
   * @throws P2iError LOG_CORRUPT
   */
  async read(
    offset: number,
    position: number,
    maxBytes: number,
  ): Promise<{ records: LogRecord[]; next: number }> {
    return onDisk(this.#name, async () => {
      let bytes = await this.#read(position, Math.max(maxBytes, RECORD_HEAD));
      const first = recordLength(bytes, 0);
      if (position + first > this.#end[1]) {
        throw new P2iError('LOG_CORRUPT', 'the record’s length is broken', { where: this.#where(offset) });
      }
      if (first > bytes.length) bytes = await this.#read(position, first);
      const records: LogRecord[] = [];
      let at = 0;
      while (at + RECORD_HEAD <= bytes.length && at + recordLength(bytes, at) <= bytes.length) {
        const next = offset + records.length;
        records.push(parseRecord(bytes, at, next, this.#where(next)));
        at += recordLength(bytes, at);
      }
      return { records, next: position + at };
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Committed bytes at `position`: `length` of them where so many are there. A record's head always is. */
  async #read(position: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.#end[1] - position);
    const bytes = await readFully(this.#handle, position, wanted);
    if (bytes.length < wanted || wanted < RECORD_HEAD) {
      throw new P2iError('LOG_CORRUPT', `the file ends before byte ${position + length}`, {
        where: this.#name,
      });
    }
    return bytes;
  }

  #where(offset: number): string {
    return `${this.#name}@${offset}`;
  }
}

/** Large enough to pass many small records in one read, small enough to hop over large ones. */
const SCAN_BYTES = 1 << 16;
