import { P2iError } from '../../shared/errors/errors.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { PinChange } from '../taxonomies/followed.ts';
import { quantise } from './entry.ts';
import type { PinRecord, Scored } from './pin-record.ts';
import type { PinTable } from './pin-table.ts';
import { PostingChanges } from './posting-changes.ts';
import type { PostingLists } from './posting-lists.ts';
import type { StoreState } from './tables.ts';

/** A Pin under its number. */
interface Numbered {
  number: number;
  record: PinRecord;
}

/** A Pin that a transaction touches. */
interface Touched {
  /** As it was before the transaction; undefined where it had no record. */
  before: Numbered | undefined;
  /** undefined: it is gone. A Pin that goes and comes back has another number, in one transaction or in two. */
  after: Numbered | undefined;
}

const NO_INTERESTS: Scored = { interests: new Uint32Array(0), scores: new Uint16Array(0) };

/** The most Pin numbers that there are: a number is not given a second time. */
const MOST_PINS = 2 ** 32;

/** What one transaction does to Pins: gathered first, then written, each Pin and each block once. */
export class Edit {
  readonly state: StoreState;
  readonly #table: PinTable;
  readonly #touched = new Map<string, Touched>();

  /** @param state from which it goes; it is not changed */
  constructor(table: PinTable, state: StoreState) {
    this.#table = table;
    this.state = structuredClone(state);
  }

  /** The taxonomy version of the result that a Pin is known by. */
  held(pin: string): string | undefined {
    const { after } = this.#touch(pin);
    return after && this.state.versions[after.record.version];
  }

  /** A Pin is about something else from now on. */
  change({ pin, taxonomy, interests }: PinChange): void {
    const touched = this.#touch(pin);
    if (interests === null) touched.after = undefined;
    else {
      const number = touched.after?.number ?? this.#nextNumber();
      const about = { pin, version: this.#version(taxonomy), epoch: this.state.epoch };
      touched.after = { number, record: { ...about, ...scored(interests) } };
    }
  }

  /** A Pin's interests are written in other ids; the result behind them is the same. */
  rewrite(number: number, record: PinRecord, interests: readonly ScoredInterest[]): void {
    const after = { ...record, epoch: this.state.epoch, ...scored(interests) };
    this.#touched.set(record.pin, { before: { number, record }, after: { number, record: after } });
  }

  /**
   * Within a transaction.
   *
   * @returns postings added and removed
   * @throws P2iError STORE_UNAVAILABLE
   */
  apply(lists: PostingLists): number {
    const changes = new PostingChanges();
    for (const { before, after } of this.#touched.values()) {
      if (before?.number === after?.number) this.#update(changes, before, after);
      else {
        this.#update(changes, before, undefined);
        this.#update(changes, undefined, after);
      }
    }
    changes.apply(lists);
    return changes.count;
  }

  /** What has one number changes, begins or ends. */
  #update(changes: PostingChanges, before: Numbered | undefined, after: Numbered | undefined): void {
    const number = after?.number ?? before?.number;
    if (number === undefined || before === after) return;
    const changed = changes.change(number, before?.record ?? NO_INTERESTS, after?.record ?? NO_INTERESTS);
    if (changed === 0 && isSameResult(before?.record, after?.record)) return;
    if (after === undefined) this.#table.remove(number, before!.record.pin);
    else this.#table.put(number, after.record, before === undefined);
    this.state.pins += Number(after !== undefined) - Number(before !== undefined);
  }

  #touch(pin: string): Touched {
    let touched = this.#touched.get(pin);
    if (touched === undefined) {
      const before = this.#known(pin);
      touched = { before, after: before };
      this.#touched.set(pin, touched);
    }
    return touched;
  }

  #known(pin: string): Numbered | undefined {
    const number = this.#table.numberOf(pin);
    return number === undefined ? undefined : { number, record: this.#table.get(number)! };
  }

  #nextNumber(): number {
    if (this.state.nextPin < MOST_PINS) return this.state.nextPin++;
    throw new P2iError('STORE_UNAVAILABLE', 'has had as many Pins as it can number: build it anew');
  }

  #version(taxonomy: string): number {
    const known = this.state.versions.indexOf(taxonomy);
    return known >= 0 ? known : this.state.versions.push(taxonomy) - 1;
  }
}

function isSameResult(before: PinRecord | undefined, after: PinRecord | undefined): boolean {
  return before?.version === after?.version && before?.epoch === after?.epoch;
}

function scored(interests: readonly ScoredInterest[]): Scored {
  const ordered = interests.toSorted((a, b) => a.id - b.id);
  return {
    interests: Uint32Array.from(ordered, ({ id }) => id),
    scores: Uint16Array.from(ordered, ({ score }) => quantise(score)),
  };
}
