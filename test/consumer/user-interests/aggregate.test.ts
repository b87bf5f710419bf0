import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { aggregateInterests, type PinEngagement, type ScoredInterest } from 'p2i/consumer';
import { interestsUnder, zoo } from '../../support/zoo.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 31);
const TAXONOMY = zoo('v1');
const OPTIONS = { halfLife: 30 * DAY };

const PINS = new Map([
  ['cat', interestsUnder(TAXONOMY, { 4: 0.5 })],
  ['dog', interestsUnder(TAXONOMY, { 6: 0.25 })],
  ['night', interestsUnder(TAXONOMY, { 8: 1 })],
]);

function scoresOf(interests: readonly ScoredInterest[]): Map<number, number> {
  return new Map(interests.map(({ id, score }) => [id, score]));
}

describe('aggregating interests', () => {
  test('adds up weight times score, halved by each half-life', () => {
    const interests = aggregateInterests(
      [
        { pin: 'cat', time: NOW, weight: 1 },
        { pin: 'cat', time: NOW - 30 * DAY, weight: 1 },
        { pin: 'dog', time: NOW - 60 * DAY, weight: 0.5 },
      ],
      PINS,
      NOW,
      TAXONOMY,
      OPTIONS,
    );
    const scores = scoresOf(interests);
    assert.ok(Math.abs(scores.get(4)! - 0.75) < 1e-4);
    assert.ok(Math.abs(scores.get(6)! - 0.25 / 8) < 1e-4);
    assert.ok(Math.abs(scores.get(2)! - 0.9 * 1.625) < 1e-4);
    assert.deepEqual(
      interests.map(({ id, level, label }) => [id, level, label]),
      [
        [1, 1, 'nature'],
        [2, 2, 'animals'],
        [4, 3, 'cats'],
        [6, 3, 'dogs'],
      ],
    );
  });

  test('is near the sum in floating point', () => {
    const engagements = fc.array(
      fc.record({
        pin: fc.constantFrom(...PINS.keys(), 'unknown'),
        time: fc.integer({ min: NOW - 500 * DAY, max: NOW }),
        weight: fc.double({ min: 0, max: 4, noNaN: true }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(engagements, (all) => {
        const scores = scoresOf(aggregateInterests(all, PINS, NOW, TAXONOMY, OPTIONS));
        for (const id of TAXONOMY.ids)
          assert.ok(Math.abs((scores.get(id) ?? 0) - naive(all, id)) < 1e-3, `interest ${id}`);
      }),
    );
  });

  test('gives the same in any order', () => {
    const engagements = Array.from({ length: 50 }, (_, i) => ({
      pin: [...PINS.keys()][i % 3],
      time: NOW - ((i * 7919) % 400) * DAY,
      weight: 0.1 + (i % 7) / 3,
    }));
    const shuffled = engagements.toSorted((a, b) => ((a.time * 31) % 17) - ((b.time * 31) % 17));
    assert.deepEqual(
      aggregateInterests(shuffled, PINS, NOW, TAXONOMY, OPTIONS),
      aggregateInterests(engagements, PINS, NOW, TAXONOMY, OPTIONS),
    );
  });

  test('counts nothing after twenty half-lives', () => {
    const once = [{ pin: 'night', time: NOW - 600 * DAY, weight: 16 }];
    assert.equal(aggregateInterests(once, PINS, NOW, TAXONOMY, OPTIONS).length, 1);
    assert.deepEqual(aggregateInterests(once, PINS, NOW + 30 * DAY, TAXONOMY, OPTIONS), []);
  });

  test('counts a score below its resolution as none', () => {
    const pins = new Map([['night', interestsUnder(TAXONOMY, { 8: 1e-7 })]]);
    const once = [{ pin: 'night', time: NOW, weight: 1 }];
    assert.deepEqual(aggregateInterests(once, pins, NOW, TAXONOMY, OPTIONS), []);
  });

  test('counts one Pin for so much within a half-life and no more', () => {
    const robot = Array.from({ length: 1000 }, () => ({ pin: 'night', time: NOW, weight: 16 }));
    const [interest] = aggregateInterests(robot, PINS, NOW, TAXONOMY, OPTIONS);
    assert.ok(interest.score <= 32, String(interest.score));
  });
});

function naive(engagements: readonly PinEngagement[], id: number): number {
  let sum = 0;
  for (const { pin, time, weight } of engagements) {
    const score = PINS.get(pin)?.find((interest) => interest.id === id)?.score ?? 0;
    sum += weight * score * 2 ** ((time - NOW) / OPTIONS.halfLife);
  }
  return sum;
}
