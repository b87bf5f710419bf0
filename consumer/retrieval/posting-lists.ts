import type { Database } from 'lmdb';
import { P2iError } from '../../shared/errors/errors.ts';
import {
  columnsOf,
  entriesOf,
  ENTRY_BYTES,
  keyEntry,
  keyOf,
  LAST_ENTRY,
  type Columns,
  type Entry,
} from './entry.ts';
import type { ScoreCounts } from './score-counts.ts';
import type { Moment } from './tables.ts';

/** A full block fills one page of LMDB's (4096 bytes, 16 of them its own). */
const MOST_ENTRIES = Math.floor(4080 / ENTRY_BYTES);
/** What a block of a list that is written at once has: room for what comes later. */
const FILLED_ENTRIES = Math.floor((MOST_ENTRIES * 3) / 4);
/** A block with fewer goes into the next. */
const LEAST_ENTRIES = Math.floor(MOST_ENTRIES / 4);

const NOTHING = new Float64Array(0);

interface Block {
  /** The last entry that it may have: its key. */
  upper: Entry;
  entries: Float64Array;
}

/**
 * For each interest its Pins, best first, in blocks under the last entry that a block may have; the last block of an
 * interest may have all that follows. Only blocks that something changes in are written.
 */
export class PostingLists {
  readonly #blocks: Database<Columns, Buffer>;
  readonly #counts: ScoreCounts;

  constructor(blocks: Database<Columns, Buffer>, counts: ScoreCounts) {
    this.#blocks = blocks;
    this.#counts = counts;
  }

  /**
   * The blocks of an interest's list, best first, from that which has what comes after an entry (-1: from the first). Each is
   * there until another block is read, of whatever list.
   */
  *scan(interest: number, after: Entry = -1, at: Moment = {}): Generator<Columns> {
    const range = { start: keyOf(interest, after + 1), end: keyOf(interest + 1, 0), ...at };
    for (const { value } of this.#blocks.getRange(range)) yield value;
  }

  /**
   * Within a transaction.
   *
   * @param added in order; none is in the list
   * @param removed in order; all are in the list
   * @throws P2iError STORE_UNAVAILABLE where one that is to go is not there
   */
  update(interest: number, added: Float64Array, removed: Float64Array): void {
    this.#counts.update(interest, added, removed);
    let [toAdd, toRemove] = [added, removed];
    while (toAdd.length + toRemove.length > 0) {
      const first = Math.min(toAdd[0] ?? LAST_ENTRY, toRemove[0] ?? LAST_ENTRY);
      const block = this.#blockOf(interest, first);
      const upper = block?.upper ?? LAST_ENTRY;
      const [adds, removes] = [countUpTo(toAdd, upper), countUpTo(toRemove, upper)];
      const entries = merge(
        block?.entries ?? NOTHING,
        toAdd.subarray(0, adds),
        toRemove.subarray(0, removes),
      );
      [toAdd, toRemove] = [toAdd.subarray(adds), toRemove.subarray(removes)];
      if (upper !== LAST_ENTRY && entries.length < LEAST_ENTRIES) {
        this.#blocks.removeSync(keyOf(interest, upper));
        toAdd = concatenate(entries, toAdd);
      } else this.#write(interest, upper, entries);
    }
  }

  /** The block that has the entry, or would have it; undefined where the list ends before. */
  #blockOf(interest: number, entry: Entry): Block | undefined {
    const range = { start: keyOf(interest, entry), end: keyOf(interest + 1, 0), limit: 1 };
    for (const { key, value } of this.#blocks.getRange(range))
      return { upper: keyEntry(key), entries: entriesOf(value) };
    return undefined;
  }

  #write(interest: number, upper: Entry, entries: Float64Array): void {
    if (entries.length === 0) {
      this.#blocks.removeSync(keyOf(interest, upper));
      return;
    }
    const parts = entries.length <= MOST_ENTRIES ? 1 : Math.ceil(entries.length / FILLED_ENTRIES);
    for (let part = 0; part < parts; part++) {
      const start = Math.floor((entries.length * part) / parts);
      const end = Math.floor((entries.length * (part + 1)) / parts);
      const key = keyOf(interest, part === parts - 1 ? upper : entries[end - 1]);
      this.#blocks.putSync(key, columnsOf(entries.subarray(start, end)));
    }
  }
}

/** How many of the first entries are not after one. */
function countUpTo(entries: Float64Array, upper: Entry): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle] <= upper) low = middle + 1;
    else high = middle;
  }
  return low;
}

function concatenate(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** All three in order. @throws P2iError STORE_UNAVAILABLE */
function merge(entries: Float64Array, added: Float64Array, removed: Float64Array): Float64Array {
  const merged = new Float64Array(entries.length + added.length);
  let [n, a, r] = [0, 0, 0];
  for (const entry of entries) {
    while (a < added.length && added[a] < entry) merged[n++] = added[a++];
    if (r < removed.length && removed[r] === entry) r++;
    else merged[n++] = entry;
  }
  while (a < added.length) merged[n++] = added[a++];
  if (r === removed.length) return merged.subarray(0, n);
  throw new P2iError('STORE_UNAVAILABLE', 'is corrupt: a posting of a Pin is not in its list');
}
