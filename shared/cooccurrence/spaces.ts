/** Key of the tally over all Pins, in the space of terms; hashes are never negative. */
export const TOTALS_KEY = -1;

/** The lineage (lineage.ts) whose spaces and marks have the plain names. */
export const FIRST_LINEAGE = 0;

/** A mark of the co-occurrence store that is of one lineage. */
export function lineageMark(lineage: number, name: string): string {
  return lineage === FIRST_LINEAGE ? `cooccurrence/${name}` : `cooccurrence/lineage/${lineage}/${name}`;
}

/** Mark that names the newest sealed generation of a lineage. */
export function sealedMark(lineage: number): string {
  return lineageMark(lineage, 'sealed');
}

export interface BuildingSpaces {
  terms: string;
  boards: string;
}

export interface SealedSpaces extends BuildingSpaces {
  interests: string;
}

/*
 * Two generations of a lineage live at a time (one read, one built), so names alternate and a new generation reuses the
 * space of the one before the last.
 */

/** Spaces in which generation `g` is built. */
export function buildingSpaces(generation: number, lineage = FIRST_LINEAGE): BuildingSpaces {
  const side = sideOf('building', generation, lineage);
  return { terms: `${side}/terms`, boards: `${side}/boards` };
}

/** Spaces in which generation `g` is read. */
export function sealedSpaces(generation: number, lineage = FIRST_LINEAGE): SealedSpaces {
  const side = sideOf('sealed', generation, lineage);
  return { terms: `${side}/terms`, boards: `${side}/boards`, interests: `${side}/interests` };
}

function sideOf(state: 'building' | 'sealed', generation: number, lineage: number): string {
  const side = `${state}/${generation % 2}`;
  return lineage === FIRST_LINEAGE ? side : `lineage/${lineage}/${side}`;
}
