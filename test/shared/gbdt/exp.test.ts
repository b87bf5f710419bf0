import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exp } from '../../../shared/gbdt/exp.ts';

describe('exp', () => {
  it('has the last bit of the GNU C library', () => {
    const samples: [x: number, result: number][] = [
      [0.8812936655125441, 2.4140206224970986],
      [8.941579993423602, 7643.2638270086145],
      [-10.14753739533171, 0.000039172429201103074],
      [-21.97048654825062, 2.8730218397460933e-10],
      [34.37385188030305, 847957710092581.4],
      [662.9773930953638, 8.461034149767788e287],
      [705.1982604521872, 1.8353257680259264e306],
      [600.5, 6.22065882492659e260],
    ];
    for (const [x, result] of samples) assert.equal(exp(x), result, `exp(${x})`);
  });

  it('is exact at 0, at the infinities, and NaN at NaN', () => {
    assert.equal(exp(0), 1);
    assert.equal(exp(-0), 1);
    assert.equal(exp(Infinity), Infinity);
    assert.equal(exp(-Infinity), 0);
    assert.equal(exp(710), Infinity);
    assert.equal(exp(NaN), NaN);
  });

  it('is within 2 units in the last place of Math.exp', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -700, max: 709 }), (x) => {
        const expected = Math.exp(x);
        assert.ok(Math.abs(exp(x) - expected) <= expected * 2 ** -51);
      }),
      { numRuns: 10_000 },
    );
  });
});
