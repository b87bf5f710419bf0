import { P2iError } from '../../shared/errors/errors.ts';
import { MAX_INTEREST_ID, MAX_LEVEL } from '../../shared/taxonomy/interest.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';

/** What is compared: interests of a Pin, of a query, or of a user. */
export type LevelledInterest = Pick<ScoredInterest, 'id' | 'level' | 'score'>;

type Level = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Name of a ranking feature. */
export type CosSimFeature = `cos_sim_l${Level}_interests`;

export type CosSimByLevel = Record<CosSimFeature, number>;

/** By level: element 0 is level 1. */
export const COS_SIM_FEATURES: readonly CosSimFeature[] = Array.from(
  { length: MAX_LEVEL },
  (_, i) => `cos_sim_l${(i + 1) as Level}_interests` as const,
);

/**
 * For each level the sum, over the interests of that level that both have, of the product of their scores. It is not
 * divided by the norms. An interest that is listed twice counts once, with its higher score; one that the two have on
 * different levels (of two taxonomy versions) is none that both have.
 *
 * @param a its order is that in which the products are added
 * @throws P2iError PIN_INVALID for an id, a level or a score that can be none
 */
export function cosSimByLevel(a: readonly LevelledInterest[], b: readonly LevelledInterest[]): CosSimByLevel {
  const similarity = Object.fromEntries(COS_SIM_FEATURES.map((name) => [name, 0])) as CosSimByLevel;
  const others = distinctInterests(b);
  for (const [key, { level, score }] of distinctInterests(a)) {
    const other = others.get(key);
    if (other !== undefined) similarity[COS_SIM_FEATURES[level - 1]] += score * other.score;
  }
  return similarity;
}

/**
 * Each interest once, with its highest score, where it is listed first; by id and level.
 *
 * @throws P2iError PIN_INVALID
 */
export function distinctInterests(interests: readonly LevelledInterest[]): Map<number, LevelledInterest> {
  const distinct = new Map<number, LevelledInterest>();
  for (const interest of interests) {
    checkInterest(interest);
    const key = interest.id * (MAX_LEVEL + 1) + interest.level;
    const known = distinct.get(key);
    if (known === undefined || known.score < interest.score) distinct.set(key, interest);
  }
  return distinct;
}

/** @throws P2iError PIN_INVALID for an id, a level or a score that can be none */
export function checkInterest({ id, level, score }: LevelledInterest): void {
  if (!Number.isInteger(id) || id < 1 || id > MAX_INTEREST_ID)
    throw new P2iError('PIN_INVALID', `interest ${id} is not an integer from 1 to ${MAX_INTEREST_ID}`);
  if (!Number.isInteger(level) || level < 1 || level > MAX_LEVEL)
    throw new P2iError('PIN_INVALID', `level ${level} is not an integer from 1 to ${MAX_LEVEL}`, at(id));
  if (!Number.isFinite(score))
    throw new P2iError('PIN_INVALID', `score ${score} is no finite number`, at(id));
}

function at(id: number): { where: string } {
  return { where: `interest ${id}` };
}
