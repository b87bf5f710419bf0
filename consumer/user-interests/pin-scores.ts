import { P2iError } from '../../shared/errors/errors.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import { scoreOf, unitsOf } from './decay.ts';

/** What a Pin is about: id, score in units, id, score… */
export type PinScores = readonly number[];

/** @throws P2iError PIN_INVALID for a score that is none from 0 to 1 */
export function pinScores(pin: string, interests: readonly ScoredInterest[]): PinScores {
  const scores: number[] = [];
  for (const { id, score } of interests) {
    if (!(score >= 0 && score <= 1))
      throw new P2iError('PIN_INVALID', `the score ${score} of interest ${id} is none from 0 to 1`, {
        where: `Pin ${pin}`,
      });
    scores.push(id, unitsOf(score));
  }
  // A copy has no room to grow.
  return scores.slice();
}

/** The interests of which these are the scores. @param taxonomy where their levels and labels are */
export function interestsOfScores(scores: PinScores, taxonomy: Taxonomy): ScoredInterest[] {
  return Array.from({ length: scores.length / 2 }, (_, i) => {
    const [id, units] = [scores[2 * i], scores[2 * i + 1]];
    const index = taxonomy.indexOf(id);
    return { id, level: taxonomy.level[index], score: scoreOf(units), label: taxonomy.names[index] };
  });
}
