import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { RecordPlace } from '../results/update.ts';
import { byScore } from '../taxonomies/succession.ts';
import { ACTIONS, type UnsafeAction, type UnsafeRule } from './policy.ts';
import type { UnderstoodPolicy } from './understood.ts';

/** Why a Pin is not allowed: of the interests of a Pin that a rule is about, the one with the highest score. */
export interface UnsafeReason {
  /** Name of the rule. */
  rule: string;
  action: UnsafeAction;
  interest: number;
  label: string;
  score: number;
  /** Of the rule. */
  threshold: number;
  /** True where the taxonomy has forgotten the interest since, so that the reason stays until the policy is changed. */
  kept: boolean;
}

export interface Verdict {
  action: UnsafeAction | 'allowed';
  /** The strongest first; none where it is allowed. */
  reasons: readonly UnsafeReason[];
}

/** What stands for a Pin: value of p2i-removals, exactly the fields of schemas/p2i-removals.avsc. */
export interface Decision extends Verdict {
  pin: string;
  /** Hash of the policy. */
  policy: string;
  revision: number;
  /** Taxonomy version of the result that was decided on. */
  taxonomy: string;
  /** Where that result lies. */
  result: RecordPlace;
  /** Of that result, milliseconds since 1970. */
  time: number;
}

/**
 * What a policy does with a Pin. The same interests in any order give the same verdict.
 *
 * @param interests of the Pin, in ids of the version that the policy is understood in
 */
export function unsafeDecision(interests: readonly ScoredInterest[], policy: UnderstoodPolicy): Verdict {
  const found = new Map<UnsafeRule, ScoredInterest>();
  for (const interest of interests) {
    for (const rule of policy.rulesOf(interest.id)) {
      if (interest.score < rule.threshold) continue;
      const best = found.get(rule);
      if (best === undefined || byScore(interest, best) < 0) found.set(rule, interest);
    }
  }
  return verdictOf(
    [...found].map(([{ name, action, threshold }, { id, label, score }]) => ({
      ...{ rule: name, action, interest: id, label, score, threshold },
      kept: false,
    })),
  );
}

/**
 * As {@link unsafeDecision}, of a Pin that a decision stands for: a reason whose interest the taxonomy has forgotten is
 * kept. That nothing can be classified as it any more does not make the Pin safe. A new policy keeps it as long as it has
 * the rule and this is still about what was forgotten.
 */
export function decideAnew(
  interests: readonly ScoredInterest[],
  policy: UnderstoodPolicy,
  before: Decision | undefined,
): Verdict {
  const verdict = unsafeDecision(interests, policy);
  const isSamePolicy = before?.policy === policy.policy.hash;
  const kept = (before?.reasons ?? [])
    .filter(({ rule }) => !verdict.reasons.some((reason) => reason.rule === rule))
    .filter(({ rule }) => isSamePolicy || policy.stale.some((stale) => stale.rule === rule))
    .filter(({ interest }) => policy.isForgotten(interest))
    .map((reason) => ({ ...reason, kept: true }));
  return kept.length === 0 ? verdict : verdictOf([...verdict.reasons, ...kept]);
}

/** True where two decisions say the same by the same rules: that scores differ is no news. */
export function isSame(a: Decision, b: Decision): boolean {
  return (
    a.action === b.action &&
    a.policy === b.policy &&
    a.taxonomy === b.taxonomy &&
    a.reasons.length === b.reasons.length &&
    a.reasons.every(({ rule, kept }) => b.reasons.some((other) => other.rule === rule && other.kept === kept))
  );
}

function verdictOf(reasons: UnsafeReason[]): Verdict {
  reasons.sort(
    (a, b) =>
      ACTIONS.indexOf(b.action) - ACTIONS.indexOf(a.action) ||
      b.score - a.score ||
      (a.rule < b.rule ? -1 : 1),
  );
  return { action: reasons[0]?.action ?? 'allowed', reasons };
}
