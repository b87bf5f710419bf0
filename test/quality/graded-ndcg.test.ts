import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { gradedNdcgAt, ndcgAt } from '../../quality/metrics.ts';

describe('graded NDCG', () => {
  test('is worked out by hand', () => {
    const gains = new Map([
      [1, 0.5],
      [2, 1],
      [3, 0.25],
    ]);
    const ideal = 1 + 0.5 / Math.log2(3);
    assert.equal(gradedNdcgAt(2, [2, 1, 3], gains), 1);
    assert.equal(gradedNdcgAt(2, [9, 2, 1], gains), 1 / Math.log2(3) / ideal);
    assert.equal(gradedNdcgAt(2, [3], gains), 0.25 / ideal);
    assert.equal(gradedNdcgAt(2, [], gains), 0);
  });

  test('is binary NDCG where all gains are alike', () => {
    const items = fc.uniqueArray(fc.nat(30), { maxLength: 20 });
    const truth = fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(items, truth, (ranked, relevant) => {
        const graded = gradedNdcgAt(10, ranked, new Map(relevant.map((item) => [item, 0.3])));
        assert.ok(Math.abs(graded - ndcgAt(10, ranked, new Set(relevant))) < 1e-12);
      }),
    );
  });
});
