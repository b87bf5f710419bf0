/**
 * Dot products of a vector with rows of a matrix, four rows at a time: each sum waits for its own last addition only, so
 * four go at the speed of one. The order of additions within a row is that of the plain loop, and so is the result.
 *
 * @param vector as long as a row
 * @param matrix rows × vector.length, row by row
 * @param rows numbers of rows; those at `from .. to - 1` are asked for
 * @param out receives the products at the same places
 */
export function dotProducts(
  vector: Float32Array,
  matrix: Float32Array,
  rows: Int32Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const d = vector.length;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const a = rows[i] * d;
    const b = rows[i + 1] * d;
    const c = rows[i + 2] * d;
    const e = rows[i + 3] * d;
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumE = 0;
    for (let k = 0; k < d; k++) {
      const value = vector[k];
      sumA += value * matrix[a + k];
      sumB += value * matrix[b + k];
      sumC += value * matrix[c + k];
      sumE += value * matrix[e + k];
    }
    out[i] = sumA;
    out[i + 1] = sumB;
    out[i + 2] = sumC;
    out[i + 3] = sumE;
  }
  for (; i < to; i++) {
    const a = rows[i] * d;
    let sum = 0;
    for (let k = 0; k < d; k++) sum += vector[k] * matrix[a + k];
    out[i] = sum;
  }
}
