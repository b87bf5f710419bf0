import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { replaces, type Rank } from '../../../workers/publishing/rank.ts';

const aRank: fc.Arbitrary<Rank> = fc.record(
  {
    pinVersion: fc.nat(2),
    lane: fc.constantFrom('batch' as const, 'instant' as const),
    order: fc.nat(2),
  },
  { noNullPrototype: true },
);

const order = (a: Rank, b: Rank): boolean => replaces(b, a) && !replaces(a, b);
const newer: Rank = { pinVersion: 2, lane: 'instant', order: 0 };
const batch: Rank = { pinVersion: 1, lane: 'batch', order: 1 };

describe('the rank of a result', () => {
  test('is a total order: whatever comes in which order, the same one stays', () => {
    fc.assert(
      fc.property(aRank, aRank, aRank, (a, b, c) => {
        assert.ok(replaces(a, b) || replaces(b, a));
        if (replaces(a, b) && replaces(b, a)) assert.deepEqual(a, b);
        if (replaces(a, b) && replaces(b, c)) assert.ok(replaces(a, c));
      }),
      { numRuns: 1000 },
    );
  });

  test('a newer version replaces an older one, whichever lanes they came by', () => {
    assert.ok(order(batch, newer));
    assert.ok(order({ ...newer, pinVersion: 1 }, { ...batch, pinVersion: 2 }));
  });

  test('of one version a batch result replaces an instant one, and of two batch results the later run stays', () => {
    assert.ok(order({ ...newer, pinVersion: 1 }, batch));
    assert.ok(order(batch, { ...batch, order: 2 }));
  });

  test('the same result again is written again: a replay changes nothing and loses nothing', () => {
    assert.ok(replaces(batch, batch));
    assert.ok(replaces(batch, undefined));
  });
});
