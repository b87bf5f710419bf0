import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heapsLaw } from '../../../bench/scale-simulation/heaps.ts';

describe('Heaps’ law', () => {
  test('finds the law that the points follow', () => {
    const points = [10, 100, 1000].map((x): [number, number] => [x, 3 * x ** 0.7]);
    const { factor, exponent, worst } = heapsLaw(points);
    assert.ok(Math.abs(factor - 3) < 1e-9);
    assert.ok(Math.abs(exponent - 0.7) < 1e-9);
    assert.ok(worst < 1e-9);
  });

  test('says how far the worst point is off', () => {
    const { worst } = heapsLaw([
      [1, 1],
      [10, 12],
      [100, 100],
    ]);
    assert.ok(worst > 0.1 && worst < 0.15, String(worst));
  });
});
