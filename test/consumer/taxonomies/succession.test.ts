import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Succession } from '../../../consumer/taxonomies/succession.ts';
import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { changedZoo, interest, interestsUnder, zoo } from '../../support/zoo.ts';

const before = zoo('v1');
const idsAndScores = (interests: readonly { id: number; score: number }[]): [id: number, score: number][] =>
  interests.map(({ id, score }) => [id, score]);

describe('what became of interests', () => {
  test('where nothing changed, everything is what it was', () => {
    const same = new Succession(before, zoo('v2'));
    const interests = interestsUnder(before, { 5: 0.8 });
    assert.equal(same.carry(interests), interests);
    assert.deepEqual(same.successors(5), [5]);
    assert.equal(same.changed.size, 0);
  });

  test('a new interest and a new name change nothing', () => {
    const grown = changedZoo('v2', { put: [interest(9, 4, 'tigers'), interest(6, 2, 'hounds')] });
    assert.equal(new Succession(before, grown).changed.size, 0);
  });

  test('a moved interest takes what is below it along: it has its new ancestors, and its old ones no more', () => {
    const moved = new Succession(before, changedZoo('v2', { put: [interest(4, 8, 'cats')] }));
    assert.deepEqual([...moved.changed], [4, 5]);
    const carried = moved.carry(interestsUnder(before, { 5: 0.7, 4: 0.8, 2: 0.95, 1: 0.97 }));
    assert.deepEqual(idsAndScores(carried), [
      [4, 0.8],
      [5, 0.7],
      [8, 0.7],
    ]);
    assert.deepEqual(
      carried.map(({ level }) => level),
      [2, 3, 1],
    );
  });

  test('an old ancestor stays where something else of the Pin is below it', () => {
    const moved = new Succession(before, changedZoo('v2', { put: [interest(4, 8, 'cats')] }));
    const carried = moved.carry(interestsUnder(before, { 4: 0.6, 6: 0.5 }));
    assert.deepEqual(
      carried.map(({ id }) => id),
      [1, 2, 4, 8, 6],
    );
  });

  test('a merged interest goes on in the one that took its name, with the better score of both', () => {
    const merged = new Succession(
      before,
      changedZoo('v2', { without: [6], put: [interest(4, 2, 'cats', { aliases: ['dogs'] })] }),
    );
    assert.deepEqual(merged.successors(6), [4]);
    const carried = merged.carry(interestsUnder(before, { 4: 0.4, 6: 0.6 }));
    assert.deepEqual(idsAndScores(carried), [
      [1, 0.9],
      [2, 0.9],
      [4, 0.6],
    ]);
  });

  test('a removed interest has no successor, and its Pin stays with the nearest ancestor that is left', () => {
    const removed = new Succession(before, changedZoo('v2', { without: [4, 5] }));
    assert.deepEqual(removed.successors(5), []);
    const carried = removed.carry(interestsUnder(before, { 5: 0.7 }));
    assert.deepEqual(idsAndScores(carried), [
      [1, 0.9],
      [2, 0.9],
    ]);
  });

  test('a hidden interest is carried over to nobody: what is below it stays, without it', () => {
    const hidden = new Succession(
      before,
      changedZoo('v2', { put: [interest(4, 2, 'cats', { hidden: true })] }),
    );
    assert.deepEqual(hidden.successors(4), []);
    assert.deepEqual([...hidden.changed], [4, 5]);
    assert.deepEqual(idsAndScores(hidden.carry(interestsUnder(before, { 4: 0.7 }))), [
      [1, 0.9],
      [2, 0.9],
    ]);
    assert.deepEqual(
      hidden.carry(interestsUnder(before, { 5: 0.7 })).map(({ id }) => id),
      [1, 2, 5],
    );
  });

  test('a Pin whose root was removed is about nothing', () => {
    const removed = new Succession(before, changedZoo('v2', { without: [8] }));
    assert.deepEqual(removed.carry(interestsUnder(before, { 8: 0.7 })), []);
  });

  test('an interest that is in neither version is left out', () => {
    const moved = new Succession(before, changedZoo('v2', { put: [interest(4, 8, 'cats')] }));
    const strange = { id: 99, level: 1, score: 1, label: 'strange' };
    const carried = moved.carry([...interestsUnder(before, { 4: 0.7 }), strange]);
    assert.deepEqual(
      carried.map(({ id }) => id),
      [4, 8],
    );
  });

  test('whatever the two versions, what is carried over has the ancestors of the second, best first', () => {
    fc.assert(
      fc.property(taxonomies, taxonomies, fc.array(fc.nat(11)), (from, to, picked) => {
        const taxonomy = new Taxonomy(from, 'a');
        const succession = new Succession(taxonomy, new Taxonomy(to, 'b'));
        const scores = Object.fromEntries(
          picked.filter((id) => taxonomy.indexOf(id) >= 0).map((id, i) => [id, 1 / (i + 2)]),
        );
        const interests = interestsUnder(taxonomy, scores);
        const carried = succession.carry(interests);
        const ids = carried.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        for (const { id, level, label } of carried) {
          const index = succession.to.indexOf(id);
          const parent = succession.to.parent[index];
          assert.equal(level, succession.to.level[index]);
          if (carried !== interests) assert.equal(label, succession.to.names[index]);
          if (parent >= 0) assert.ok(ids.includes(succession.to.ids[parent]), 'with its ancestors');
        }
        assert.deepEqual(
          carried.map(({ score }) => score),
          carried.map(({ score }) => score).sort((a, b) => b - a),
        );
        const kept = interests.filter(({ id }) => !succession.changed.has(id));
        if (kept.length === interests.length) assert.equal(carried, interests);
      }),
    );
  });
});

/** Few ids and names, so that two of them share many. A parent has a smaller id. */
const taxonomies: fc.Arbitrary<Interest[]> = fc
  .uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 11 }), above: fc.nat(20), name: fc.nat(5) }), {
    selector: ({ id }) => id,
    minLength: 1,
  })
  .map((seeds) => {
    const made: Interest[] = [];
    for (const { id, above, name } of seeds.sort((a, b) => a.id - b.id))
      made.push(interest(id, made[above % (made.length + 1)]?.id ?? null, `name ${name}`));
    return made;
  });
