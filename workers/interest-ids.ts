import { P2iError } from '../shared/errors/errors.ts';
import { unpack } from '../shared/registry/packed.ts';
import type { TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';

/** Ids of dense indexes. */
export function interestIds(indexes: Int32Array, taxonomy: TaxonomyTree): Int32Array {
  return indexes.map((index) => taxonomy.ids[index]);
}

/**
 * Dense indexes of a packed column of ids.
 * @throws P2iError TAXONOMY_UNKNOWN where it names an id that the taxonomy lacks
 */
export function interestIndexes(
  batch: { interests: Uint8Array },
  taxonomy: TaxonomyTree,
  where: string,
): Int32Array {
  return unpack(Int32Array, batch.interests).map((id) => {
    const index = taxonomy.indexOf(id);
    if (index < 0) throw new P2iError('TAXONOMY_UNKNOWN', `it has no interest ${id}`, { where });
    return index;
  });
}
