import { setImmediate } from 'node:timers/promises';
import { PackedLists } from '../../shared/arrays/packed-lists.ts';
import type { PinChange } from '../taxonomies/followed.ts';
import type { Succession } from '../taxonomies/succession.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import { TargetingMatches } from './matches.ts';
import { PositionList } from './positions/list.ts';
import { anyButNone, fitting, type Positions } from './positions/positions.ts';
import { SpareBits } from './positions/spare-bits.ts';
import { PromotedPins } from './promoted-pins.ts';
import type { Targeting } from './targeting.ts';

/**
 * Which promoted Pins fit a targeting, kept up to date with p2i-results. It answers what `matchesTargeting` answers of each
 * Pin's newest result. Room for 16 million promoted Pins; a Pin of which no result came yet fits nothing.
 */
export class TargetingIndex {
  readonly #pins = new PromotedPins();
  /** By position: the interests of the Pin, ascending. */
  readonly #interests = new PackedLists();
  /** By position: the taxonomy version of the result behind them. */
  readonly #versions: (string | undefined)[] = [];
  /** By interest: the positions of the Pins about it. */
  readonly #postings = new Map<number, Positions>();
  readonly #spare = new SpareBits();
  readonly #versionNames = new Map<string, string>();

  /** How many Pins are promoted. */
  get size(): number {
    return this.#pins.size;
  }

  isPromoted(pin: string): boolean {
    return this.#pins.positionOf(pin) !== undefined;
  }

  /** Takes in a Pin, whose results count from now on. One that is promoted stays as it is. */
  promote(pin: string): void {
    if (!this.isPromoted(pin)) this.#versions[this.#pins.add(pin)] = undefined;
  }

  /** Takes out a Pin and all that is known of it. One that is not promoted is none of its business. */
  withdraw(pin: string): void {
    const position = this.#pins.positionOf(pin);
    if (position === undefined) return;
    this.#replace(position, NONE);
    this.#pins.remove(pin);
  }

  /** The taxonomy version of the result that a Pin is known by: what `FollowedTaxonomy.change` asks for. */
  heldVersion(pin: string): string | undefined {
    const position = this.#pins.positionOf(pin);
    return position === undefined ? undefined : this.#versions[position];
  }

  /** Ids of what a promoted Pin is about, ascending; none where it is not promoted or no result of it came yet. */
  interestsOf(pin: string): number[] {
    const position = this.#pins.positionOf(pin);
    return position === undefined ? [] : [...this.#interests.get(position)];
  }

  /** Puts a Pin's new result in the place of the one before. Pins that are not promoted are passed over. */
  apply({ pin, taxonomy, interests }: PinChange): void {
    const position = this.#pins.positionOf(pin);
    if (position === undefined) return;
    this.#replace(position, interests === null ? NONE : idsOf(interests));
    this.#versions[position] = interests === null ? undefined : this.#sameName(taxonomy);
  }

  /**
   * Understands what is held in the ids of the next taxonomy version, until the Pins' results of that version come. Only
   * Pins about something that changed are looked at, some at a time: questions are answered meanwhile, of Pins whose turn
   * has not come by their old ids. No change is to be applied before it ends.
   *
   * @returns how many Pins those are
   */
  async carry(succession: Succession): Promise<number> {
    const touched = anyButNone(this.#postingsOf([...succession.changed]), [], this.#spare);
    let done = 0;
    for (const position of touched.values()) {
      const carried = succession.carry(unscored(this.#interests.get(position)));
      this.#replace(position, idsOf(carried));
      if (++done % CARRIED_AT_ONCE === 0) await setImmediate();
    }
    return touched.size;
  }

  /** The promoted Pins that fit. @param targeting in ids of the version that the changes are told in */
  filter({ anyOf, noneOf = [] }: Targeting): TargetingMatches {
    const positions = anyButNone(this.#postingsOf(anyOf), this.#postingsOf(noneOf), this.#spare);
    return new TargetingMatches(this.#pins, positions, this.#spare);
  }

  #postingsOf(ids: readonly number[]): Positions[] {
    return [...new Set(ids)]
      .map((id) => this.#postings.get(id))
      .filter((positions) => positions !== undefined);
  }

  /** @param ids ascending */
  #replace(position: number, ids: Int32Array): void {
    const before = this.#interests.get(position);
    let [old, young] = [0, 0];
    while (old < before.length || young < ids.length) {
      if (young === ids.length || before[old] < ids[young]) this.#remove(before[old++], position);
      else if (old === before.length || before[old] > ids[young]) this.#add(ids[young++], position);
      else {
        old++;
        young++;
      }
    }
    this.#interests.set(position, ids);
  }

  #add(id: number, position: number): void {
    const posting = this.#postings.get(id) ?? new PositionList();
    posting.add(position);
    this.#postings.set(id, fitting(posting));
  }

  #remove(id: number, position: number): void {
    const posting = this.#postings.get(id)!;
    posting.delete(position);
    if (posting.size === 0) this.#postings.delete(id);
    else this.#postings.set(id, fitting(posting));
  }

  /** One string for all Pins of a version: each result brings its own. */
  #sameName(version: string): string {
    const known = this.#versionNames.get(version);
    if (known === undefined) this.#versionNames.set(version, version);
    return known ?? version;
  }
}

/** Takes some milliseconds. */
const CARRIED_AT_ONCE = 250;

const NONE = new Int32Array(0);

/** Ascending and distinct. */
function idsOf(interests: readonly ScoredInterest[]): Int32Array {
  const ids = new Int32Array(interests.length);
  for (let i = 0; i < ids.length; i++) ids[i] = interests[i].id;
  return ids.sort().filter((id, at) => id !== ids[at - 1]);
}

/** For `Succession.carry`, which does not ask for scores to say what a Pin is about. */
function unscored(ids: Int32Array): ScoredInterest[] {
  return Array.from(ids, (id) => ({ id, level: 1, score: 1, label: '' }));
}
