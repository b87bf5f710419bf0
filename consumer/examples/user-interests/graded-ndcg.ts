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
