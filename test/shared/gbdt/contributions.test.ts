import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GbdtExplainer } from '../../../shared/gbdt/contributions.ts';
import { compileModel } from '../../../shared/gbdt/engine.ts';
import { parseModel, type GbdtModel, type Tree } from '../../../shared/gbdt/model.ts';
import { goesLeft } from '../../../shared/gbdt/reference.ts';
import { ofCode } from '../../support/assertions.ts';
import { FEATURES, tree, value } from './arbitrary.ts';
import { modelText, type Node } from './model-text.ts';

const row = fc.tuple(...Array.from({ length: FEATURES }, () => value));

function modelOf(features: number, trees: readonly Node[]): GbdtModel {
  return parseModel(modelText(features, trees), 'model.txt');
}

/** The model's score where only the features of the set are known: an unknown one follows both branches, by counts. */
function scoreKnowing(model: GbdtModel, values: readonly number[], known: ReadonlySet<number>): number {
  const below = (of: Tree, node: number): number => {
    if (node < 0) return of.leafValue[~node];
    const [left, right] = [of.left[node], of.right[node]];
    if (known.has(of.feature[node])) return below(of, goesLeft(of, node, values) ? left : right);
    const { splits, leaves } = of.counts!;
    const count = (child: number): number => (child < 0 ? leaves[~child] : splits[child]);
    return (below(of, left) * count(left) + below(of, right) * count(right)) / splits[node];
  };
  return sum(model.trees.map((of) => below(of, of.leaves === 1 ? -1 : 0)));
}

/** Shapley values by their definition: what knowing the feature adds, averaged over all orders of getting to know. */
function shapleyValues(model: GbdtModel, values: readonly number[]): number[] {
  const added = values.map(() => [] as number[]);
  for (const order of permutations(values.map((_, feature) => feature))) {
    order.forEach((feature, i) => {
      const before = scoreKnowing(model, values, new Set(order.slice(0, i)));
      added[feature].push(scoreKnowing(model, values, new Set(order.slice(0, i + 1))) - before);
    });
  }
  return added.map((differences) => sum(differences) / differences.length);
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const one of values) total += one;
  return total;
}

function assertClose(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12, `${what}: ${actual}, not ${expected}`);
}

function engineScore(model: GbdtModel, values: readonly number[]): number {
  const out = new Float64Array(1);
  compileModel(model).score(Float32Array.from(values), 1, 1, out);
  return out[0];
}

describe('contributions', () => {
  it('are the Shapley values of the features', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 3 }), row, (trees, values) => {
        const model = modelOf(FEATURES, trees);
        const explainer = new GbdtExplainer(model, 'model.txt');
        const actual = explainer.contributions(values);
        shapleyValues(model, values).forEach((expected, j) => assertClose(actual[j], expected, `f${j}`));
        assertClose(explainer.expected, scoreKnowing(model, values, new Set()), 'expected');
      }),
      { numRuns: 200 },
    );
  });

  it("sum, with the expected score, to the engine's raw score", () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 12 }), row, (trees, doubles) => {
        const model = modelOf(FEATURES, trees);
        // The engine reads float32: 0.1 is another number there, and on the other side of a threshold of 0.1.
        const values = doubles.map(Math.fround);
        const explainer = new GbdtExplainer(model, 'model.txt');
        const total = explainer.expected + sum(explainer.contributions(values));
        assertClose(total, engineScore(model, values), 'sum');
      }),
      { numRuns: 200 },
    );
  });

  it('sum to the raw score on a path of 255 features', () => {
    let chain: Node = 1;
    for (let feature = 254; feature >= 0; feature--) {
      chain = { feature, threshold: 0, missing: 'nan', defaultLeft: true, left: feature % 7, right: chain };
    }
    const model = modelOf(255, [chain]);
    const explainer = new GbdtExplainer(model, 'model.txt');
    for (const reached of [0, 1, 127, 254, 255]) {
      const values = Array.from({ length: 255 }, (_, feature) => (feature < reached ? 1 : NaN));
      const total = explainer.expected + sum(explainer.contributions(values));
      assertClose(total, engineScore(model, values), `${reached} splits`);
    }
  });

  it('of one split are by its shares of the training rows', () => {
    const split: Node = { feature: 1, threshold: 0, missing: 'nan', defaultLeft: true, left: 6, right: 9 };
    const explainer = new GbdtExplainer(modelOf(2, [split]), 'model.txt'); // of 3 rows, 2 went right
    assert.equal(explainer.expected, 8);
    assertClose(explainer.contributions([5, 5])[1], 1, 'right');
    assertClose(explainer.contributions([5, NaN])[1], -2, 'left');
  });

  it('of a feature that no split asks for are 0, and so are all of a single leaf', () => {
    const split: Node = { feature: 0, categories: [3], left: 1, right: 2 };
    assert.equal(new GbdtExplainer(modelOf(2, [split]), 'model.txt').contributions([3, 3])[1], 0);
    const single = new GbdtExplainer(modelOf(2, [0.5, 0.25]), 'model.txt');
    assert.equal(single.expected, 0.75);
    assert.deepEqual([...single.contributions([1, 1])], [0, 0]);
  });

  it('are there where no training row fell into a leaf', () => {
    const inner: Node = { feature: 0, threshold: 1, missing: 'nan', defaultLeft: true, left: 6, right: 9 };
    const outer: Node = {
      feature: 0,
      threshold: 3,
      missing: 'nan',
      defaultLeft: true,
      left: inner,
      right: 2,
    };
    const text = modelText(1, [outer])
      .replace('leaf_count=1 2 3', 'leaf_count=0 2 3')
      .replace('internal_count=6 3', 'internal_count=5 2');
    const explainer = new GbdtExplainer(parseModel(text, 'model.txt'), 'model.txt');
    assertClose(explainer.expected, (2 * 9 + 3 * 2) / 5, 'expected');
    for (const [given, score] of [
      [0, 6],
      [2, 9],
      [4, 2],
    ])
      assertClose(explainer.contributions([given])[0], score - explainer.expected, `${given}`);
  });
});

describe('a model', () => {
  const split: Node = { feature: 0, threshold: 0, missing: 'nan', defaultLeft: true, left: 1, right: 2 };
  const text = modelText(1, [0, split]);

  it('without counts of training rows is scored, but not explained', () => {
    const model = parseModel(text.replaceAll(/(leaf|internal)_count=.*\n/g, ''), 'model.txt');
    assert.equal(engineScore(model, [1]), 2);
    assert.throws(
      () => new GbdtExplainer(model, 'model.txt'),
      ofCode('MODEL_INVALID', /^model\.txt: tree 1 has neither internal_count nor leaf_count/),
    );
  });

  for (const [what, from, to, message] of [
    ['too few counts', 'leaf_count=1 2', 'leaf_count=1', /model\.txt:\d+: leaf_count holds 1 values, not 2/],
    ['a split of no rows', 'internal_count=3', 'internal_count=0', /internal_count\[0\] is "0"/],
    ['a negative count', 'leaf_count=1 2', 'leaf_count=1 -2', /leaf_count\[1\] is "-2"/],
    ['counts of leaves only', 'internal_count=3\n', '', /internal_count is missing/],
  ] as const) {
    it(`with ${what} is damaged`, () => {
      assert.ok(text.includes(from));
      assert.throws(() => parseModel(text.replace(from, to), 'model.txt'), ofCode('MODEL_INVALID', message));
    });
  }
});
