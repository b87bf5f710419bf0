import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dotProducts } from '../../../shared/embeddings/dot-products.ts';

test('four rows at a time give what one at a time gives, to the bit, and touch nothing else', () => {
  const value = fc.float({ noDefaultInfinity: true, min: -2, max: 2 });
  const vector = fc.array(value, { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      vector,
      fc.array(vector, { minLength: 1, maxLength: 9 }),
      fc.nat(9),
      fc.nat(9),
      (v, matrix, a, b) => {
        const rows = Int32Array.from(matrix, (_, i) => matrix.length - 1 - i);
        const [from, to] = [Math.min(a, b, rows.length), Math.min(Math.max(a, b), rows.length)];
        const out = new Float32Array(rows.length).fill(7);
        dotProducts(Float32Array.from(v), Float32Array.from(matrix.flat()), rows, from, to, out);
        const expected = Float32Array.from(rows, (row, i) => {
          if (i < from || i >= to) return 7;
          let sum = 0;
          for (let k = 0; k < 3; k++) sum += Math.fround(v[k]) * Math.fround(matrix[row][k]);
          return sum;
        });
        assert.deepEqual(out, expected);
      },
    ),
  );
});
