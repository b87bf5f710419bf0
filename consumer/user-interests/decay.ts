import { P2iError } from '../../shared/errors/errors.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import { byScore } from '../taxonomies/succession.ts';
import { MAX_WEIGHT } from './engagement.ts';
import type { PeriodSums } from './period-sums.ts';

/*
 * Decay in exact arithmetic. Time is cut into periods of a half-life. An engagement at the time `t` of a period that begins
 * at `b` is an amount, weight · 2^((t − b) / half-life) in units of 2^−16; a score is in such units too. Both are integers, and so is
 * their product, what the engagement counts for an interest in its period. Sums of these within a period are exact whatever
 * their order, and what was added can be taken away again. What is between periods are powers of 2, which only come in
 * when somebody asks.
 */

/** Of amounts, and of scores: 2^−16. */
const UNITS = 2 ** 16;

/** Half-lives that an engagement counts for: 2^−20 of it is left then. */
const HORIZON = 20;

/** What is left after so many half-lives. */
const LEFT = Float64Array.from({ length: HORIZON + 1 }, (_, age) => 2 ** -age);

/** The most that a user may have done with a Pin within a period; what goes beyond is as good as this. */
export const MAX_AMOUNT = 2 * MAX_WEIGHT * UNITS;

/** The most engagements of one user: with them no sum can exceed 2^53. */
export const MAX_ENGAGEMENTS = 2 ** 53 / (MAX_AMOUNT * UNITS);

/** A score in units. @param score from 0 to 1 */
export function unitsOf(score: number): number {
  return Math.round(score * UNITS);
}

/** The score of some units. */
export function scoreOf(units: number): number {
  return units / UNITS;
}

/** How engagements fade. */
export class Decay {
  readonly #halfLife: number;

  /**
   * @param halfLife ms
   * @throws P2iError CONFIG_INVALID
   */
  constructor(halfLife: number) {
    if (!(halfLife >= 1 && halfLife < Infinity))
      throw new P2iError('CONFIG_INVALID', `the half-life ${halfLife} is none of 1 ms or more`);
    this.#halfLife = halfLife;
  }

  /** The number of the period that a time falls into. */
  period(time: number): number {
    return Math.floor(time / this.#halfLife);
  }

  /** What was engaged at a time counts in its period: an integer, at most MAX_AMOUNT. */
  amount(time: number, weight: number): number {
    const since = time - this.period(time) * this.#halfLife;
    return Math.min(Math.round(weight * 2 ** (since / this.#halfLife) * UNITS), MAX_AMOUNT);
  }

  /** The oldest period that still counts. */
  oldest(at: number): number {
    return this.period(at) - HORIZON;
  }

  /** What the sums come to at a time. */
  valueAt(sums: Readonly<PeriodSums>, at: number): number {
    const now = this.period(at);
    const oldest = this.oldest(at);
    let value = 0;
    for (let i = 0; i < sums.length && sums[i] >= oldest; i += 2) {
      const age = now - sums[i];
      value += sums[i + 1] * (age < 0 ? 2 ** -age : LEFT[age]);
    }
    return (value * 2 ** (now - at / this.#halfLife)) / UNITS ** 2;
  }
}

/** The interests that count at a time, best first; without those that the taxonomy does not have. */
export function rankInterests(
  sums: ReadonlyMap<number, PeriodSums>,
  at: number,
  decay: Decay,
  taxonomy: Taxonomy,
): ScoredInterest[] {
  const interests: ScoredInterest[] = [];
  for (const [id, byPeriod] of sums) {
    const score = decay.valueAt(byPeriod, at);
    const index = taxonomy.indexOf(id);
    if (score > 0 && index >= 0)
      interests.push({ id, level: taxonomy.level[index], score, label: taxonomy.names[index] });
  }
  return interests.sort(byScore);
}
