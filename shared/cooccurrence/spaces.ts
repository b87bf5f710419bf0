/** Key of the tally over all Pins, in the space of terms; hashes are never negative. */
export const TOTALS_KEY = -1;

/** Mark that names the newest sealed generation. */
export const SEALED_MARK = 'cooccurrence/sealed';

export interface BuildingSpaces {
  terms: string;
  boards: string;
}

export interface SealedSpaces extends BuildingSpaces {
  interests: string;
}

/*
 * Two generations live at a time (one read, one built), so names alternate and a new generation reuses the space of
 * the one before the last.
 */

/** Spaces in which generation `g` is built. */
export function buildingSpaces(generation: number): BuildingSpaces {
  const side = generation % 2;
  return { terms: `building/${side}/terms`, boards: `building/${side}/boards` };
}

/** Spaces in which generation `g` is read. */
export function sealedSpaces(generation: number): SealedSpaces {
  const side = generation % 2;
  return {
    terms: `sealed/${side}/terms`,
    boards: `sealed/${side}/boards`,
    interests: `sealed/${side}/interests`,
  };
}
