import type { TaxonomyCheck, TaxonomyRemark } from './check.ts';
import { foldName } from './names.ts';

const BEARERS_SHOWN = 8;

/**
 * The names and aliases that several interests bear, one remark each at the line of the first bearer. Legal, since
 * homonyms exist, but each makes a text match several interests; a person may want to tell them apart by an alias.
 *
 * @param placeOf what the messages call the interest at a place of the check
 */
export function findAmbiguousNames(
  { interests, lines }: TaxonomyCheck,
  placeOf: (at: number) => string = (at) => `${interests[at].id} (line ${lines[at]})`,
): TaxonomyRemark[] {
  const bearers = new Map<string, number[]>();
  for (const [at, { name, aliases }] of interests.entries()) {
    for (const folded of new Set([name, ...aliases].map(foldName))) {
      if (folded === '') continue;
      const others = bearers.get(folded);
      if (others) others.push(at);
      else bearers.set(folded, [at]);
    }
  }

  const remarks: TaxonomyRemark[] = [];
  for (const [name, found] of bearers) {
    if (found.length < 2) continue;
    const shown = found.slice(0, BEARERS_SHOWN).map(placeOf);
    const more = found.length > BEARERS_SHOWN ? ` and ${found.length - BEARERS_SHOWN} more` : '';
    const message = `${JSON.stringify(name)} names ${found.length} interests: ${shown.join(', ')}${more}`;
    remarks.push({ line: lines[found[0]], message });
  }
  return remarks.sort((a, b) => a.line - b.line);
}
