import type { Lane } from '../../shared/features/feature.ts';

/** Value of p2i-results: exactly the fields of schemas/p2i-results.avsc. */
export interface PinInterests {
  pin: string;
  pinVersion: number;
  lane: Lane;
  run: string;
  taxonomy: string;
  model: string;
  time: number;
  interests: { id: number; level: number; score: number; label: string }[];
}

export const RESULTS_TOPIC = 'p2i-results';

/** Key of a Pin's result under a taxonomy version. Versions have no `@`; Pin ids may. */
export function resultKey(pin: string, taxonomy: string): string {
  return `${pin}@${taxonomy}`;
}
