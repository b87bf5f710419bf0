import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COS_SIM_FEATURES, cosSimByLevel, type LevelledInterest } from 'p2i/consumer';
import { ofCode } from '../../support/assertions.ts';
import { INVALID, someInterests } from './interests.ts';

const NOTHING = Object.fromEntries(COS_SIM_FEATURES.map((name) => [name, 0]));

describe('similarity by level', () => {
  test('adds up the products of the scores of what both have, level by level', () => {
    const pin = [
      { id: 1, level: 1, score: 0.5 },
      { id: 2, level: 2, score: 0.5 },
      { id: 3, level: 2, score: 0.25 },
      { id: 4, level: 3, score: 1 },
    ];
    const query = [
      { id: 3, level: 2, score: 0.5 },
      { id: 1, level: 1, score: 0.5 },
      { id: 5, level: 3, score: 1 },
      { id: 2, level: 2, score: 1 },
    ];
    const expected = { ...NOTHING, cos_sim_l1_interests: 0.25, cos_sim_l2_interests: 0.625 };
    assert.deepEqual(cosSimByLevel(pin, query), expected);
    assert.deepEqual(cosSimByLevel(query, pin), expected);
  });

  test('has a feature for each of ten levels', () => {
    assert.equal(COS_SIM_FEATURES.length, 10);
    assert.equal(COS_SIM_FEATURES[0], 'cos_sim_l1_interests');
    assert.equal(COS_SIM_FEATURES[9], 'cos_sim_l10_interests');
  });

  test('of nothing is 0 on all levels', () => {
    const some = [{ id: 1, level: 10, score: 1 }];
    assert.deepEqual(cosSimByLevel([], []), NOTHING);
    assert.deepEqual(cosSimByLevel(some, []), NOTHING);
    assert.deepEqual(cosSimByLevel([], some), NOTHING);
  });

  test('counts an interest that is listed twice once, by its higher score', () => {
    const twice = [0.25, 0.5, 0.125].map((score) => ({ id: 7, level: 4, score }));
    const once = [{ id: 7, level: 4, score: 1 }];
    const expected = { ...NOTHING, cos_sim_l4_interests: 0.5 };
    assert.deepEqual(cosSimByLevel(twice, once), expected);
    assert.deepEqual(cosSimByLevel(once, twice), expected);
  });

  test('does not match an interest that the two have on different levels', () => {
    const moved = cosSimByLevel([{ id: 7, level: 4, score: 1 }], [{ id: 7, level: 3, score: 1 }]);
    assert.deepEqual(moved, NOTHING);
  });

  test('does not depend on the order, but for rounding', () => {
    const bounded = someInterests.map((interests) => interests.filter(({ score }) => score <= 1));
    fc.assert(
      fc.property(bounded, bounded, (a, b) => {
        const expected = cosSimByLevel(a, b);
        const turned = cosSimByLevel(b.toReversed(), a.toReversed());
        for (const name of COS_SIM_FEATURES) assert.ok(Math.abs(turned[name] - expected[name]) <= 1e-12);
      }),
    );
  });

  test('is the sum over all pairs', () => {
    fc.assert(
      fc.property(someInterests, someInterests, (a, b) => {
        const similarity = cosSimByLevel(a, b);
        COS_SIM_FEATURES.forEach((name, i) => {
          assert.equal(similarity[name], overPairs(best(a, i + 1), best(b, i + 1)));
        });
      }),
    );
  });

  for (const [interest, message] of INVALID) {
    test(`refuses on either side what can be none: ${message.source}`, () => {
      assert.throws(() => cosSimByLevel([interest], []), ofCode('PIN_INVALID', message));
      assert.throws(() => cosSimByLevel([], [interest]), ofCode('PIN_INVALID', message));
    });
  }
});

/** Highest score by id, of one level. */
function best(interests: readonly LevelledInterest[], level: number): [id: number, score: number][] {
  const onLevel = interests.filter((interest) => interest.level === level);
  return [...new Set(onLevel.map(({ id }) => id))].map((id) => [
    id,
    Math.max(...onLevel.filter((interest) => interest.id === id).map(({ score }) => score)),
  ]);
}

function overPairs(a: readonly [number, number][], b: readonly [number, number][]): number {
  let sum = 0;
  for (const [id, score] of a) for (const [other, its] of b) if (id === other) sum += score * its;
  return sum;
}
