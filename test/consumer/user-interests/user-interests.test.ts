import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  aggregateInterests,
  FollowedTaxonomy,
  UserInterests,
  type PinEngagement,
  type ScoredInterest,
  type UserInterestsOptions,
} from 'p2i/consumer';
import { ofCode } from '../../support/assertions.ts';
import { changedZoo, interest, interestsUnder, zoo } from '../../support/zoo.ts';

const HALF_LIFE = 1000;
/** Of all engagements. */
const LAST = 40 * HALF_LIFE;

/** Interests are removed, merged, moved, renamed and put in. */
const VERSIONS = [
  zoo('v1'),
  changedZoo('v2', {
    without: [5],
    put: [interest(4, 2, 'cats', { aliases: ['lions'] }), interest(7, 8, 'bats')],
  }),
  changedZoo('v3', { without: [5, 6], put: [interest(3, null, 'flowers'), interest(9, 3, 'roses')] }),
];

type Step =
  | { kind: 'engaged'; user: string; engagement: PinEngagement }
  | { kind: 'changed'; pin: string; scores: Record<number, number> | null }
  | { kind: 'succeed' }
  | { kind: 'forget'; at: number };

const aPin = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const aTime = fc.integer({ min: 0, max: LAST });
/** Of interests, those that a version does not have are left out; down to what is below the resolution. */
const someScores = fc.dictionary(
  fc.constantFrom('1', '3', '4', '5', '6', '7', '8', '9'),
  fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1e-7)),
  { maxKeys: 4 },
);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('engaged' as const),
      user: fc.constantFrom('u', 'v', 'w'),
      engagement: fc.record({
        pin: aPin,
        time: aTime,
        weight: fc.oneof(fc.constantFrom(0, 0.3, 1, 16), fc.double({ min: 0, max: 16, noNaN: true })),
      }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('changed' as const),
      pin: aPin,
      scores: fc.option(someScores, { freq: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'succeed' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), at: aTime }) },
);

/** A UserInterests beside all that it was told. */
class Told {
  readonly #options: UserInterestsOptions;
  readonly #followed = new FollowedTaxonomy(VERSIONS[0]);
  readonly #users: UserInterests;
  readonly #engagements = new Map<string, PinEngagement[]>();
  #pins = new Map<string, readonly ScoredInterest[]>();
  #forgotten = 0;

  constructor(options: UserInterestsOptions) {
    this.#options = options;
    this.#users = new UserInterests(VERSIONS[0], options);
  }

  tell(step: Step): void {
    switch (step.kind) {
      case 'engaged':
        this.#users.engaged(step.user, step.engagement);
        this.#engagements.set(step.user, [...(this.#engagements.get(step.user) ?? []), step.engagement]);
        break;
      case 'changed':
        this.#change(step.pin, step.scores);
        break;
      case 'succeed':
        this.#succeed();
        break;
      case 'forget':
        this.#users.forget(step.at);
        this.#forgotten = Math.max(this.#forgotten, step.at);
    }
  }

