import { closeSync, existsSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { P2iError } from '../errors/errors.ts';
import type { Change, Store } from './store.ts';

/**
 * Spaces are named LMDB databases; this many may be open at once. Co-occurrence has ten; publishing one for each partition
 * that it ever had. Only those that are open cost anything.
 */
const MAX_SPACES = 16_384;

/** Name of LMDB’s file in its directory. */
const DATA = 'data.mdb';

/**
 * A store in one LMDB directory. Each `apply` is one synchronous LMDB transaction, flushed to disk before it returns.
 * One process writes; any number may read.
 */
export class LmdbStore implements Store {
  readonly #path: string;
  readonly #root: RootDatabase<string, string>;
  /** The file as it was opened. */
  readonly #file: Stats;
  readonly #spaces = new Map<string, Database<Buffer, number>>();

  /** Opens or creates the store. `path`: a directory. Throws STORE_UNAVAILABLE. */
  constructor(path: string) {
    this.#path = path;
    this.#root = this.#guard(() => {
      checkMagic(join(path, DATA));
      return open<string, string>({ path, noSubdir: false, maxDbs: MAX_SPACES, encoding: 'string' });
    });
    this.#file = this.#guard(() => statSync(join(path, DATA)));
  }

  get(space: string, keys: ArrayLike<number>): (Uint8Array | undefined)[] {
    return this.#guard(() => {
      const table = this.#space(space);
      const values = new Array<Uint8Array | undefined>(keys.length);
      for (let i = 0; i < keys.length; i++) {
        const value = table.getBinary(keys[i]);
        values[i] = value && asBytes(value);
      }
      return values;
    });
  }

  *scan(space: string): Iterable<readonly [number, Uint8Array]> {
    const pairs = this.#guard(() => this.#space(space).getRange()[Symbol.iterator]());
    try {
      for (let next = this.#guard(() => pairs.next()); !next.done; next = this.#guard(() => pairs.next())) {
        yield [next.value.key, asBytes(next.value.value)];
      }
    } finally {
      // A caller that stops half way gives the cursor back.
      pairs.return?.();
    }
  }

  apply(change: Change): void {
    try {
      this.#guard(() =>
        this.#root.transactionSync(() => {
          for (const space of change.clear ?? []) this.#space(space).clearSync();
          for (const { space, key, value } of change.puts) this.#space(space).putSync(key, asBuffer(value));
          for (const [name, value] of Object.entries(change.marks ?? {})) this.#root.putSync(name, value);
        }),
      );
    } catch (error) {
      // A space that was first opened in a transaction that was given up is no open space.
      this.#spaces.clear();
      throw error;
    }
  }

  mark(name: string): string | undefined {
    return this.#guard(() => this.#root.get(name));
  }

  /**
   * LMDB goes on with the file that it opened, also where that was deleted or its volume is gone: what it writes there
   * would be lost.
   */
  async ready(): Promise<void> {
    this.#guard(() => {
      const { ino, dev } = statSync(join(this.#path, DATA));
      if (ino === this.#file.ino && dev === this.#file.dev) return;
      throw new P2iError('STORE_UNAVAILABLE', 'another file has taken its place', { where: this.#path });
    });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #space(name: string): Database<Buffer, number> {
    let table = this.#spaces.get(name);
    if (!table) {
      table = this.#root.openDB<Buffer, number>(name, { encoding: 'binary' });
      this.#spaces.set(name, table);
    }
    return table;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof P2iError) throw cause;
      throw new P2iError('STORE_UNAVAILABLE', (cause as Error).message, { where: this.#path, cause });
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Buffer without its own `slice`, which shares where an array's copies. */
function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Where LMDB's first page has its magic number (MDB_MAGIC in its mdb.c). */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;

/**
 * LMDB trusts its file: one that is not its own ends the process, not the call.
 *
 * @throws P2iError STORE_UNAVAILABLE
 */
export function checkMagic(file: string): void {
  if (!existsSync(file)) return;
  const head = Buffer.alloc(MAGIC_AT + 4);
  const handle = openSync(file, 'r');
  try {
    const length = readSync(handle, head, 0, head.length, 0);
    if (length === 0 || head.readUInt32LE(MAGIC_AT) === MAGIC) return;
    throw new P2iError('STORE_UNAVAILABLE', 'is no LMDB file', { where: file });
  } finally {
    closeSync(handle);
  }
}
