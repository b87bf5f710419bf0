import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assembleModel, compileModel, openEngine } from '../../../shared/gbdt/engine.ts';
import type { GbdtModel } from '../../../shared/gbdt/model.ts';
import { parseModel } from '../../../shared/gbdt/model.ts';
import { referenceScore } from '../../../shared/gbdt/reference.ts';
import { FEATURES, tree, value } from './arbitrary.ts';
import { received } from '../../support/received.ts';
import { modelText } from './model-text.ts';
import type { Node } from './model-text.ts';

/** Column-major rows; some columns hold one value only. */
const rows = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc
    .tuple(
      ...Array.from({ length: FEATURES }, () =>
        fc.oneof(
          fc.array(value, { minLength: count, maxLength: count }),
          value.map((single) => new Array<number>(count).fill(single)),
        ),
      ),
    )
    .map((columns) => ({ count, columns: Float32Array.from(columns.flat()) })),
);

function assertEqualsReference(model: GbdtModel, columns: Float32Array, stride: number, count: number): void {
  const out = new Float64Array(count);
  compileModel(model).score(columns, stride, count, out);
  const features = model.featureNames.length;
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length: features }, (_, j) => columns[j * stride + i]);
    if (!Object.is(out[i], referenceScore(model, row))) {
      assert.fail(`row ${i} [${row.join(', ')}]: engine ${out[i]}, reference ${referenceScore(model, row)}`);
    }
  }
}

/** A deterministic stream of numbers in [0, 1). */
function randomStream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomTree(random: () => number, leaves: number, features: number): Node {
  if (leaves === 1) return random() - 0.5;
  const left = 1 + Math.floor(random() * (leaves - 1));
  return {
    feature: Math.floor(random() * features),
    threshold: random() * 100,
    missing: 'nan',
    defaultLeft: random() < 0.5,
    left: randomTree(random, left, features),
    right: randomTree(random, leaves - left, features),
  };
}

function randomColumns(random: () => number, features: number, count: number): Float32Array {
  return Float32Array.from({ length: features * count }, () => (random() < 0.1 ? NaN : random() * 100));
}

describe('the engine', () => {
  it('equals the reference bit for bit on any model and rows', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 12 }), rows, (trees, { count, columns }) => {
        assertEqualsReference(parseModel(modelText(FEATURES, trees), 'model.txt'), columns, count, count);
      }),
      { numRuns: 300 },
    );
  });

  it('equals the reference where a feature has many more than 255 thresholds', () => {
    const random = randomStream(1);
    const trees = Array.from({ length: 30 }, () => randomTree(random, 100, 2));
    const model = parseModel(modelText(2, trees), 'model.txt');
    assertEqualsReference(model, randomColumns(random, 2, 500), 500, 500);
  });

  for (const thresholds of [1, 15, 16, 17, 254, 255, 256, 257, 511]) {
    it(`equals the reference at and around each of ${thresholds} thresholds`, () => {
      const trees = Array.from({ length: thresholds }, (_, i): Node => {
        return { feature: 0, threshold: i, missing: 'nan', defaultLeft: i % 2 === 0, left: 1, right: i };
      });
      const model = parseModel(modelText(1, trees), 'model.txt');
      const values = Array.from({ length: 2 * thresholds + 3 }, (_, i) => i / 2 - 1);
      const columns = Float32Array.of(...values, NaN);
      assertEqualsReference(model, columns, columns.length, columns.length);
    });
  }

  it('equals the reference at the limit of 1,000 trees of 255 leaves', () => {
    const random = randomStream(2);
    const trees = Array.from({ length: 1000 }, () => randomTree(random, 255, 50));
    const model = parseModel(modelText(50, trees), 'model.txt');
    assertEqualsReference(model, randomColumns(random, 50, 70), 70, 70);
  });

  it('equals the reference on trees that are one long chain', () => {
    let left: Node = 0;
    let right: Node = 0;
    for (let i = 1; i < 256; i++) {
      const rule = { feature: 0, missing: 'nan', defaultLeft: true } as const;
      left = { ...rule, threshold: i, left, right: i };
      right = { ...rule, threshold: 256 - i, left: i, right };
    }
    const model = parseModel(modelText(1, [left, right]), 'model.txt');
    const columns = Float32Array.from({ length: 300 }, (_, i) => i);
    assertEqualsReference(model, columns, 300, 300);
  });

  it('reads columns that are further apart than their rows, in blocks and a rest', () => {
    const random = randomStream(3);
    const model = parseModel(modelText(5, [randomTree(random, 31, 5)]), 'model.txt');
    for (const count of [1, 3, 4, 5, 16, 17, 511, 512, 513, 1100]) {
      assertEqualsReference(model, randomColumns(random, 5, 1200), 1200, count);
    }
  });

  it('equals the reference where neighbouring rows go the same way, so that most of a tree is passed over', () => {
    const random = randomStream(6);
    const trees = Array.from({ length: 40 }, () => randomTree(random, 63, 3));
    const model = parseModel(modelText(3, trees), 'model.txt');
    const columns = randomColumns(random, 3, 600);
    for (let i = 1; i < columns.length; i++) if (random() < 0.95) columns[i] = columns[i - 1];
    assertEqualsReference(model, columns, 600, 600);
  });

  it('of another thread gives the same scores', () => {
    const random = randomStream(7);
    const compiled = assembleModel(
      parseModel(modelText(5, [randomTree(random, 63, 5), randomTree(random, 9, 5)]), 'model.txt'),
    );
    const columns = randomColumns(random, 5, 100);
    const [here, there] = [compiled, received(compiled)].map((each) => {
      const out = new Float64Array(100);
      openEngine(each).score(columns, 100, 100, out);
      return out;
    });
    assert.deepEqual(there, here);
  });

  it('does not carry anything over from one call to the next', () => {
    const random = randomStream(4);
    const model = parseModel(modelText(5, [randomTree(random, 31, 5)]), 'model.txt');
    const engine = compileModel(model);
    const columns = randomColumns(random, 5, 40);
    const first = new Float64Array(40);
    engine.score(columns, 40, 40, first);
    engine.score(randomColumns(random, 5, 300), 300, 300, new Float64Array(300));
    const second = new Float64Array(40);
    engine.score(columns, 40, 40, second);
    assert.deepEqual(second, first);
  });

  it('refuses arrays that are too short for the rows', () => {
    const engine = compileModel(parseModel(modelText(2, [randomTree(randomStream(5), 3, 2)]), 'model.txt'));
    assert.throws(() => engine.score(new Float32Array(15), 8, 8, new Float64Array(8)), RangeError);
    assert.throws(() => engine.score(new Float32Array(16), 7, 8, new Float64Array(8)), RangeError);
    assert.throws(() => engine.score(new Float32Array(16), 8, 8, new Float64Array(7)), RangeError);
  });
});
