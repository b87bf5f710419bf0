import { mkdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { P2iError } from '../../shared/errors/errors.ts';
import { lock, type Lock } from '../../shared/stream/embedded/lock.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { UpdateBatch } from '../results/update.ts';
import type { FollowedTaxonomy } from '../taxonomies/followed.ts';
import { Succession } from '../taxonomies/succession.ts';
import { Edit } from './edit.ts';
import { entryOf, entryPin, scoreOf, type Entry } from './entry.ts';
import { PinTable } from './pin-table.ts';
import type { PinRecord } from './pin-record.ts';
import { PostingLists } from './posting-lists.ts';
import { ScoreCounts } from './score-counts.ts';
import { FORMAT, Tables, type Carrying, type StoreState } from './tables.ts';

/** What came of batches. */
export interface Applied {
  /** Updates that were not in the store yet. */
  updates: number;
  /** Of those, the ones that gave way to another result of their Pin, or were of another taxonomy. */
  passedOver: number;
  /** Postings added and removed. */
  postings: number;
}

/** Pins of one transaction, while a succession of the taxonomy is carried out. */
const CARRIED_AT_ONCE = 1000;

/**
 * Keeps posting lists of p2i-results in an LMDB directory: for each interest its Pins, best first. What a batch changes and
 * the offset to go on from are one transaction, so that nothing is lost or counted twice, wherever the process ends.
 */
export class RetrievalIndex {
  readonly #tables: Tables;
  readonly #lock: Lock;
  readonly #lists: PostingLists;
  readonly #pins: PinTable;
  readonly #taxonomy: FollowedTaxonomy;
  #state: StoreState;

  private constructor(tables: Tables, lock: Lock, taxonomy: FollowedTaxonomy) {
    this.#tables = tables;
    this.#lock = lock;
    this.#taxonomy = taxonomy;
    this.#lists = new PostingLists(tables.blocks, new ScoreCounts(tables.counts));
    this.#pins = new PinTable(tables);
    this.#state = tables.state() ?? {
      ...{ format: FORMAT, taxonomy: taxonomy.newest.version, carrying: null, epoch: 0 },
      ...{ offsets: {}, versions: [], pins: 0, nextPin: 0 },
    };
  }

  /**
   * Opens the store in a directory, or makes it, to write; any number may read meanwhile (`RetrievalReader`). What it says in
   * the ids of an older version of the taxonomy is carried over first.
   *
   * @throws P2iError STORE_UNAVAILABLE where another process writes to it, or it is no store; STORE_MISMATCH where its
   *   taxonomy version is none that is followed
   */
  static async open(path: string, taxonomy: FollowedTaxonomy): Promise<RetrievalIndex> {
    const held = lockStore(path);
    let tables: Tables | undefined;
    try {
      tables = new Tables(path, false);
      const index = new RetrievalIndex(tables, held, taxonomy);
      await index.#catchUp();
      return index;
    } catch (error) {
      await tables?.close();
      held.release();
      throw error;
    }
  }

  /** Pins that have a result. */
  get pins(): number {
    return this.#state.pins;
  }

  /** By partition of p2i-results, the offset to go on from. */
  get offsets(): ReadonlyMap<number, number> {
    return new Map(Object.entries(this.#state.offsets).map(([partition, next]) => [Number(partition), next]));
  }

  /**
   * Takes up batches, in their order, in one transaction; what the store has already it passes over. Where the newest taxonomy
   * version is not the store's, carry it first.
   *
   * @throws P2iError STORE_MISMATCH, STORE_UNAVAILABLE: then nothing has changed
   */
  apply(batches: readonly UpdateBatch[]): Applied {
    this.#expect(this.#taxonomy.newest.version);
    const applied: Applied = { updates: 0, passedOver: 0, postings: 0 };
    this.#state = this.#tables.write(() => {
      const edit = new Edit(this.#pins, this.#state);
      for (const batch of batches) this.#gather(edit, batch, applied);
      applied.postings = edit.apply(this.#lists);
      return edit.state;
    });
    return applied;
  }

  /**
   * Understands the store in the ids of a newer taxonomy version. Only Pins that have a changed interest are touched, in
   * transactions of some thousands; where the process ends before it does, `open` goes on with it.
   *
   * @throws P2iError STORE_MISMATCH where the store is not in the ids of `succession.from`; STORE_UNAVAILABLE
   */
  async carry(succession: Succession): Promise<void> {
    this.#expect(succession.from.version);
    const carrying = { to: succession.to.version, interest: 0, after: -1 };
    this.#state = this.#tables.write(() => ({ ...this.#state, carrying, epoch: this.#state.epoch + 1 }));
    await this.#carryOn(succession, carrying);
  }

  async close(): Promise<void> {
    await this.#tables.close();
    this.#lock.release();
  }

  #gather(edit: Edit, { partition, updates, next }: UpdateBatch, applied: Applied): void {
    const from = edit.state.offsets[partition] ?? 0;
    for (const update of updates.filter(({ offset }) => offset >= from)) {
      const change = this.#taxonomy.change(update, edit.held(update.pin));
      applied.updates++;
      if (change === undefined) applied.passedOver++;
      else edit.change(change);
    }
    edit.state.offsets[partition] = Math.max(from, next);
  }

  /** Ends what was begun, and goes on to the newest version. */
  async #catchUp(): Promise<void> {
    const { carrying, taxonomy } = this.#state;
    const newest = this.#taxonomy.newest.version;
    for (const version of [taxonomy, carrying?.to ?? taxonomy])
      if (!this.#taxonomy.has(version))
        throw new P2iError(
          'STORE_MISMATCH',
          `is of taxonomy ${version}, which is not live or no version of the one that is followed (${newest})`,
          { where: this.#tables.path },
        );
    if (carrying !== null) {
      const { from } = this.#taxonomy.succession(taxonomy);
      await this.#carryOn(new Succession(from, this.#taxonomy.succession(carrying.to).from), carrying);
    }
    if (this.#state.taxonomy !== newest) await this.carry(this.#taxonomy.succession(this.#state.taxonomy));
  }

  async #carryOn(succession: Succession, { interest, after }: Carrying): Promise<void> {
    const changed = [...succession.changed].filter((id) => id >= interest).sort((a, b) => a - b);
    for (const id of changed) {
      let last: Entry | undefined = id === interest ? after : -1;
      while (last !== undefined) {
        last = this.#carrySome(succession, id, last);
        // Whatever else the process does has its turn.
        await nextTurn();
      }
    }
    this.#state = this.#tables.write(() => ({
      ...this.#state,
      taxonomy: succession.to.version,
      carrying: null,
    }));
  }

  /** @returns the last posting that was looked at; undefined where that was the last of the interest */
  #carrySome(succession: Succession, interest: number, after: Entry): Entry | undefined {
    const entries = this.#tables.guard(() => this.#entries(interest, after, CARRIED_AT_ONCE));
    const last = entries.at(-1);
    if (last === undefined) return undefined;
    this.#state = this.#tables.write(() => {
      const edit = new Edit(this.#pins, this.#state);
      for (const entry of entries) this.#carryPin(edit, succession, entry);
      edit.apply(this.#lists);
      edit.state.carrying = { to: succession.to.version, interest, after: last };
      return edit.state;
    });
    return last;
  }

  #carryPin(edit: Edit, succession: Succession, entry: Entry): void {
    const number = entryPin(entry);
    const record = this.#pins.get(number)!;
    if (record.epoch === this.#state.epoch) return;
    edit.rewrite(number, record, succession.carry(interestsOf(record, succession)));
  }

  #entries(interest: number, after: Entry, most: number): Entry[] {
    const entries: Entry[] = [];
    for (const { pins, scores } of this.#lists.scan(interest, after)) {
      for (let i = 0; i < pins.length && entries.length < most; i++) {
        const entry = entryOf(scores[i], pins[i]);
        if (entry > after) entries.push(entry);
      }
      if (entries.length === most) break;
    }
    return entries;
  }

  #expect(version: string): void {
    const { taxonomy, carrying } = this.#state;
    if (taxonomy === version && carrying === null) return;
    const is = carrying === null ? `in the ids of ${taxonomy}` : `on its way to ${carrying.to}`;
    throw new P2iError('STORE_MISMATCH', `is ${is}, not in those of ${version}`, {
      where: this.#tables.path,
    });
  }
}

function interestsOf({ interests, scores }: PinRecord, { from }: Succession): ScoredInterest[] {
  return Array.from(interests, (id, i) => {
    const index = from.indexOf(id);
    return { id, level: from.level[index], score: scoreOf(scores[i]), label: from.names[index] };
  });
}

function lockStore(path: string): Lock {
  try {
    mkdirSync(path, { recursive: true });
    return lock(path);
  } catch (cause) {
    const isLocked = cause instanceof P2iError && cause.code === 'LOG_LOCKED';
    const message = isLocked ? 'another process writes to it' : (cause as Error).message;
    throw new P2iError('STORE_UNAVAILABLE', message, { where: path, cause });
  }
}
