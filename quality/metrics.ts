/** Figures of one set of ranked lists against their truth, each averaged over the lists. */
export interface RankingFigures {
  /** Lists with at least one true interest: what the averages are over. */
  lists: number;
  'P@1': number;
  'P@5': number;
  'F1@5': number;
  'NDCG@5': number;
  'NDCG@10': number;
}

/** Share of the first k that are true; places that the list leaves empty count as wrong. */
export function precisionAt(k: number, ranked: readonly number[], truth: ReadonlySet<number>): number {
  return hits(k, ranked, truth) / k;
}

/** Harmonic mean of precision and recall at k. */
export function f1At(k: number, ranked: readonly number[], truth: ReadonlySet<number>): number {
  const found = hits(k, ranked, truth);
  return found === 0 ? 0 : (2 * found) / (k + truth.size);
}

/** As {@link gradedNdcgAt}, with binary gains. */
export function ndcgAt(k: number, ranked: readonly number[], truth: ReadonlySet<number>): number {
  return gradedNdcgAt(k, ranked, new Map([...truth].map((item) => [item, 1])));
}

/**
 * Normalised discounted cumulative gain with graded gains (Järvelin & Kekäläinen 2002): the gains themselves, the ideal cut
 * at k too.
 *
 * @param ranked the best first, none twice
 * @param gains above 0; what is not there gains nothing. At least one
 */
export function gradedNdcgAt(
  k: number,
  ranked: readonly number[],
  gains: ReadonlyMap<number, number>,
): number {
  const ideal = [...gains.values()].sort((a, b) => b - a);
  return discounted(ranked.slice(0, k).map((item) => gains.get(item) ?? 0)) / discounted(ideal.slice(0, k));
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
}

function hits(k: number, ranked: readonly number[], truth: ReadonlySet<number>): number {
  let found = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (truth.has(ranked[i])) found++;
  return found;
}

/** Gathers ranked lists and averages their figures. A list without any truth is left out. */
export class RankingAverage {
  #lists = 0;
  readonly #sums = { 'P@1': 0, 'P@5': 0, 'F1@5': 0, 'NDCG@5': 0, 'NDCG@10': 0 };

  /** @param ranked the best first, no interest twice */
  add(ranked: readonly number[], truth: ReadonlySet<number>): void {
    if (truth.size === 0) return;
    this.#lists++;
    this.#sums['P@1'] += precisionAt(1, ranked, truth);
    this.#sums['P@5'] += precisionAt(5, ranked, truth);
    this.#sums['F1@5'] += f1At(5, ranked, truth);
    this.#sums['NDCG@5'] += ndcgAt(5, ranked, truth);
    this.#sums['NDCG@10'] += ndcgAt(10, ranked, truth);
  }

  figures(): RankingFigures {
    const mean = Object.entries(this.#sums).map(([name, sum]) => [
      name,
      this.#lists ? sum / this.#lists : NaN,
    ]);
    return { lists: this.#lists, ...(Object.fromEntries(mean) as Omit<RankingFigures, 'lists'>) };
  }
}
