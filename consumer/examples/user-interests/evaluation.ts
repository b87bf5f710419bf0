import type { ScoredInterest, Taxonomy } from 'p2i/consumer';
import { gradedNdcgAt } from '../../../quality/metrics.ts';
import type { BoardUser } from './boards.ts';

/** What people said of Pins. */
export interface Truth {
  taxonomy: Taxonomy;
  /** Ids of the interests that people gave, by Pin id. */
  labels: ReadonlyMap<string, readonly number[]>;
  /** Pins whose labels nothing has seen. */
  unseen: ReadonlySet<string>;
}

/** NDCG@10 of one choice of interests, each averaged over the users. */
export interface Figures {
  /** Which interests are ranked, and by what they are judged. */
  judged: string;
  users: number;
  /** By the user's own interests. */
  own: number;
  /** By how many Pins have them in their results: the same for all users. */
  popular: number;
  /** By how many of the Pins that the user saved have them in their results, whatever their scores. */
  counted: number;
  /** Share of the users for whom their own interests are nearer than the popular ones. */
  wins: number;
}

/** Interest ids, the best first. */
interface Rankings {
  own: readonly number[];
  popular: readonly number[];
  counted: readonly number[];
}

/** One way to look at the rankings. */
interface View {
  judged: string;
  /** Pins that the user is judged by. */
  judges: (pin: string) => boolean;
  /** Interests that are ranked. */
  ranks: (id: number) => boolean;
}

/** A user with fewer Pins than this in either half says little. */
const LEAST_PINS = 10;
const CUT = 10;

/**
 * How well the interests of users foretell what people are going to say of the Pins that they save later. An interest is as
 * relevant as the share of these Pins that have it, itself or something below it.
 *
 * @param results the interests of each Pin that has a result; only these Pins count
 * @param interestsOf a user's interests, best first
 * @returns without what nobody can be judged by
 */
export function evaluateUsers(
  users: readonly BoardUser[],
  results: ReadonlyMap<string, readonly ScoredInterest[]>,
  interestsOf: (user: string) => readonly ScoredInterest[],
  truth: Truth,
): Figures[] {
  const { taxonomy, labels, unseen } = truth;
  const isLeaf = (id: number): boolean => taxonomy.isLeaf[taxonomy.indexOf(id)] === 1;
  const views: View[] = [
    { judged: 'leaves', judges: () => true, ranks: isLeaf },
    { judged: 'leaves, by labels that nothing has seen', judges: (pin) => unseen.has(pin), ranks: isLeaf },
    ...Array.from(taxonomy.countByLevel().slice(0, -1), (_, i) => ({
      judged: `L${i + 1}`,
      judges: () => true,
      ranks: (id: number) => taxonomy.level[taxonomy.indexOf(id)] === i + 1,
    })),
  ];
  const judged = judgedUsers(users, results, labels);
  const given = new Map(
    [...labels].filter(([pin]) => results.has(pin)).map(([pin, ids]) => [pin, withAncestors(ids, taxonomy)]),
  );
  const idsOf = (pin: string): number[] => results.get(pin)!.map(({ id }) => id);
  const popular = byPins([...results.keys()].map(idsOf));
  const ranked = judged.map(({ id, saved, later }) => ({
    later,
    rankings: {
      own: interestsOf(id).map((interest) => interest.id),
      ...{ popular, counted: byPins(saved.map(idsOf)) },
    },
  }));
  return views.map((view) => figuresOf(view, ranked, given)).filter(({ users: judgedBy }) => judgedBy > 0);
}

/** Users of whom enough is known, with those of their later Pins that people labelled. */
export function judgedUsers(
  users: readonly BoardUser[],
  results: ReadonlyMap<string, unknown>,
  labels: ReadonlyMap<string, unknown>,
): BoardUser[] {
  return users
    .map((user) => ({
      ...user,
      saved: user.saved.filter((pin) => results.has(pin)),
      later: user.later.filter((pin) => results.has(pin) && labels.has(pin)),
    }))
    .filter(({ saved, later }) => saved.length >= LEAST_PINS && later.length >= LEAST_PINS);
}

function figuresOf(
  { judged, judges, ranks }: View,
  users: readonly { later: readonly string[]; rankings: Rankings }[],
  given: ReadonlyMap<string, ReadonlySet<number>>,
): Figures {
  const sums = { own: 0, popular: 0, counted: 0 };
  let [count, wins] = [0, 0];
  for (const { later, rankings } of users) {
    const gains = gainsOf(later.filter(judges), given, ranks);
    if (gains.size === 0) continue;
    const ndcg = (ranked: readonly number[]): number => gradedNdcgAt(CUT, firstOf(ranked, ranks), gains);
    const [own, popular] = [ndcg(rankings.own), ndcg(rankings.popular)];
    count++;
    sums.own += own;
    sums.popular += popular;
    sums.counted += ndcg(rankings.counted);
    if (own > popular) wins++;
  }
  const mean = (sum: number): number => sum / count;
  return {
    ...{ judged, users: count, wins: mean(wins) },
    ...{ own: mean(sums.own), popular: mean(sums.popular), counted: mean(sums.counted) },
  };
}

/** Share of the Pins that have each interest. */
function gainsOf(
  pins: readonly string[],
  given: ReadonlyMap<string, ReadonlySet<number>>,
  ranks: (id: number) => boolean,
): Map<number, number> {
  const gains = new Map<number, number>();
  for (const pin of pins)
    for (const id of given.get(pin)!) if (ranks(id)) gains.set(id, (gains.get(id) ?? 0) + 1 / pins.length);
  return gains;
}

function firstOf(ranked: readonly number[], ranks: (id: number) => boolean): number[] {
  return ranked.values().filter(ranks).take(CUT).toArray();
}

/** Interests by how many Pins have them, the most first. */
function byPins(pins: readonly (readonly number[])[]): number[] {
  const counts = new Map<number, number>();
  for (const ids of pins) for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([id]) => id);
}

function withAncestors(ids: readonly number[], taxonomy: Taxonomy): Set<number> {
  return new Set(
    ids.flatMap((id) => taxonomy.path(taxonomy.indexOf(id)).map((index) => taxonomy.ids[index])),
  );
}
