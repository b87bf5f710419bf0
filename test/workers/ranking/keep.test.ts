import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { KeepRule } from '../../../workers/ranking/keep.ts';

const taxonomy = new Taxonomy(
  [
    { id: 1, parent: null, name: 'nature' },
    { id: 2, parent: 1, name: 'water' },
    { id: 3, parent: 2, name: 'river' },
    { id: 4, parent: 2, name: 'lake' },
    { id: 5, parent: 1, name: 'internal', hidden: true },
  ].map((interest) => ({ hidden: false, ...interest, aliases: [], translations: {}, unsafe: false })),
);
const kept = (scores: Record<number, number>, threshold: number, most: number): number[] => {
  const interests = Int32Array.from(Object.keys(scores), (id) => taxonomy.indexOf(Number(id)));
  const rule = new KeepRule(taxonomy, { threshold, most });
  return rule
    .keep(interests, Float64Array.from(Object.values(scores)), 0, interests.length)
    .map(({ interest }) => taxonomy.ids[interest]);
};

test('what reaches the threshold is kept, best first, with ancestors that do not', () => {
  assert.deepEqual(kept({ 1: 0.1, 2: 0.4, 3: 0.9, 4: 0.2 }, 0.5, 10), [3, 2, 1]);
});

test('at most so many are kept, and the ancestors of those', () => {
  assert.deepEqual(kept({ 1: 0.1, 2: 0.2, 3: 0.9, 4: 0.8 }, 0.5, 1), [3, 2, 1]);
});

test('equal scores are ordered by id', () => {
  assert.deepEqual(kept({ 4: 0.9, 3: 0.9, 2: 0.9, 1: 0.9 }, 0.5, 10), [1, 2, 3, 4]);
});

test('a hidden interest is never kept, and nothing is where nothing scores', () => {
  assert.deepEqual(kept({ 5: 0.99, 1: 0.6 }, 0.5, 10), [1]);
  assert.deepEqual(kept({ 1: 0.1, 2: 0.1 }, 0.5, 10), []);
});

test('whatever the scores, what is kept is what the rule says, Pin after Pin', () => {
  const rule = new KeepRule(taxonomy, { threshold: 0.5, most: 2 });
  const score = fc.constantFrom(0.1, 0.5, 0.6, 0.9);
  const candidates = fc.uniqueArray(fc.tuple(fc.nat(taxonomy.size - 1), score), {
    selector: ([interest]) => interest,
  });
  fc.assert(
    fc.property(fc.array(candidates, { maxLength: 6 }), (pins) => {
      const rows = pins.flat();
      const interests = Int32Array.from(rows, ([interest]) => interest);
      const scores = Float64Array.from(rows, ([, value]) => value);
      let from = 0;
      for (const pin of pins) {
        const best = pin
          .filter(([interest]) => !taxonomy.hidden[interest])
          .sort(([a, x], [b, y]) => y - x || taxonomy.ids[a] - taxonomy.ids[b]);
        const chosen = best.filter(([, value]) => value >= 0.5).slice(0, 2);
        const wanted = new Set(chosen.flatMap(([interest]) => taxonomy.path(interest)));
        const expected = best.filter(([interest]) => wanted.has(interest));
        const actual = rule.keep(interests, scores, from, from + pin.length);
        assert.deepEqual(
          actual.map((one) => [one.interest, one.score]),
          expected,
        );
        from += pin.length;
      }
    }),
  );
});
