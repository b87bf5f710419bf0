import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matchesTargeting, restateTargeting } from '../../../consumer/targeting/targeting.ts';
import { Succession } from '../../../consumer/taxonomies/succession.ts';
import { changedZoo, interest, interestsUnder, zoo } from '../../support/zoo.ts';

const before = zoo('v1');

describe('a Pin fits a targeting', () => {
  const lion = interestsUnder(before, { 5: 0.7, 2: 0.0004 });

  test('by what it is about, and by what is above that, whatever the score', () => {
    for (const id of [5, 4, 2, 1]) assert.ok(matchesTargeting(lion, { anyOf: [id] }), `${id}`);
    for (const id of [3, 6, 8]) assert.ok(!matchesTargeting(lion, { anyOf: [id] }), `${id}`);
  });

  test('by one of several', () => {
    assert.ok(matchesTargeting(lion, { anyOf: [8, 5] }));
  });

  test('unless it is about something excluded, or something below that', () => {
    assert.ok(matchesTargeting(lion, { anyOf: [2], noneOf: [6, 8] }));
    assert.ok(!matchesTargeting(lion, { anyOf: [2], noneOf: [6, 5] }));
    assert.ok(!matchesTargeting(lion, { anyOf: [5], noneOf: [1] }));
  });

  test('not where the targeting wants nothing, or the Pin is about nothing', () => {
    assert.ok(!matchesTargeting(lion, { anyOf: [] }));
    assert.ok(!matchesTargeting(lion, { anyOf: [], noneOf: [8] }));
    assert.ok(!matchesTargeting([], { anyOf: [1], noneOf: [8] }));
  });
});

describe('a targeting of an older taxonomy version', () => {
  const noneLost = { anyOf: [], noneOf: [] };

  test('says the same where nothing it names was removed', () => {
    const moved = new Succession(before, changedZoo('v2', { put: [interest(4, 8, 'cats')] }));
    assert.deepEqual(restateTargeting({ anyOf: [4, 2], noneOf: [5] }, moved), {
      targeting: { anyOf: [4, 2], noneOf: [5] },
      lost: noneLost,
    });
  });

  test('names the heir of a merged interest, once', () => {
    const heir = interest(4, 2, 'cats', { aliases: ['dogs'] });
    const merged = new Succession(before, changedZoo('v2', { without: [6], put: [heir] }));
    assert.deepEqual(restateTargeting({ anyOf: [6, 4], noneOf: [6] }, merged), {
      targeting: { anyOf: [4], noneOf: [4] },
      lost: noneLost,
    });
  });

  test('loses what was removed: no ancestor takes its place', () => {
    const removed = new Succession(before, changedZoo('v2', { without: [6, 7] }));
    assert.deepEqual(restateTargeting({ anyOf: [6, 3], noneOf: [7] }, removed), {
      targeting: { anyOf: [3], noneOf: [] },
      lost: { anyOf: [6], noneOf: [7] },
    });
    const nothing = restateTargeting({ anyOf: [6] }, removed);
    assert.deepEqual(nothing, { targeting: { anyOf: [], noneOf: [] }, lost: { anyOf: [6], noneOf: [] } });
    assert.ok(!matchesTargeting(interestsUnder(removed.to, { 4: 0.9 }), nothing.targeting));
  });

  test('loses what no version ever had', () => {
    const same = new Succession(before, zoo('v2'));
    assert.deepEqual(restateTargeting({ anyOf: [99, 1] }, same).lost.anyOf, [99]);
  });
});
