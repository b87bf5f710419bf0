import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { Succession } from '../taxonomies/succession.ts';

/**
 * Whom an advertiser wants to reach, in interests of one taxonomy version. It has no least score: what is published is above
 * the model's threshold already, and an ancestor, which comes with what lies below it, may have a lower one and counts all
 * the same.
 */
export interface Targeting {
  /** Pins about at least one of these, or about something below one. None: no Pin. */
  anyOf: readonly number[];
  /** But no Pin about one of these, or about something below one. */
  noneOf?: readonly number[];
}

/** A targeting in the ids of another taxonomy version. */
export interface RestatedTargeting {
  targeting: Targeting;
  /** Interests of the old targeting that nothing stands for any more. */
  lost: {
    /** It reaches the fewer Pins for these: none at all where nothing else is wanted. */
    anyOf: readonly number[];
    /** Pins that were kept out by these are kept out no more: the advertiser has to say what is to be done. */
    noneOf: readonly number[];
  };
}

/**
 * True where a promoted Pin fits a targeting.
 *
 * @param interests what it is about, with their ancestors, in ids of the version that the targeting is stated in
 */
export function matchesTargeting(
  interests: readonly ScoredInterest[],
  { anyOf, noneOf = [] }: Targeting,
): boolean {
  return interests.some(({ id }) => anyOf.includes(id)) && !interests.some(({ id }) => noneOf.includes(id));
}

/**
 * What a targeting says after the taxonomy has changed. A merged interest goes on as its heirs; a removed one is lost, and
 * nothing broader takes its place; of a moved one nothing is said here, since the Pins are about its new ancestors.
 *
 * @param succession from the version that the targeting is stated in
 */
export function restateTargeting(
  { anyOf, noneOf = [] }: Targeting,
  succession: Succession,
): RestatedTargeting {
  const wanted = restate(anyOf, succession);
  const excluded = restate(noneOf, succession);
  return {
    targeting: { anyOf: wanted.ids, noneOf: excluded.ids },
    lost: { anyOf: wanted.lost, noneOf: excluded.lost },
  };
}

function restate(ids: readonly number[], succession: Succession): { ids: number[]; lost: number[] } {
  return {
    ids: [...new Set(ids.flatMap((id) => succession.successors(id)))],
    lost: ids.filter((id) => succession.successors(id).length === 0),
  };
}
