import assert from 'node:assert/strict';
import { test } from 'node:test';
import { f1At, ndcgAt, precisionAt, RankingAverage } from '../../quality/metrics.ts';

const near = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
};

test('precision counts empty places as wrong', () => {
  near(precisionAt(5, [1, 2], new Set([1, 2, 3])), 2 / 5);
});

test('F1 is the harmonic mean of precision and recall', () => {
  // Two of five right, of four: P = 0.4, R = 0.5.
  near(f1At(5, [1, 9, 2, 8, 7], new Set([1, 2, 3, 4])), (2 * 0.4 * 0.5) / 0.9);
  near(f1At(5, [9], new Set([1])), 0);
});

test('NDCG has binary gains, and its ideal is cut at k and at the truth', () => {
  near(ndcgAt(5, [9, 1], new Set([1])), 1 / Math.log2(3));
  near(ndcgAt(5, [1, 9, 2], new Set([1, 2])), (1 + 1 / 2) / (1 + 1 / Math.log2(3)));
  near(ndcgAt(2, [1, 2], new Set([1, 2, 3, 4])), 1);
  near(ndcgAt(5, [], new Set([1])), 0);
});

test('an average is over the lists that have any truth', () => {
  const average = new RankingAverage();
  average.add([1], new Set([1]));
  average.add([2], new Set([1]));
  average.add([3], new Set());
  const figures = average.figures();
  assert.equal(figures.lists, 2);
  near(figures['P@1'], 0.5);
  near(figures['NDCG@5'], 0.5);
});
