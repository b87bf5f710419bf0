import { P2iError, type Taxonomy } from 'p2i/consumer';
import { foldName } from '../../../shared/taxonomy/names.ts';

/**
 * The interest of an id, or all that bear a name, in the order of their ids.
 *
 * @throws P2iError INTEREST_UNKNOWN
 */
export function interestsNamed(taxonomy: Taxonomy, idOrName: string): number[] {
  const folded = foldName(idOrName);
  const found = taxonomy.ids.filter(
    (id, index) => String(id) === folded || foldName(taxonomy.names[index]) === folded,
  );
  if (found.length === 0)
    throw new P2iError('INTEREST_UNKNOWN', `taxonomy ${taxonomy.version} has no interest ${idOrName}`);
  return [...found.sort()];
}
