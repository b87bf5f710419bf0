import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SHIFT_BOUNDS, Shifts } from '../../../workers/comparing/shifts.ts';

/** In thousandths, as they are counted. */
const someShifts = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 60 });

function shiftsOf(thousandths: readonly number[]): Shifts {
  const shifts = new Shifts();
  for (const one of thousandths) shifts.add(one / 1000);
  return shifts;
}

describe('shifts of scores', () => {
  test('have the percentiles of the sorted shifts, and each shift in one class', () => {
    fc.assert(
      fc.property(someShifts, (thousandths) => {
        const { p5, p50, p95, histogram } = shiftsOf(thousandths).summary()!;
        const sorted = [...thousandths].sort((a, b) => a - b);
        const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] / 1000;
        assert.deepEqual([p5, p50, p95], [at(0.05), at(0.5), at(0.95)]);
        const bounds = [-Infinity, ...SHIFT_BOUNDS, Infinity];
        const expected = bounds
          .slice(1)
          .map((to, i) => sorted.filter((one) => one / 1000 > bounds[i] && one / 1000 <= to).length);
        assert.deepEqual(histogram, expected);
      }),
    );
  });

  test('are none until there is one', () => {
    assert.equal(new Shifts().summary(), undefined);
    assert.equal(shiftsOf([0]).count, 1);
  });

  test('between two steps count as the nearer one, on either side of 0 alike', () => {
    const shifts = new Shifts();
    for (const shift of [0.0105, -0.0105]) shifts.add(shift);
    const { p5, p95 } = shifts.summary()!;
    assert.equal(p5, -p95);
  });
});
