import { diffTaxonomies } from '../../shared/taxonomy/diff.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';

/**
 * What became of the interests of one taxonomy version in another: an interest stays where its id does, goes on in others
 * where it was merged into them, and ends where it was removed. What was said in the ids of the first (targets, policies,
 * results of Pins that were not classified again yet) is understood in those of the second.
 */
export class Succession {
  readonly from: Taxonomy;
  readonly to: Taxonomy;
  /** By id of a removed interest: those that have taken over its names. */
  readonly #merged: ReadonlyMap<number, readonly number[]>;
  /** Ids of interests that do not mean the same under both: removed, hidden, or with other ancestors. */
  readonly #changed: ReadonlySet<number>;

  /** Linear in both. */
  constructor(from: Taxonomy, to: Taxonomy) {
    this.from = from;
    this.to = to;
    const { merged } = diffTaxonomies(from, to);
    this.#merged = new Map(merged.map(({ id, into }) => [id, into.map((heir) => heir.id)]));
    this.#changed = changedBetween(from, to);
  }

  /**
   * Ids of `from` that are gone or hidden, or have other ancestors, in `to`: whatever has none of them is understood as it
   * stands.
   */
  get changed(): ReadonlySet<number> {
    return this.#changed;
  }

  /**
   * The interests of `to` that stand for one of `from`: itself, those it was merged into, or none. A hidden one is given to
   * no Pin: nothing stands for it.
   */
  successors(id: number): readonly number[] {
    if (this.to.indexOf(id) >= 0) return isGiven(id, this.to) ? [id] : [];
    return (this.#merged.get(id) ?? []).filter((heir) => isGiven(heir, this.to));
  }

  /**
   * A Pin's interests under `from` as interests of `to`. Its deepest interests are carried over, one that was removed as
   * the nearest ancestor that is left; with each come its ancestors in `to`. Scores stay with their interests; where two
   * fall together, and for an ancestor that had none, the highest below counts.
   *
   * @param interests of one Pin, with their ancestors, in any order
   * @returns best first; the very same array where nothing in it changed
   */
  carry(interests: readonly ScoredInterest[]): readonly ScoredInterest[] {
    if (!interests.some(({ id }) => this.#changed.has(id))) return interests;
    const scores = new Map<number, number>();
    for (const { id, score } of interests)
      for (const heir of this.successors(id)) scores.set(heir, Math.max(score, scores.get(heir) ?? 0));
    const carried = new Map<number, number>();
    for (const { id, score } of this.#deepest(interests)) {
      for (const heir of this.#nearest(id)) {
        for (const index of this.to.path(this.to.indexOf(heir))) {
          if (this.to.hidden[index] === 1) continue;
          const reached = this.to.ids[index];
          const own = scores.get(reached);
          carried.set(reached, own ?? Math.max(score, carried.get(reached) ?? 0));
        }
      }
    }
    return [...carried].map(([id, score]) => this.#interestOf(id, score)).sort(byScore);
  }

  #interestOf(id: number, score: number): ScoredInterest {
    const index = this.to.indexOf(id);
    return { id, level: this.to.level[index], score, label: this.to.names[index] };
  }

  /** Those that have none of the others below them. */
  #deepest(interests: readonly ScoredInterest[]): ScoredInterest[] {
    const above = new Set<number>();
    for (const { id } of interests) {
      const index = this.from.indexOf(id);
      if (index >= 0 && this.from.parent[index] >= 0) above.add(this.from.ids[this.from.parent[index]]);
    }
    return interests.filter(({ id }) => !above.has(id));
  }

  /** Its successors; where it has none, those of its nearest ancestor that has some. */
  #nearest(id: number): readonly number[] {
    let heirs = this.successors(id);
    for (
      let index = this.from.indexOf(id);
      heirs.length === 0 && index >= 0;
      index = this.from.parent[index]
    ) {
      heirs = this.successors(this.from.ids[index]);
    }
    return heirs;
  }
}

/** Best first; of equals the lower id. */
export function byScore(a: ScoredInterest, b: ScoredInterest): number {
  return b.score - a.score || a.id - b.id;
}

/** True where the taxonomy has the interest, and results may name it. */
function isGiven(id: number, taxonomy: Taxonomy): boolean {
  const index = taxonomy.indexOf(id);
  return index >= 0 && taxonomy.hidden[index] === 0;
}

function changedBetween(from: Taxonomy, to: Taxonomy): ReadonlySet<number> {
  const changed = new Set<number>();
  for (let index = 0; index < from.size; index++) {
    const id = from.ids[index];
    const above = from.parent[index];
    const now = to.indexOf(id);
    const aboveId = above < 0 ? 0 : from.ids[above];
    const isSame =
      isGiven(id, to) &&
      (to.parent[now] < 0 ? 0 : to.ids[to.parent[now]]) === aboveId &&
      !changed.has(aboveId);
    if (!isSame) changed.add(id);
  }
  return changed;
}
