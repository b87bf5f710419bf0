import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PositionBits } from '../../../../consumer/targeting/positions/bits.ts';
import { PositionList } from '../../../../consumer/targeting/positions/list.ts';
import { anyButNone, fitting, type Positions } from '../../../../consumer/targeting/positions/positions.ts';
import { SpareBits } from '../../../../consumer/targeting/positions/spare-bits.ts';

/** Positions of which some lie close together and some far apart. */
const position = fc.oneof(fc.nat(300), fc.nat(40_000));

function positionsOf(values: Iterable<number>): Positions {
  let positions: Positions = new PositionList();
  for (const value of values) {
    positions.add(value);
    positions = fitting(positions);
  }
  return positions;
}

const ascending = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

describe('a set of positions', () => {
  test('holds what was added and not deleted since, in whatever form', () => {
    const forms = new Set<unknown>();
    // Whole stretches, so that sets become dense, and sparse again.
    const change = fc.record({
      isAdded: fc.boolean(),
      from: position,
      count: fc.oneof(fc.constant(1), fc.nat(400)),
      step: fc.constantFrom(1, 1, 7, 90),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), position, (changes, skip) => {
        const expected = new Set<number>();
        let positions: Positions = new PositionList();
        for (const { isAdded, from, count, step } of changes) {
          for (let i = 0; i < count; i++) {
            const value = from + i * step;
            if (isAdded) expected.add(value);
            else expected.delete(value);
            if (isAdded) positions.add(value);
            else positions.delete(value);
            positions = fitting(positions);
          }
          forms.add(positions.constructor);
        }
        const values = ascending(expected);
        assert.equal(positions.size, values.length);
        assert.deepEqual([...positions.values()], values);
        assert.deepEqual([...positions.values(skip)], values.slice(skip));
        for (let i = 0; i < 320; i++) assert.equal(positions.has(i), expected.has(i));
      }),
      { numRuns: 200 },
    );
    assert.deepEqual(forms, new Set([PositionList, PositionBits]));
  });

  test('many take a bit each, few a word each, and one change does not turn them to and fro', () => {
    const dense = positionsOf(Array.from({ length: 1000 }, (_, i) => 3 * i));
    assert.ok(dense instanceof PositionBits);
    const sparse = positionsOf(Array.from({ length: 1000 }, (_, i) => 100 * i));
    assert.ok(sparse instanceof PositionList);
    let edge: Positions = new PositionList();
    let changes = 0;
    for (let i = 0; i < 20_000; i++) {
      edge.add(31 * i);
      const fit = fitting(edge);
      if (fit !== edge) changes++;
      edge = fit;
    }
    assert.equal(changes, 1);
  });
});

describe('any of some sets, but none of others', () => {
  const sets = fc.array(fc.array(position, { maxLength: 200 }), { maxLength: 4 });
  const wide = fc.array(
    fc
      .tuple(fc.nat(2000), fc.integer({ min: 1, max: 40 }))
      .map(([count, step]) => Array.from({ length: count }, (_, i) => i * step)),
    { maxLength: 3 },
  );

  test('is what sets say, and leaves them as they were', () => {
    const forms = new Set<unknown>();
    const spare = new SpareBits();
    fc.assert(
      fc.property(fc.oneof(sets, wide), fc.oneof(sets, wide), (wanted, excluded) => {
        const [any, none] = [wanted.map(positionsOf), excluded.map(positionsOf)];
        const out = new Set(excluded.flat());
        const expected = ascending(wanted.flat()).filter((value) => !out.has(value));
        const found = anyButNone(any, none, spare);
        assert.deepEqual([...found.values()], expected);
        assert.equal(found.size, expected.length);
        found.add(7);
        found.delete(0);
        assert.deepEqual(
          any.map((of) => [...of.values()]),
          wanted.map(ascending),
        );
        assert.deepEqual(
          none.map((of) => [...of.values()]),
          excluded.map(ascending),
        );
        forms.add(found.constructor);
        // What the next answer is made of has something in it.
        if (found instanceof PositionBits) spare.give(found);
      }),
      { numRuns: 300 },
    );
    assert.deepEqual(forms, new Set([PositionList, PositionBits]));
  });
});
