import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { unsafeDecision, type Verdict } from '../../../consumer/unsafe/decision.ts';
import { ACTIONS } from '../../../consumer/unsafe/policy.ts';
import { UnderstoodPolicy } from '../../../consumer/unsafe/understood.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { interest, interestsUnder, zoo } from '../../support/zoo.ts';
import { policyOf, zooLines } from './made.ts';

const v1 = zoo('v1');

/** Both policies that decisions are taken by: as stated in v1, understood in the last of the taxonomies. */
function understood(rules?: readonly object[], ...later: Taxonomy[]): UnderstoodPolicy {
  const followed = new FollowedTaxonomy(v1);
  for (const taxonomy of later) followed.publish(taxonomy);
  return new UnderstoodPolicy(policyOf(rules), followed);
}

function decide(policy: UnderstoodPolicy, scores: Record<number, number>, taxonomy = v1): string {
  const { action, reasons } = unsafeDecision(interestsUnder(taxonomy, scores), policy);
  return [action, ...reasons.map(({ rule, label, score }) => `${rule} ${label} ${score}`)].join(', ');
}

describe('the decision on a Pin', () => {
  test('is by the scores that reach the threshold, and names every rule, the strongest action first', () => {
    const policy = understood();
    assert.equal(decide(policy, { 4: 0.49, 6: 0.24 }), 'allowed');
    assert.equal(decide(policy, { 4: 0.5 }), 'remove, no cats cats 0.5');
    assert.equal(decide(policy, { 4: 0.6, 6: 0.9 }), 'remove, no cats cats 0.6, mind the dogs dogs 0.9');
    assert.equal(decide(policy, { 6: 0.25, 8: 1 }), 'review, mind the dogs dogs 0.25');
    assert.deepEqual(unsafeDecision(interestsUnder(v1, { 4: 0.5 }), policy).reasons, [
      {
        ...{ rule: 'no cats', action: 'remove', interest: 4, label: 'cats' },
        ...{ score: 0.5, threshold: 0.5, kept: false },
      },
    ]);
  });

  test('of a rule is by the interest of the highest score among its own and those below it', () => {
    const policy = understood();
    assert.equal(decide(policy, { 4: 0.3, 5: 0.8 }), 'remove, no cats lions 0.8');
    assert.equal(decide(policy, { 4: 0.9, 5: 0.8 }), 'remove, no cats cats 0.9');
    assert.equal(decide(policy, { 4: 0.8, 5: 0.8 }), 'remove, no cats cats 0.8');
    // Not by what is above it.
    assert.equal(decide(policy, { 2: 1, 7: 1 }), 'allowed');
  });

  test('of the unsafe mark is about what carries it and what lies below that', () => {
    const marked = new Taxonomy(
      zooLines({
        put: [interest(4, 2, 'cats', { unsafe: true }), interest(8, null, 'night', { unsafe: true })],
      }),
      'v2',
    );
    const rules = [{ name: 'marked', marked: 'unsafe', threshold: 0.5, action: 'limit' }];
    const policy = understood(rules, marked);
    assert.equal(decide(policy, { 4: 0.1, 5: 0.6 }, marked), 'limit, marked lions 0.6');
    assert.equal(decide(policy, { 8: 0.7 }, marked), 'limit, marked night 0.7');
    assert.equal(decide(policy, { 6: 1 }, marked), 'allowed');
    assert.equal(decide(understood(rules), { 5: 1, 8: 1 }), 'allowed');
  });

  test('is the same for the same interests in any order, and never milder where a score is higher', () => {
    const score = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
    const ids = v1.ids.length;
    const rule = fc.record({
      interest: fc.integer({ min: 1, max: ids }),
      threshold: score,
      action: fc.constantFrom(...ACTIONS),
    });
    const strength = ({ action }: Verdict): number => (action === 'allowed' ? -1 : ACTIONS.indexOf(action));
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 6 }),
        fc.dictionary(fc.integer({ min: 1, max: ids }).map(String), score, { minKeys: 1 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (rules, scores, random) => {
          const policy = understood(rules.map((one, i) => ({ ...one, name: `rule ${i}` })));
          const interests = interestsUnder(v1, scores);
          const verdict = unsafeDecision(interests, policy);
          const places = interests.map((one) => [random.next().value as number, one] as const);
          const shuffled = places.sort(([a], [b]) => a - b).map(([, one]) => one);
          assert.deepEqual(unsafeDecision(shuffled, policy), verdict);
          const higher = interests.map((one) => ({ ...one, score: Math.min(1, one.score + 0.2) }));
          assert.ok(strength(unsafeDecision(higher, policy)) >= strength(verdict));
          // Each reason is one of a rule, and each rule that has reached its threshold is a reason.
          for (const { rule: name, score: reached, threshold } of verdict.reasons)
            assert.ok(name.startsWith('rule') && reached >= threshold);
          const due = rules.filter(({ interest: id, threshold }) =>
            interests.some(
              (one) => one.score >= threshold && v1.path(v1.indexOf(one.id)).includes(v1.indexOf(id)),
            ),
          );
          assert.equal(verdict.reasons.length, due.length);
        },
      ),
    );
  });
});

