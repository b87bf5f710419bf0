import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { countNew, gatherNew, rowsBefore, scatterNew } from '../../../shared/columns/repeats.ts';

describe('values that repeat', () => {
  test('are those of the row before of the same key, and come back from it', () => {
    const rows = fc.array(fc.tuple(fc.nat(4), fc.nat(2)), { maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.nat(7), (pairs, position) => {
        const bit = 1 << position;
        const column = Uint32Array.from(pairs, ([, value]) => value);
        const before = rowsBefore(
          Int32Array.from(pairs, ([key]) => key),
          5,
        );
        const repeated = new Uint8Array(pairs.length);
        const values = new Uint32Array(pairs.length);
        const count = gatherNew(column, before, repeated, bit, values);
        assert.equal(countNew(before, repeated, bit), count);
        const back = new Uint32Array(pairs.length);
        scatterNew(values.subarray(0, count), before, repeated, bit, back);
        assert.deepEqual(back, column);
      }),
    );
  });

  test('the row before is the last one of the same key', () => {
    assert.deepEqual(rowsBefore(Int32Array.of(2, 0, 2, 2, 1, 0), 3), Int32Array.of(-1, -1, 0, 2, -1, 1));
  });

  test('a row that repeats with none before it is a RangeError', () => {
    assert.throws(() => countNew(Int32Array.of(-1, 0, -1), Uint8Array.of(0, 2, 2), 2), RangeError);
  });
});
