import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TargetingIndex } from '../../../consumer/targeting/targeting-index.ts';
import { matchesTargeting, type Targeting } from '../../../consumer/targeting/targeting.ts';
import { seeded } from '../../support/random.ts';
import type { ScoredInterest } from '../../../workers/publishing/topic.ts';

const scored = (ids: readonly number[]): ScoredInterest[] =>
  ids.map((id) => ({ id, level: 1, score: 0.5, label: '' }));

/** What an index over these Pins answers, by the definition. */
function scan(held: ReadonlyMap<string, readonly ScoredInterest[]>, targeting: Targeting): string[] {
  return [...held].filter(([, interests]) => matchesTargeting(interests, targeting)).map(([pin]) => pin);
}

function indexOf(held: ReadonlyMap<string, readonly ScoredInterest[]>): TargetingIndex {
  const index = new TargetingIndex();
  for (const [pin, interests] of held) {
    index.promote(pin);
    index.apply({ pin, taxonomy: 'v1', interests });
  }
  return index;
}

/** Pins about 0 to 9 of 400 interests, of which the first are frequent and the last rare. */
function manyPins(count: number): Map<string, ScoredInterest[]> {
  const random = seeded(count);
  const draw = (): number => 1 + Math.floor(400 * random() ** 3);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const ids = new Set(Array.from({ length: Math.floor(10 * random()) }, draw));
      return [`P${i}`, scored([...ids])];
    }),
  );
}

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 6 });
const targeting = fc.record({ anyOf: ids, noneOf: ids });

describe('the index of promoted Pins', () => {
  test('answers what a scan of each Pin’s newest result answers, after whatever happened', () => {
    const pin = fc.nat(30).map((i) => `P${i}`);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('promote' as const), pin }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pin }) },
      {
        weight: 6,
        arbitrary: fc.record({
          ...{ kind: fc.constant('result' as const), pin, taxonomy: fc.constantFrom('v1', 'v2') },
          interests: fc.oneof(
            { weight: 6, arbitrary: ids.map(scored) },
            { weight: 1, arbitrary: fc.constant(null) },
          ),
        }),
      },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.array(targeting, { maxLength: 4 }),
        (steps, asked) => {
          const index = new TargetingIndex();
          const held = new Map<string, readonly ScoredInterest[]>();
          const versions = new Map<string, string>();
          for (const event of steps) {
            if (event.kind === 'promote') {
              index.promote(event.pin);
              if (!held.has(event.pin)) held.set(event.pin, []);
            } else if (event.kind === 'withdraw') {
              index.withdraw(event.pin);
              held.delete(event.pin);
              versions.delete(event.pin);
            } else {
              index.apply(event);
              if (!held.has(event.pin)) continue;
              held.set(event.pin, event.interests ?? []);
              if (event.interests === null) versions.delete(event.pin);
              else versions.set(event.pin, event.taxonomy);
            }
          }
          assert.equal(index.size, held.size);
          for (let i = 0; i <= 30; i++) {
            const of = `P${i}`;
            assert.equal(index.isPromoted(of), held.has(of));
            assert.equal(index.heldVersion(of), versions.get(of));
            assert.deepEqual(
              index.interestsOf(of),
              (held.get(of) ?? []).map(({ id }) => id).sort((a, b) => a - b),
            );
          }
          for (const of of asked) {
            const matches = index.filter(of);
            const expected = scan(held, of);
            assert.deepEqual([...matches].sort(), expected.toSorted());
            assert.equal(matches.count, expected.length);
            for (let i = 0; i <= 30; i++) assert.equal(matches.has(`P${i}`), expected.includes(`P${i}`));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('answers the same where interests are frequent and rare, and results are replaced', () => {
    const held = manyPins(20_000);
    const index = indexOf(held);
    const others = [...manyPins(19_999).values()];
    [...held.keys()].forEach((pin, i) => {
      if (i % 3 !== 0) return;
      const interests = others[i];
      index.apply({ pin, taxonomy: 'v1', interests });
      held.set(pin, interests);
    });
    const asked: Targeting[] = [
      { anyOf: [1] },
      { anyOf: [1, 2, 3, 200, 399], noneOf: [5] },
      { anyOf: [150, 399, 400], noneOf: [1, 390] },
      { anyOf: [398, 399], noneOf: [397] },
      { anyOf: [77], noneOf: [77] },
      { anyOf: [1000], noneOf: [1] },
    ];
    for (const of of asked) {
      const expected = scan(held, of);
      const matches = index.filter(of);
      assert.equal(matches.count, expected.length);
      assert.deepEqual([...matches].sort(), expected.sort());
    }
    assert.ok(index.filter(asked[0]).count > 2000);
    assert.ok(index.filter(asked[3]).count > 10);
  });

  test('keeps a Pin’s result when it is promoted twice', () => {
    const index = indexOf(new Map([['A', scored([1])]]));
    index.promote('A');
    assert.equal(index.heldVersion('A'), 'v1');
    assert.deepEqual([...index.filter({ anyOf: [1] })], ['A']);
    index.apply({ pin: 'A', taxonomy: 'v1', interests: null });
    assert.equal(index.filter({ anyOf: [1] }).count, 0);
  });

  test('a result that names an interest twice counts once', () => {
    const index = indexOf(new Map([['A', scored([3, 3])]]));
    assert.deepEqual(index.interestsOf('A'), [3]);
    index.apply({ pin: 'A', taxonomy: 'v1', interests: [] });
    assert.equal(index.filter({ anyOf: [3] }).count, 0);
  });
});

