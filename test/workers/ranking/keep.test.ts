import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { keepInterests } from '../../../workers/ranking/keep.ts';

const taxonomy = new Taxonomy(
  [
    { id: 1, parent: null, name: 'nature' },
    { id: 2, parent: 1, name: 'water' },
    { id: 3, parent: 2, name: 'river' },
    { id: 4, parent: 2, name: 'lake' },
    { id: 5, parent: 1, name: 'internal', hidden: true },
  ].map((interest) => ({ hidden: false, ...interest, aliases: [], translations: {}, unsafe: false })),
);
const score = (scores: Record<number, number>): { interest: number; score: number }[] =>
  Object.entries(scores).map(([id, value]) => ({ interest: taxonomy.indexOf(Number(id)), score: value }));
const kept = (scores: Record<number, number>, threshold: number, most: number): number[] =>
  keepInterests(score(scores), taxonomy, { threshold, most }).map(({ interest }) => taxonomy.ids[interest]);

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
