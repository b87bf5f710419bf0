import type { Lane } from '../../shared/features/feature.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';

/** Value of p2i-results: exactly the fields of schemas/p2i-results.avsc. */
export interface PinInterests {
  pin: string;
  pinVersion: number;
  lane: Lane;
  run: string;
  taxonomy: string;
  model: string;
  time: number;
  /** Best first; with an interest come its ancestors. */
  interests: ScoredInterest[];
}

/** An interest that a Pin is about. */
export interface ScoredInterest {
  id: number;
  /** 1 to 10. */
  level: number;
  /** Calibrated probability, above 0 and at most 1. */
  score: number;
  /** Its name, for people. */
  label: string;
}

/**
 * What ranking kept of a Pin, as results have it.
 *
 * @param kept interests by their index in the taxonomy
 * @param taxonomy the version that it was ranked by
 */
export function scoredInterests(
  kept: readonly { interest: number; score: number }[],
  taxonomy: Taxonomy,
): ScoredInterest[] {
  return kept.map(({ interest, score }) => ({
    id: taxonomy.ids[interest],
    level: taxonomy.level[interest],
    score,
    label: taxonomy.names[interest],
  }));
}

export const RESULTS_TOPIC = 'p2i-results';

/** What shadow runs found: values of p2i-results under keys that name the run too. */
export const SHADOW_RESULTS_TOPIC = 'p2i-results-shadow';

/** Key of a Pin's result under a taxonomy version. Versions have no `@`; Pin ids may. */
export function resultKey(pin: string, taxonomy: string): string {
  return `${pin}@${taxonomy}`;
}

/** What the key of a Pin's result says. */
export function pinAndTaxonomy(key: string): { pin: string; taxonomy: string } {
  const at = key.lastIndexOf('@');
  return { pin: key.slice(0, at), taxonomy: key.slice(at + 1) };
}

/** Key of what a shadow run found of a Pin under a taxonomy version. */
export function shadowKey(pin: string, taxonomy: string, run: string): string {
  return `${resultKey(pin, taxonomy)}@${run}`;
}