describe('an answer', () => {
  const held = new Map(Array.from({ length: 3000 }, (_, i) => [`P${i}`, scored(i % 2 === 0 ? [1, 2] : [2])]));

  for (const [form, anyOf, count] of [
    ['few Pins', [9], 1],
    ['many Pins', [1], 1500],
  ] as const) {
    test(`of ${form} stays as it was while the index changes`, () => {
      const index = indexOf(new Map([...held, ['Q', scored([9, 1])]]));
      if (form === 'many Pins') index.withdraw('Q');
      const [pin] = index.filter({ anyOf });
      const matches = index.filter({ anyOf });
      index.apply({ pin, taxonomy: 'v1', interests: null });
      for (let i = 0; i < 100; i++) {
        index.promote(`new ${i}`);
        index.apply({ pin: `new ${i}`, taxonomy: 'v1', interests: scored([...anyOf]) });
      }
      assert.equal(matches.count, count);
      assert.equal([...matches].length, count);
      assert.ok(matches.has(pin));
      assert.ok(!matches.has('new 0'));
    });

    test(`of ${form} passes over a Pin that was withdrawn since, and whoever took its place`, () => {
      const index = indexOf(new Map([...held, ['Q', scored([9, 1])]]));
      const matches = index.filter({ anyOf });
      index.withdraw('Q');
      assert.ok(![...matches].includes('Q'));
      index.promote('R');
      index.apply({ pin: 'R', taxonomy: 'v1', interests: scored([...anyOf]) });
      assert.ok(!matches.has('Q'));
      assert.ok(!matches.has('R'));
      assert.ok(![...matches].some((pin) => pin === 'Q' || pin === 'R'));
      // The same Pin promoted again is promoted later.
      index.promote('Q');
      assert.ok(!matches.has('Q'));
    });
  }

  test('gives some Pins, from wherever, without the others', () => {
    const matches = indexOf(held).filter({ anyOf: [1] });
    const all = [...matches];
    assert.deepEqual(matches.take(3), all.slice(0, 3));
    assert.deepEqual(matches.take(40, 1200), all.slice(1200, 1240));
    assert.deepEqual(matches.take(40, 1490), all.slice(1490));
    assert.deepEqual(matches.take(40, 5000), []);
  });

  test('that is disposed of is empty, and the next is not disturbed by what it was', () => {
    const index = indexOf(held);
    const first = index.filter({ anyOf: [2] });
    assert.equal(first.count, 3000);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const second = index.filter({ anyOf: [1] });
    const third = index.filter({ anyOf: [2] });
    assert.deepEqual([first.count, second.count, third.count], [0, 1500, 3000]);
    assert.deepEqual(first.take(1), []);
    assert.equal([...second].length, 1500);
  });
});
