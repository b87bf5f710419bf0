import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type GetOptions, type RootDatabase, type RootDatabaseOptions } from 'lmdb';
import { P2iError } from '../../shared/errors/errors.ts';
import { checkMagic } from '../../shared/store/lmdb.ts';
import { BlockEncoder, type Columns } from './entry.ts';

/** What a store says of itself; it commits with the postings that it is true of. */
export interface StoreState {
  /** Of the layout. */
  format: number;
  /** The taxonomy version that interests are understood in; while one is carried out, the version before. */
  taxonomy: string;
  /** A succession of the taxonomy that was begun and has not come to its end. */
  carrying: Carrying | null;
  /** How many successions were begun. */
  epoch: number;
  /** Offset to go on from, by partition of p2i-results. */
  offsets: Record<number, number>;
  /** Taxonomy versions of results: a record of a Pin names its own by the place here. */
  versions: string[];
  /** Pins that have a record. */
  pins: number;
  /** The number of the next Pin that is new. */
  nextPin: number;
}

export interface Carrying {
  to: string;
  /** How far it is: Pins of this interest, ... */
  interest: number;
  /** ... and of those the ones after this entry; -1 for all. */
  after: number;
}

/** What a read sees: the snapshot of a transaction; where it has none, what the write transaction that it is in sees. */
export type Moment = GetOptions;

export const FORMAT = 1;

const STATE = 'state';

/** The tables of a store, in one LMDB directory: one process writes, any number reads. */
export class Tables {
  readonly path: string;
  readonly #root: RootDatabase<string, string>;
  /** Blocks of postings, by interest and the last entry that the block may have (`keyOf`). */
  readonly blocks: Database<Columns, Buffer>;
  /** How many postings an interest has by their scores (`score-counts.ts`), by id. */
  readonly counts: Database<Buffer, number>;
  /** What is known of a Pin (`pin-record.ts`), by its number. */
  readonly records: Database<Buffer, number>;
  /** The number of a Pin (uint32), by its id in UTF-8. */
  readonly numbers: Database<Buffer, Buffer>;

  /** @throws P2iError STORE_UNAVAILABLE where there is none to read, where it is no store, or cannot be opened */
  constructor(path: string, readOnly: boolean) {
    this.path = path;
    const opened = this.guard(() => {
      if (readOnly && !existsSync(join(path, 'data.mdb')))
        throw new P2iError('STORE_UNAVAILABLE', 'there is no store', { where: path });
      checkMagic(join(path, 'data.mdb'));
      const root = open<string, string>({
        ...{ path, readOnly, noSubdir: false, encoding: 'string' },
        ...{ maxReaders: MAX_READERS },
      });
      checkLength(root, join(path, 'data.mdb'));
      const table = <Key extends Buffer | number>(
        name: string,
        keyEncoding: 'binary' | 'uint32',
      ): Database<Buffer, Key> => root.openDB<Buffer, Key>(name, { encoding: 'binary', keyEncoding });
      return {
        root,
        blocks: root.openDB<Columns, Buffer>('blocks', blockOptions()),
        counts: table<number>('counts', 'uint32'),
        records: table<number>('records', 'uint32'),
        numbers: table<Buffer>('numbers', 'binary'),
      };
    });
    this.#root = opened.root;
    this.blocks = opened.blocks;
    this.counts = opened.counts;
    this.records = opened.records;
    this.numbers = opened.numbers;
  }

  /** The state as the transaction sees it; undefined of a store that is new. @throws P2iError STORE_UNAVAILABLE */
  state(at: Moment = {}): StoreState | undefined {
    const text = this.guard(() => this.#root.get(STATE, at));
    if (text === undefined) return undefined;
    const state = this.guard(() => JSON.parse(text) as StoreState);
    if (state.format === FORMAT) return state;
    throw new P2iError('STORE_UNAVAILABLE', `has layout ${state.format}, not ${FORMAT}`, {
      where: this.path,
    });
  }

  /** One transaction, with the state that comes of it: on disk when this returns, or as if it had never begun. */
  write(work: () => StoreState): StoreState {
    return this.guard(() =>
      this.#root.transactionSync(() => {
        const state = work();
        this.#root.putSync(STATE, JSON.stringify(state));
        return state;
      }),
    );
  }

  /** Reads of one moment, whatever is written meanwhile. */
  read<T>(work: (at: Moment) => T): T {
    return this.guard(() => {
      // Else it may be the snapshot of the last read before this one.
      this.#root.resetReadTxn();
      const transaction = this.#root.useReadTransaction();
      try {
        return work({ transaction });
      } finally {
        transaction.done();
      }
    });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** @throws P2iError STORE_UNAVAILABLE for what LMDB throws */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof P2iError) throw cause;
      throw new P2iError('STORE_UNAVAILABLE', (cause as Error).message, { where: this.path, cause });
    }
  }
}

/** Its types know an encoder of the root alone; it takes one of each table. */
const blockOptions = (): RootDatabaseOptions => ({ encoder: new BlockEncoder(), keyEncoding: 'binary' });

/** Reads at a time, of all processes. */
const MAX_READERS = 1024;

/** A page that a transaction took and gave back may be unwritten at the file's end. */
const UNWRITTEN_PAGES = 256;

/** LMDB reads its file as memory: where it was cut short, reading ends the process. @throws P2iError STORE_UNAVAILABLE */
function checkLength(root: RootDatabase, file: string): void {
  const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number };
  if (statSync(file).size >= (lastPageNumber - UNWRITTEN_PAGES) * pageSize) return;
  throw new P2iError('STORE_UNAVAILABLE', 'is cut short', { where: file });
}
