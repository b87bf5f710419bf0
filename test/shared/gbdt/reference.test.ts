import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileModel } from '../../../shared/gbdt/engine.ts';
import { parseModel } from '../../../shared/gbdt/model.ts';
import { probability, referenceScore } from '../../../shared/gbdt/reference.ts';
import { modelText } from './model-text.ts';
import type { Node, NumericalSplit } from './model-text.ts';

const LEFT = -1;
const RIGHT = 1;

/** Scores of a model of one tree on one feature, by the reference; the engine has to agree. */
function scores(tree: Node, values: number[]): number[] {
  const model = parseModel(modelText(1, [tree]), 'model.txt');
  const expected = values.map((value) => referenceScore(model, [value]));
  const out = new Float64Array(values.length);
  compileModel(model).score(Float32Array.from(values), values.length, values.length, out);
  assert.deepEqual([...out], expected);
  return expected;
}

function split(missing: NumericalSplit['missing'], defaultLeft: boolean, threshold: number): NumericalSplit {
  return { feature: 0, threshold, missing, defaultLeft, left: LEFT, right: RIGHT };
}

describe('a numerical split', () => {
  it('sends a value at the threshold left and one above it right', () => {
    assert.deepEqual(scores(split('nan', false, 2.5), [2.5, 2.75, -Infinity, Infinity]), [
      LEFT,
      RIGHT,
      LEFT,
      RIGHT,
    ]);
  });

  it('compares a float32 value with the float64 threshold by its exact value', () => {
    const above = Math.fround(0.1); // 0.1 rounds up to float32
    assert.deepEqual(scores(split('nan', false, 0.1), [above]), [RIGHT]);
    assert.deepEqual(scores(split('nan', false, above), [above]), [LEFT]);
  });

  for (const threshold of [-1, 1]) {
    const ofZero = 0 <= threshold ? LEFT : RIGHT;

    it(`of missing type None takes NaN as 0 (threshold ${threshold})`, () => {
      assert.deepEqual(scores(split('none', true, threshold), [NaN, 0]), [ofZero, ofZero]);
      assert.deepEqual(scores(split('none', false, threshold), [NaN, 0]), [ofZero, ofZero]);
    });

    it(`of missing type Zero sends NaN and all that counts as 0 its default way (threshold ${threshold})`, () => {
      const zeros = [NaN, 0, -0, 1e-35, -1e-35, 1e-40];
      assert.deepEqual(
        scores(split('zero', true, threshold), zeros),
        zeros.map(() => LEFT),
      );
      assert.deepEqual(
        scores(split('zero', false, threshold), zeros),
        zeros.map(() => RIGHT),
      );
      assert.deepEqual(scores(split('zero', true, threshold), [2e-35]), [ofZero]);
    });

    it(`of missing type NaN sends NaN its default way and 0 by the threshold (threshold ${threshold})`, () => {
      assert.deepEqual(scores(split('nan', true, threshold), [NaN, 0]), [LEFT, ofZero]);
      assert.deepEqual(scores(split('nan', false, threshold), [NaN, 0]), [RIGHT, ofZero]);
    });
  }

  it('takes a value within 1e-35 of 0 as 0, as Booster.predict does', () => {
    assert.deepEqual(scores(split('nan', false, 1e-36), [1e-35, 0, 2e-35]), [LEFT, LEFT, RIGHT]);
    assert.deepEqual(scores(split('nan', false, -1e-36), [-1e-35, 0, -2e-35]), [RIGHT, RIGHT, LEFT]);
  });

  it('with an infinite threshold parts the missing from all others', () => {
    assert.deepEqual(scores(split('nan', false, Infinity), [Infinity, 0, NaN]), [LEFT, LEFT, RIGHT]);
  });
});

describe('a categorical split', () => {
  const tree: Node = { feature: 0, categories: [0, 3, 40], left: LEFT, right: RIGHT };

  it('sends the categories of its set left and others right', () => {
    assert.deepEqual(scores(tree, [0, 3, 40, 1, 31, 41]), [LEFT, LEFT, LEFT, RIGHT, RIGHT, RIGHT]);
  });

  it('sends missing, negative and out-of-range categories right', () => {
    const values = [NaN, -1, -3, 64, 1e6, 5e9, Infinity, -Infinity];
    assert.deepEqual(
      scores(tree, values),
      values.map(() => RIGHT),
    );
  });

  it('cuts a value to an integer towards zero', () => {
    assert.deepEqual(scores(tree, [3.9, -0.9, 2.9]), [LEFT, LEFT, RIGHT]);
  });
});

describe('a model', () => {
  it('of a single leaf gives that leaf to every row', () => {
    assert.deepEqual(scores(0.25, [NaN, 0, 7]), [0.25, 0.25, 0.25]);
  });

  it('of no tree gives 0', () => {
    const model = parseModel(modelText(1, []), 'model.txt');
    const out = new Float64Array(1).fill(9);
    compileModel(model).score(new Float32Array(1), 1, 1, out);
    assert.equal(referenceScore(model, [1]), 0);
    assert.equal(out[0], 0);
  });

  it('turns a raw score into a probability with its own sigmoid', () => {
    const model = parseModel(modelText(1, [0.5], '2'), 'model.txt');
    assert.equal(probability(model, 0), 0.5);
    assert.equal(probability(model, 1), 0.8807970779778823);
    assert.equal(probability(model, 1000), 1);
    assert.equal(probability(model, -1000), 0);
  });
});