describe('a policy under a later version of its taxonomy', () => {
  test('a rule is about what was moved below its interest, and not about what was moved away', () => {
    const moved = new Taxonomy(zooLines({ put: [interest(5, 8, 'lions'), interest(7, 4, 'bats')] }), 'v2');
    const policy = understood(undefined, moved);
    assert.deepEqual(policy.stale, []);
    assert.equal(decide(policy, { 5: 1 }, moved), 'allowed');
    assert.equal(decide(policy, { 7: 0.7, 4: 0.1 }, moved), 'remove, no cats bats 0.7');
  });

  test('a rule on an interest that was merged goes on as those that took it over', () => {
    const merged = new Taxonomy(
      zooLines({ without: [6], put: [interest(7, 2, 'bats', { aliases: ['dogs'] })] }),
      'v2',
    );
    const policy = understood(undefined, merged);
    assert.deepEqual(policy.stale, []);
    assert.equal(decide(policy, { 7: 0.3 }, merged), 'review, mind the dogs bats 0.3');
  });

  test('a rule on an interest that was removed is stale, and is not about what was above it', () => {
    const removed = new Taxonomy(zooLines({ without: [4, 5] }), 'v2');
    const policy = understood(undefined, removed);
    assert.deepEqual(policy.stale, [{ rule: 'no cats', interest: 4, label: 'cats' }]);
    assert.equal(decide(policy, { 2: 1, 1: 1 }, removed), 'allowed');
    assert.equal(decide(policy, { 6: 1 }, removed), 'review, mind the dogs dogs 1');
    assert.deepEqual(
      [policy.isForgotten(4), policy.isForgotten(5), policy.isForgotten(6)],
      [true, true, false],
    );
  });

  test('the marks are those of the newest version; a marked interest that was merged stays unsafe, one that was removed is stale', () => {
    const rules = [{ name: 'marked', marked: 'unsafe', threshold: 0.5, action: 'limit' }];
    const marks = (ids: number[], without: number[] = [], heir?: string): Taxonomy =>
      new Taxonomy(
        zooLines({ without }).map((line) => ({
          ...line,
          unsafe: ids.includes(line.id),
          aliases: line.id === 7 && heir !== undefined ? [heir] : [],
        })),
        `v${ids.length}${without.join('')}${heir}`,
      );
    const policy = (first: Taxonomy, last: Taxonomy): UnderstoodPolicy => {
      const followed = new FollowedTaxonomy(first);
      followed.publish(last);
      return new UnderstoodPolicy(policyOf(rules, 1, first.version), followed);
    };
    const first = marks([6]);
    const unmarked = marks([]);
    assert.equal(decide(policy(first, unmarked), { 6: 1 }, unmarked), 'allowed');
    const merged = marks([], [6], 'dogs');
    assert.equal(decide(policy(first, merged), { 7: 1 }, merged), 'limit, marked bats 1');
    const removed = marks([8], [6]);
    assert.deepEqual(policy(first, removed).stale, [{ rule: 'marked', interest: 6, label: 'dogs' }]);
    assert.equal(decide(policy(first, removed), { 8: 1, 7: 1 }, removed), 'limit, marked night 1');
  });
});
