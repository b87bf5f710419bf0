/**
 * The interests of users, kept up by one engagement after another (UserInterests), against computing them again from all that
 * the user did (aggregateInterests). Pins have the labels of Tate's and their ancestors, with scores that are drawn; engagements
 * are drawn over a year. Rounds alternate. Usage: node bench/user-interests.ts [--json]
 */
import { PATHS } from '../cli/paths.ts';
import { aggregateInterests } from '../consumer/user-interests/aggregate.ts';
import type { PinEngagement } from '../consumer/user-interests/engagement.ts';
import { UserInterests } from '../consumer/user-interests/user-interests.ts';
import { readTate } from '../shared/pins/tate.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { seeded } from '../test/support/random.ts';
import type { ScoredInterest } from '../workers/publishing/topic.ts';
import { median, round } from './support/figures.ts';
import { collectGarbage } from './support/garbage.ts';
import { interestsOfLabels } from './support/labelled-interests.ts';
import { runBenchmark } from './support/report.ts';

const ROUNDS = 5;
const USERS = 300;
/** Of each user. */
const ENGAGEMENTS = 200;
/** Users who are computed again in each round. */
const AGAIN = 50;
const DAY = 86_400_000;
const NOW = Date.UTC(2020, 0, 1);
const OPTIONS = { halfLife: 30 * DAY };

type Pins = ReadonlyMap<string, readonly ScoredInterest[]>;

/** Of one round. */
interface Times {
  /** µs an engagement. */
  engaged: number;
  /** µs a user, asked for what is kept up. */
  asked: number;
  /** µs a user, from all that the user did. */
  again: number;
}

await runBenchmark(async () => {
  const sample = await readTate(PATHS.tate);
  const all = interestsOfLabels(sample, seeded(1));
  const pins: Pins = new Map([...sample.labels.keys()].map((pin, i) => [pin, all[i]]));
  const users = drawn([...pins.keys()]);
  // The first round warms up.
  const rounds = Array.from({ length: ROUNDS + 1 }, () => timed(sample.taxonomy, pins, users)).slice(1);
  const of = (time: (times: Times) => number): number => round(median(rounds.map(time)));
  const memory = bytesOf(sample.taxonomy, pins, users);
  return {
    claims: [
      {
        name: `an engagement more, of ${ENGAGEMENTS}: kept up against computed again`,
        ...{ value: of(({ engaged, again }) => again / engaged), unit: '×', gated: true, atLeast: 20 },
      },
      {
        name: 'an engagement taken up',
        ...{ value: of(({ engaged }) => engaged), unit: 'µs', atMost: 100 },
      },
      {
        name: 'an engagement kept, with what it comes to',
        ...{ value: memory.engagement, unit: 'bytes', atMost: 1000, gated: true },
      },
      {
        name: 'a Pin kept, of 14 interests',
        ...{ value: memory.pin, unit: 'bytes', atMost: 450, gated: true },
      },
    ],
    tables: {
      [`${USERS} users of ${ENGAGEMENTS} engagements`]: [
        { what: 'an engagement taken up', µs: of(({ engaged }) => engaged) },
        { what: 'a user asked for', µs: of(({ asked }) => asked) },
        { what: 'a user computed again', µs: of(({ again }) => again) },
      ],
    },
  };
});

function drawn(pins: readonly string[]): Map<string, PinEngagement[]> {
  const random = seeded(2);
  const one = (): PinEngagement => ({
    pin: pins[Math.floor(random() * pins.length)],
    time: NOW - random() * 365 * DAY,
    weight: random() < 0.3 ? 1 : 0.3,
  });
  return new Map(
    Array.from({ length: USERS }, (_, user) => [String(user), Array.from({ length: ENGAGEMENTS }, one)]),
  );
}

function known(taxonomy: Taxonomy, pins: Pins): UserInterests {
  const interests = new UserInterests(taxonomy, OPTIONS);
  for (const [pin, of] of pins) interests.changed({ pin, taxonomy: taxonomy.version, interests: of });
  return interests;
}

/** The users in turn, as they come. */
function engage(interests: UserInterests, users: ReadonlyMap<string, PinEngagement[]>): void {
  for (let i = 0; i < ENGAGEMENTS; i++)
    for (const [user, engagements] of users) interests.engaged(user, engagements[i]);
}

function timed(taxonomy: Taxonomy, pins: Pins, users: ReadonlyMap<string, PinEngagement[]>): Times {
  const interests = known(taxonomy, pins);
  const some = [...users].slice(0, AGAIN);
  const engaged = microseconds(() => engage(interests, users));
  const asked = microseconds(() => {
    for (const [user] of some) interests.interestsOf(user, NOW);
  });
  const again = microseconds(() => {
    for (const [, engagements] of some) aggregateInterests(engagements, pins, NOW, taxonomy, OPTIONS);
  });
  return { engaged: engaged / (USERS * ENGAGEMENTS), asked: asked / AGAIN, again: again / AGAIN };
}

function microseconds(work: () => void): number {
  const start = performance.now();
  work();
  return 1000 * (performance.now() - start);
}

function bytesOf(
  taxonomy: Taxonomy,
  pins: Pins,
  users: ReadonlyMap<string, PinEngagement[]>,
): { pin: number; engagement: number } {
  const heap = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const interests = known(taxonomy, pins);
  const withPins = heap();
  engage(interests, users);
  const withUsers = heap();
  // It is used after it was measured, so that nothing of it is collected before.
  interests.forget(NOW);
  return {
    pin: Math.round((withPins - before) / pins.size),
    engagement: Math.round((withUsers - withPins) / (USERS * ENGAGEMENTS)),
  };
}
