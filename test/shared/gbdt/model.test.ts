import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { P2iError } from '../../../shared/errors/errors.ts';
import { parseModel } from '../../../shared/gbdt/model.ts';
import { modelText } from './model-text.ts';
import type { Node } from './model-text.ts';

const INNER: Node = { feature: 1, threshold: 3, missing: 'nan', defaultLeft: true, left: 1, right: 2 };
const TREE: Node = { feature: 0, categories: [1, 40], left: INNER, right: 3 };
const VALID = modelText(2, [TREE, 0.5]);

function lineOf(start: string): number {
  return VALID.split('\n').findIndex((line) => line.startsWith(start)) + 1;
}

function assertInvalid(text: string, line: number, message: RegExp): void {
  assert.throws(
    () => parseModel(text, 'model.txt'),
    (error) => {
      assert.ok(error instanceof P2iError);
      assert.equal(error.code, 'MODEL_INVALID');
      assert.match(error.message, message);
      assert.equal(error.where, `model.txt:${line}`);
      return true;
    },
  );
}

describe('a model file', () => {
  it('gives its features, sigmoid and trees', () => {
    const model = parseModel(VALID, 'model.txt');
    assert.deepEqual(model.featureNames, ['f0', 'f1']);
    assert.equal(model.sigmoid, 1);
    assert.deepEqual(
      model.trees.map((tree) => tree.leaves),
      [3, 1],
    );
    assert.deepEqual([...model.trees[0].bitsetWords], [2, 256]);
  });

  it('may have Windows line ends', () => {
    assert.deepEqual(parseModel(VALID.replaceAll('\n', '\r\n'), 'model.txt'), parseModel(VALID, 'model.txt'));
  });

  it('cut at any line before "end of trees" is invalid, with a line of the file', () => {
    const lines = VALID.split('\n');
    const end = lines.indexOf('end of trees');
    for (let kept = 0; kept < end; kept++) {
      assert.throws(
        () => parseModel(lines.slice(0, kept).join('\n'), 'model.txt'),
        (error) => {
          assert.ok(error instanceof P2iError && error.code === 'MODEL_INVALID');
          const line = Number(/^model\.txt:(\d+)$/.exec(error.where ?? '')?.[1]);
          assert.ok(line >= 1 && line <= Math.max(kept, 1), `line ${line} of ${kept}`);
          return true;
        },
      );
    }
  });

  it('cut at any character before "end of trees" is invalid', () => {
    for (let kept = 0; kept < VALID.indexOf('end of trees') + 'end of trees'.length; kept++) {
      assert.throws(() => parseModel(VALID.slice(0, kept), 'model.txt'), { code: 'MODEL_INVALID' });
    }
  });

  // What is replaced, by what, and the message; the error names the line where the replaced text starts.
  const corruptions: [what: string, from: string, to: string, message: RegExp][] = [
    ['that is something else', 'tree\nversion', '{"json": 1}\nversion', /not a LightGBM text model/],
    ['of an unknown version', 'version=v4', 'version=v9', /only "v4"/],
    ['of many classes', 'num_class=1', 'num_class=3', /only "1"/],
    ['of many trees an iteration', 'num_tree_per_iteration=1', 'num_tree_per_iteration=3', /only "1"/],
    ['of another objective', 'objective=binary', 'objective=regression', /objective "regression"/],
    ['without sigmoid', 'objective=binary sigmoid:1', 'objective=binary', /sigmoid/],
    ['with sigmoid 0', 'objective=binary sigmoid:1', 'objective=binary sigmoid:0', /sigmoid/],
    ['with too few feature names', 'feature_names=f0 f1', 'feature_names=f0', /holds 1 values, not 2/],
    ['with too many feature infos', 'feature_infos=', 'feature_infos=none ', /holds 3 values, not 2/],
    ['with a wrong number of trees', 'tree_sizes=', 'tree_sizes=7 ', /announces 3 trees/],
    ['with trees out of order', 'Tree=1', 'Tree=2', /expected "Tree=1"/],
    ['with no leaves', 'num_leaves=3', 'num_leaves=0', /num_leaves\[0\]/],
    ['with too many leaves', 'num_leaves=3', 'num_leaves=300', /num_leaves\[0\]/],
    ['with more leaves than values', 'leaf_value=1 2 3', 'leaf_value=1 2', /holds 2 values, not 3/],
    ['with a NaN leaf', 'leaf_value=1 2 3', 'leaf_value=1 nan 3', /leaf_value\[1\] is "nan"/],
    ['with an infinite leaf', 'leaf_value=1 2 3', 'leaf_value=1 inf 3', /leaf_value\[1\] is "inf"/],
    ['with an unknown feature', 'split_feature=0 1', 'split_feature=0 2', /split_feature\[1\] is "2"/],
    ['with a NaN threshold', 'threshold=0 3', 'threshold=0 nan', /threshold\[1\] is "nan"/],
    ['with an unknown bitset', 'threshold=0 3', 'threshold=1 3', /bitset 1 of 1/],
    ['with an unknown missing type', 'decision_type=1 10', 'decision_type=1 14', /decision_type\[1\]/],
    ['with a child that is no split', 'left_child=1 -1', 'left_child=2 -1', /left_child\[0\] is "2"/],
    ['with a child that is no leaf', 'left_child=1 -1', 'left_child=1 -4', /left_child\[1\] is "-4"/],
    ['with a cycle', 'left_child=1 -1', 'left_child=1 0', /cyclic/],
    ['with a split under itself', 'left_child=1 -1', 'left_child=1 1', /cyclic/],
    ['with a leaf under two splits', 'left_child=1 -1', 'left_child=1 -2', /two parents/],
    ['with bitsets that decrease', 'cat_boundaries=0 2', 'cat_boundaries=2 0', /never decrease/],
    ['with a short bitset', 'cat_threshold=2 256', 'cat_threshold=2', /holds 1 values, not 2/],
    ['with a word over 32 bits', 'cat_threshold=2 256', 'cat_threshold=2 4294967296', /cat_threshold\[1\]/],
    ['with linear leaves', 'is_linear=0', 'is_linear=1', /linear trees/],
  ];
  for (const [what, from, to, message] of corruptions) {
    it(`${what} is invalid at its line`, () => {
      assert.ok(VALID.includes(from));
      assertInvalid(VALID.replace(from, to), lineOf(from.split('\n')[0]), message);
    });
  }

  it('with a split that nothing leads to is invalid', () => {
    const text = VALID.replace('left_child=1 -1', 'left_child=-1 1').replace(
      'right_child=-3 -2',
      'right_child=-3 -2',
    );
    assertInvalid(text, lineOf('left_child=1 -1'), /only 3 of 5/);
  });

  it('of a random forest is invalid at its line', () => {
    assertInvalid(
      VALID.replace('feature_names', 'average_output\nfeature_names'),
      lineOf('feature_names'),
      /average_output/,
    );
  });

  it('that gives a field twice is invalid at the second', () => {
    assertInvalid(VALID.replace('num_cat=1', 'num_cat=1\nnum_cat=1'), lineOf('num_cat=1') + 1, /twice/);
  });
});