  /** The users' interests are those of the full computation, to the bit. */
  check(later: number): void {
    const at = this.#forgotten + later;
    for (const [user, engagements] of this.#engagements) {
      const { newest } = this.#followed;
      const expected = aggregateInterests(engagements, this.#pins, at, newest, this.#options);
      assert.deepEqual(this.#users.interestsOf(user, at), expected);
    }
  }

  #change(pin: string, scores: Record<number, number> | null): void {
    const { newest } = this.#followed;
    const present = Object.entries(scores ?? {}).filter(([id]) => newest.indexOf(Number(id)) >= 0);
    const interests = scores && interestsUnder(newest, Object.fromEntries(present));
    this.#users.changed({ pin, taxonomy: newest.version, interests });
    if (interests === null) this.#pins.delete(pin);
    else this.#pins.set(pin, interests);
    assert.equal(this.#users.taxonomyOf(pin), interests === null ? undefined : newest.version);
  }

  #succeed(): void {
    const next = VERSIONS[this.#followed.versions.length];
    const succession = next && this.#followed.publish(next);
    if (succession === undefined) return;
    this.#users.succeed(succession);
    this.#pins = new Map([...this.#pins].map(([pin, interests]) => [pin, succession.carry(interests)]));
  }
}

describe('the interests of users', () => {
  for (const engagementsPerUser of [1, 4, 1000]) {
    test(`are those of the full computation to the bit, with at most ${engagementsPerUser} engagements each`, () => {
      const steps = fc.array(fc.tuple(aStep, fc.nat(LAST)), { minLength: 20, maxLength: 80, size: 'max' });
      fc.assert(
        fc.property(steps, (told) => {
          const both = new Told({ halfLife: HALF_LIFE, engagementsPerUser });
          for (const [step, later] of told) {
            both.tell(step);
            both.check(later);
          }
        }),
      );
    });
  }

  test('are those of the newest engagements, whatever order they come in', () => {
    const options = { halfLife: HALF_LIFE, engagementsPerUser: 40 };
    const pins = new Map(
      Array.from({ length: 10 }, (_, i) => [
        `p${i}`,
        interestsUnder(zoo('v1'), { [1 + (i % 8)]: (i + 1) / 10 }),
      ]),
    );
    const one = fc.record({
      pin: fc.constantFrom(...pins.keys()),
      time: fc.integer({ min: 0, max: 18 * HALF_LIFE }),
      weight: fc.constantFrom(0.3, 1),
    });
    const forget = fc.integer({ min: 0, max: 25 * HALF_LIFE }).map((at) => ({ at }));
    const steps = fc.array(fc.oneof({ weight: 80, arbitrary: one }, { weight: 1, arbitrary: forget }), {
      minLength: 60,
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (all) => {
        const users = new UserInterests(zoo('v1'), options);
        for (const [pin, interests] of pins) users.changed({ pin, taxonomy: 'v1', interests });
        for (const step of all) {
          if ('at' in step) users.forget(step.at);
          else users.engaged('u', step);
        }
        const engagements = all.filter((step) => 'pin' in step);
        const at = 25 * HALF_LIFE;
        const expected = aggregateInterests(engagements, pins, at, zoo('v1'), options);
        assert.deepEqual(users.interestsOf('u', at), expected);
      }),
    );
  });

  test('leave no residue where what made them goes', () => {
    const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE });
    for (const [pin, score] of [['a', 0.1] as const, ['b', 0.2] as const, ['c', 0.3] as const]) {
      users.engaged('u', { pin, time: 17, weight: 0.3 });
      users.changed({ pin, taxonomy: 'v1', interests: interestsUnder(zoo('v1'), { 8: score }) });
    }
    assert.deepEqual(ids(users.interestsOf('u', 17)), [8]);
    for (const pin of ['a', 'c', 'b']) users.changed({ pin, taxonomy: 'v1', interests: null });
    assert.deepEqual(users.interestsOf('u', 17), []);
  });

  test('come once the result of a Pin comes, also after the engagement', () => {
    const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE });
    users.engaged('u', { pin: 'a', time: 0, weight: 1 });
    assert.deepEqual(users.interestsOf('u', 0), []);
    users.changed({ pin: 'a', taxonomy: 'v1', interests: interestsUnder(zoo('v1'), { 8: 0.5 }) });
    assert.deepEqual(users.interestsOf('u', 0), [{ id: 8, level: 1, score: 0.5, label: 'night' }]);
    assert.deepEqual(users.interestsOf('nobody', 0), []);
  });

  test('follow the taxonomy: merged go on as their heirs, moved under their new ancestors', () => {
    const followed = new FollowedTaxonomy(VERSIONS[0]);
    const users = new UserInterests(VERSIONS[0], { halfLife: HALF_LIFE });
    const interests = interestsUnder(VERSIONS[0], { 5: 0.8, 7: 0.5, 4: 0.3 });
    users.changed({ pin: 'a', taxonomy: 'v1', interests });
    users.engaged('u', { pin: 'a', time: 0, weight: 1 });
    assert.deepEqual(ids(users.interestsOf('u', 0)), [1, 2, 5, 7, 4]);
    users.succeed(followed.publish(VERSIONS[1])!);
    const carried = users.interestsOf('u', 0);
    assert.deepEqual(ids(carried), [1, 2, 4, 7, 8]);
    assert.deepEqual(
      carried.map(({ label }) => label),
      ['nature', 'animals', 'cats', 'bats', 'night'],
    );
    assert.equal(users.taxonomyOf('a'), 'v1');
  });

  test('are forgotten where they count nothing any more, and only there', () => {
    const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE });
    const change = { pin: 'a', taxonomy: 'v1', interests: interestsUnder(zoo('v1'), { 8: 0.5 }) };
    users.changed(change);
    users.engaged('u', { pin: 'a', time: 0, weight: 1 });
    users.engaged('v', { pin: 'a', time: HALF_LIFE, weight: 1 });
    users.forget(20 * HALF_LIFE);
    assert.equal(users.size, 2);
    users.forget(21 * HALF_LIFE);
    assert.equal(users.size, 1);
    users.engaged('u', { pin: 'a', time: 0, weight: 1 });
    assert.equal(users.size, 1);
    assert.deepEqual(users.interestsOf('u', 0), []);
    users.engaged('v', { pin: 'a', time: 40 * HALF_LIFE, weight: 1 });
    users.forget(41 * HALF_LIFE);
    const left = [{ id: 8, level: 1, score: 0.5, label: 'night' }];
    assert.deepEqual(users.interestsOf('v', 40 * HALF_LIFE), left);
    // Seen from then it counts much more, and what is forgotten would count too.
    assert.deepEqual(users.interestsOf('v', HALF_LIFE), [{ ...left[0], score: 0.5 * 2 ** 39 }]);
    users.changed({ ...change, interests: null });
    assert.deepEqual(users.interestsOf('v', 40 * HALF_LIFE), []);
    assert.equal(users.size, 1);
  });

  test('keep of too many engagements the newest', () => {
    const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE, engagementsPerUser: 2 });
    for (const [pin, id] of [['a', 3] as const, ['b', 6] as const, ['c', 8] as const])
      users.changed({ pin, taxonomy: 'v1', interests: interestsUnder(zoo('v1'), { [id]: 0.5 }) });
    users.engaged('u', { pin: 'c', time: 5 * HALF_LIFE, weight: 1 });
    users.engaged('u', { pin: 'a', time: 3 * HALF_LIFE, weight: 1 });
    users.engaged('u', { pin: 'b', time: 4 * HALF_LIFE, weight: 1 });
    assert.deepEqual(new Set(ids(users.interestsOf('u', 5 * HALF_LIFE))), new Set([8, 6, 1, 2]));
  });

  const INVALID: [Partial<PinEngagement>, RegExp][] = [
    [{ weight: NaN }, /Pin a: the weight NaN/],
    [{ weight: -1 }, /the weight -1/],
    [{ weight: 16.5 }, /the weight 16.5/],
    [{ time: NaN }, /the time NaN/],
    [{ time: -1 }, /the time -1/],
    [{ time: Infinity }, /the time Infinity is yet to come/],
    [{ time: Date.now() + 86_400_000 }, /is yet to come/],
  ];
  for (const [wrong, message] of INVALID) {
    test(`refuse an engagement that can be none: ${message.source}`, () => {
      const engagement = { pin: 'a', time: 0, weight: 1, ...wrong };
      const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE });
      assert.throws(() => users.engaged('u', engagement), ofCode('PIN_INVALID', message));
      assert.throws(
        () => aggregateInterests([engagement], new Map(), 0, zoo('v1'), { halfLife: HALF_LIFE }),
        ofCode('PIN_INVALID', message),
      );
    });
  }

  for (const score of [NaN, -0.1, 1.1]) {
    test(`refuse the score ${score} of a Pin, and keep what they had`, () => {
      const users = new UserInterests(zoo('v1'), { halfLife: HALF_LIFE });
      users.engaged('u', { pin: 'a', time: 0, weight: 1 });
      users.changed({ pin: 'a', taxonomy: 'v1', interests: interestsUnder(zoo('v1'), { 8: 0.5 }) });
      const before = users.interestsOf('u', 0);
      const interests = [{ id: 8, level: 1, score, label: 'night' }];
      assert.throws(
        () => users.changed({ pin: 'a', taxonomy: 'v2', interests }),
        ofCode('PIN_INVALID', /Pin a: the score/),
      );
      assert.deepEqual(users.interestsOf('u', 0), before);
      assert.equal(users.taxonomyOf('a'), 'v1');
    });
  }

  test('refuse a half-life or a limit that can be none', () => {
    for (const options of [
      ...[NaN, 0, -1, 0.5, Infinity].map((halfLife) => ({ halfLife })),
      ...[NaN, 0, 1.5, 65_537].map((engagementsPerUser) => ({ halfLife: 1000, engagementsPerUser })),
    ]) {
      assert.throws(() => new UserInterests(zoo('v1'), options), ofCode('CONFIG_INVALID'));
      assert.throws(() => aggregateInterests([], new Map(), 0, zoo('v1'), options), ofCode('CONFIG_INVALID'));
    }
  });
});

function ids(interests: readonly ScoredInterest[]): number[] {
  return interests.map(({ id }) => id);
}
