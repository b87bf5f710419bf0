import { entryOf } from './entry.ts';
import type { Scored } from './pin-record.ts';
import type { PostingLists } from './posting-lists.ts';

interface ListChange {
  added: number[];
  removed: number[];
}

/** What changes in the posting lists, gathered over many Pins so that each block is written once. */
export class PostingChanges {
  readonly #byInterest = new Map<number, ListChange>();

  /** Postings added and removed. */
  count = 0;

  /**
   * A Pin that had some interests has others from now on; what is in both stays as it is.
   *
   * @returns postings that are added or removed
   */
  change(pin: number, before: Scored, after: Scored): number {
    const count = this.count;
    let [b, a] = [0, 0];
    while (b < before.interests.length || a < after.interests.length) {
      const old = before.interests[b] ?? Infinity;
      const now = after.interests[a] ?? Infinity;
      const isSame = old === now && before.scores[b] === after.scores[a];
      if (old <= now && !isSame) this.#of(old).removed.push(entryOf(before.scores[b], pin));
      if (now <= old && !isSame) this.#of(now).added.push(entryOf(after.scores[a], pin));
      if (old <= now) b++;
      if (now <= old) a++;
    }
    return this.count - count;
  }

  /** Within a transaction. */
  apply(lists: PostingLists): void {
    for (const [interest, { added, removed }] of [...this.#byInterest].sort(([a], [b]) => a - b))
      lists.update(interest, Float64Array.from(added).sort(), Float64Array.from(removed).sort());
  }

  #of(interest: number): ListChange {
    this.count++;
    let change = this.#byInterest.get(interest);
    if (change === undefined) {
      change = { added: [], removed: [] };
      this.#byInterest.set(interest, change);
    }
    return change;
  }
}
