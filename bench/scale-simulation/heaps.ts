/** `y = factor × x^exponent`. */
export interface PowerLaw {
  factor: number;
  exponent: number;
  /** The largest relative error at a point that it was fitted to. */
  worst: number;
}

/**
 * Heaps' law (Heaps 1978, Information Retrieval, 7.5): how many distinct things there are among so many. The line of
 * least squares through the logarithms.
 *
 * @param points x and y, all above 0, of two xs at least
 */
export function heapsLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = mean(logs.map(([x]) => x));
  const meanY = mean(logs.map(([, y]) => y));
  const exponent =
    mean(logs.map(([x, y]) => (x - meanX) * (y - meanY))) / mean(logs.map(([x]) => (x - meanX) ** 2));
  const factor = Math.exp(meanY - exponent * meanX);
  const worst = Math.max(...points.map(([x, y]) => Math.abs((factor * x ** exponent) / y - 1)));
  return { factor, exponent, worst };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
