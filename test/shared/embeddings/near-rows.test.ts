import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dotProducts } from '../../../shared/embeddings/dot-products.ts';
import { NearRows } from '../../../shared/embeddings/near-rows.ts';
import { seeded } from '../../support/random.ts';

/** Unit vectors of components that a seed gives. */
function unitVectors(count: number, dimensions: number, seed: number): Float32Array {
  const random = seeded(seed);
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const own = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    own.forEach((_, k) => (own[k] = random() - 0.5));
    const length = Math.hypot(...own);
    own.forEach((value, k) => (own[k] = value / length));
  }
  return vectors;
}

/** What it is to find, the plain way. */
function plainlyAbove(
  vector: Float32Array,
  matrix: Float32Array,
  least: number,
): { row: number; product: number }[] {
  const rows = Int32Array.from({ length: matrix.length / vector.length }, (_, row) => row);
  const products = new Float32Array(rows.length);
  dotProducts(vector, matrix, rows, 0, rows.length, products);
  return [...rows]
    .map((row) => ({ row, product: products[row] }))
    .filter(({ product }) => product > least)
    .sort((a, b) => b.product - a.product || a.row - b.row);
}

describe('rows that are near a vector', () => {
  test('are those that all dot products give, to the bit, also where one is the bound itself', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 200 }),
        (seed, dimensions, count) => {
          const matrix = unitVectors(count, dimensions, seed);
          const [vector] = [unitVectors(1, dimensions, seed + 1)];
          const near = new NearRows(matrix, dimensions);
          const all = plainlyAbove(vector, matrix, -2);
          for (const least of [-2, 0, 0.2, all[Math.floor(all.length / 2)]?.product ?? 0])
            assert.deepEqual(near.above(vector, least), plainlyAbove(vector, matrix, least));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('never are those that have no vector, and the same rows are found each time', () => {
    const matrix = unitVectors(1000, 64, 1);
    matrix.fill(0, 64, 128);
    const near = new NearRows(matrix, 64);
    const first = near.above(matrix.subarray(0, 64), 0.1);
    assert.deepEqual(first[0].row, 0);
    assert.ok(first.length > 100 && first.every(({ row }) => row !== 1));
    assert.deepEqual(near.above(unitVectors(1, 64, 2), 0.99), []);
    assert.deepEqual(near.above(matrix.subarray(0, 64), 0.1), first);
  });
});
