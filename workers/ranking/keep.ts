import type { ModelManifest } from '../../shared/ranking/ranking-model.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';

/** An interest of a Pin, as results carry it. */
export interface ScoredInterest {
  /** Dense index. */
  interest: number;
  /** Calibrated, in (0, 1). */
  score: number;
}

/**
 * The keep rule: the highest scores at or above the threshold, at most `most`, and all their ancestors, each with its
 * own score. Hidden interests never leave the system. Best first; of equal scores the smaller id.
 *
 * Few of a Pin's candidates are kept, so they are inserted into short sorted lists of row numbers; nothing is made for the
 * others.
 */
export class KeepRule {
  readonly #taxonomy: TaxonomyTree;
  readonly #threshold: number;
  readonly #most: number;
  /** By dense index: the last Pin in which it was kept, or an ancestor of what was. */
  readonly #wantedBy: Uint32Array;
  #pin = 0;
  /** Rows of the Pin in hand, best first: the first so many. */
  #rows = new Int32Array(64);
  readonly #best: Int32Array;

  constructor(taxonomy: TaxonomyTree, { threshold, most }: ModelManifest['keep']) {
    this.#taxonomy = taxonomy;
    this.#threshold = threshold;
    this.#most = most;
    this.#wantedBy = new Uint32Array(taxonomy.size);
    this.#best = new Int32Array(most + 1);
  }

  /** What is kept of the candidates `from .. to - 1`. */
  keep(interests: Int32Array, scores: Float64Array, from: number, to: number): ScoredInterest[] {
    const { parent, hidden } = this.#taxonomy;
    const wantedBy = this.#wantedBy;
    const pin = this.#nextPin();
    const best = this.#best;
    let count = 0;
    for (let row = from; row < to; row++) {
      if (!(scores[row] >= this.#threshold) || hidden[interests[row]]) continue;
      this.#insert(row, best, count, interests, scores);
      if (count < this.#most) count++;
    }
    if (count === 0) return [];
    for (let i = 0; i < count; i++)
      for (let a = interests[best[i]]; a >= 0 && wantedBy[a] !== pin; a = parent[a]) wantedBy[a] = pin;

    if (this.#rows.length < to - from) this.#rows = new Int32Array(2 * (to - from));
    const rows = this.#rows;
    let kept = 0;
    for (let row = from; row < to; row++) {
      const interest = interests[row];
      if (wantedBy[interest] === pin && !hidden[interest]) this.#insert(row, rows, kept++, interests, scores);
    }
    const results = new Array<ScoredInterest>(kept);
    for (let i = 0; i < kept; i++) results[i] = { interest: interests[rows[i]], score: scores[rows[i]] };
    return results;
  }

  /** Inserts a row into the first `count` of a list, which has room for one more. */
  #insert(row: number, list: Int32Array, count: number, interests: Int32Array, scores: Float64Array): void {
    const { ids } = this.#taxonomy;
    const score = scores[row];
    let at = count;
    for (; at > 0; at--) {
      const before = list[at - 1];
      if (scores[before] > score) break;
      if (scores[before] === score && ids[interests[before]] < ids[interests[row]]) break;
      list[at] = before;
    }
    list[at] = row;
  }

  #nextPin(): number {
    this.#pin = (this.#pin + 1) >>> 0;
    if (this.#pin === 0) {
      this.#wantedBy.fill(0);
      this.#pin = 1;
    }
    return this.#pin;
  }
}
