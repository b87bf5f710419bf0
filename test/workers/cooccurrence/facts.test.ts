import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pinHash } from '../../../shared/cooccurrence/terms.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import type { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { pinFacts } from '../../../workers/cooccurrence/facts.ts';
import { annotation, candidatesOf, NATURE, taxonomyOf } from '../candidates/made.ts';
import { pinOf } from '../../support/pin.ts';

/** Trust, and weight by interest id. */
function taught(
  fields: Partial<Pin>,
  taxonomy: Taxonomy = NATURE,
): [trust: number, weights: Record<number, number>] {
  const { trust, interests, weights } = pinFacts(candidatesOf([pinOf(fields)], taxonomy), 0, taxonomy);
  return [trust, Object.fromEntries(Array.from(interests, (id, i) => [id, weights[i]]))];
}

describe('what a Pin teaches the co-occurrence store', () => {
  test('its annotations with their ancestors, in full', () => {
    assert.deepEqual(taught({ annotations: [annotation('mountain')] }), [100, { 1: 100, 10: 100, 100: 100 }]);
  });

  test('a doubtful annotation as much as it is trusted, an ancestor as much as its surest descendant', () => {
    const annotations = [annotation('mountain', 0.4), annotation('rivers', 0.75)];
    assert.deepEqual(taught({ annotations }), [75, { 1: 75, 10: 75, 100: 40, 101: 75 }]);
  });

  test('an ambiguous name is divided among its meanings; with its path it is one of them in full', () => {
    assert.deepEqual(taught({ annotations: [annotation('horse')] }), [
      50,
      { 1: 50, 11: 50, 110: 50, 2: 50, 20: 50, 200: 50 },
    ]);
    assert.deepEqual(taught({ annotations: [annotation('toys and models > horse')] }), [
      100,
      { 2: 100, 20: 100, 200: 100 },
    ]);
  });

  test('where it has annotations its text teaches nothing', () => {
    assert.deepEqual(taught({ annotations: [annotation('mountain')], title: 'A castle' }), [
      100,
      { 1: 100, 10: 100, 100: 100 },
    ]);
  });

  test('without annotations its text does, with a tenth of the trust', () => {
    assert.deepEqual(taught({ title: 'A castle', description: 'by a river' }), [
      10,
      { 1: 10, 10: 10, 101: 10, 3: 10, 30: 10, 300: 10 },
    ]);
  });

  test('annotations that name no interest, or with no confidence, leave the word to the text', () => {
    const annotations = [annotation('chiaroscuro'), annotation('mountain', 0)];
    assert.deepEqual(taught({ annotations, title: 'A castle' }), [10, { 3: 10, 30: 10, 300: 10 }]);
  });

  test('typos, parts of names and the names of boards teach nothing', () => {
    const boards = [{ id: 'b', name: 'castles' }];
    assert.deepEqual(taught({ title: 'montain, mammals', boards }), [10, {}]);
    assert.deepEqual(taught({ annotations: [annotation('mammals')] }), [10, {}]);
  });

  test('a Pin that teaches no interest still counts as a Pin with its terms and boards', () => {
    const batch = candidatesOf([
      pinOf({ id: 'T04566', version: 7, title: 'St Mawes', boards: [{ id: 'group:65617', name: '' }] }),
    ]);
    const facts = pinFacts(batch, 0, NATURE);
    assert.equal(facts.pin, pinHash('T04566'));
    assert.equal(facts.version, 7);
    assert.equal(facts.interests.length, 0);
    // Two words, the phrase of both, and the title.
    assert.equal(new Set(facts.terms).size, 4);
    assert.equal(facts.boards.length, 1);
  });

  test('what a name of very many meanings says of each is too little to be taught', () => {
    const twins = taxonomyOf(
      Object.fromEntries(
        Array.from({ length: 60 }, (_, i) =>
          i < 30 ? [i + 1, [0, `room ${String.fromCharCode(97 + i)}x`]] : [i + 1, [i - 29, 'figure']],
        ),
      ),
    );
    const [, weights] = taught({ title: 'figure' }, twins);
    assert.ok(Object.values(weights).every((weight) => weight > 0));
  });

  test('no weight is above the trust, and interests are ids in ascending order of index', () => {
    const pins = [
      pinOf({
        annotations: [annotation('horse', 0.3), annotation('castle', 0.9), annotation('rivers', 0.01)],
      }),
      pinOf({ title: 'Horse, castle, river' }),
    ];
    const batch = candidatesOf(pins);
    for (let p = 0; p < pins.length; p++) {
      const { trust, interests, weights } = pinFacts(batch, p, NATURE);
      assert.ok(weights.every((weight) => weight > 0 && weight <= trust));
      const indexes = Array.from(interests, (id) => NATURE.indexOf(id));
      assert.deepEqual(
        indexes,
        indexes.toSorted((a, b) => a - b),
      );
    }
  });
});
