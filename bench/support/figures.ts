/** The middle value; of an even number of them, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least the share `q` of them does not exceed, nearly. @param q in [0, 1] */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * q), sorted.length - 1)];
}

/** To two decimals, which is more than any figure here is exact to. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
