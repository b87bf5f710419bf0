import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import { Decay, MAX_AMOUNT, rankInterests } from './decay.ts';
import { checkEngagement, newestFirst, type PinEngagement, type PinInPeriod } from './engagement.ts';
import { engagementLimit, type UserInterestsOptions } from './options.ts';
import { added, type PeriodSums } from './period-sums.ts';
import { pinScores, type PinScores } from './pin-scores.ts';

interface Engaged extends PinInPeriod {
  amount: number;
}

/**
 * The interests of a user, from all that the user did: what `UserInterests` says, to the bit, computed at once.
 *
 * @param engagements in any order
 * @param pins what each Pin is about, in the ids of the taxonomy, with ancestors; one that is not there is about nothing
 * @param at ms since 1970: the time that engagements have faded by; none is later
 * @returns best first. A score is the sum over the engagements of weight · score · 2^−(age / half-life)
 * @throws P2iError PIN_INVALID for an engagement or a score that can be none; CONFIG_INVALID
 */
export function aggregateInterests(
  engagements: Iterable<PinEngagement>,
  pins: ReadonlyMap<string, readonly ScoredInterest[]>,
  at: number,
  taxonomy: Taxonomy,
  options: UserInterestsOptions,
): ScoredInterest[] {
  const decay = new Decay(options.halfLife);
  const newest = merged(engagements, at, decay).sort(newestFirst).slice(0, engagementLimit(options));
  const scores = new Map<string, PinScores>();
  const sums = new Map<number, PeriodSums>();
  for (const { pin, period, amount } of newest) {
    const ofPin = scores.get(pin) ?? pinScores(pin, pins.get(pin) ?? []);
    scores.set(pin, ofPin);
    for (let i = 0; i < ofPin.length; i += 2) {
      const sum = added(sums.get(ofPin[i]), period, amount * ofPin[i + 1]);
      if (sum !== undefined) sums.set(ofPin[i], sum);
    }
  }
  return rankInterests(sums, at, decay, taxonomy);
}

function merged(engagements: Iterable<PinEngagement>, at: number, decay: Decay): Engaged[] {
  const engaged = new Map<string, Engaged>();
  for (const engagement of engagements) {
    checkEngagement(engagement, at);
    const { pin, time, weight } = engagement;
    const period = decay.period(time);
    const key = `${period} ${pin}`;
    const before = engaged.get(key)?.amount ?? 0;
    const amount = Math.min(before + decay.amount(time, weight), MAX_AMOUNT);
    if (amount > 0) engaged.set(key, { pin, period, amount });
  }
  return [...engaged.values()];
}
