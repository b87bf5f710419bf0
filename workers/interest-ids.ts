import { P2iError } from '../shared/errors/errors.ts';
import { unpack } from '../shared/registry/packed.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';

/** Ids of dense indexes. */
export function interestIds(indexes: Int32Array, taxonomy: Taxonomy): Int32Array {
  return indexes.map((index) => taxonomy.ids[index]);
}

/**
 * Dense indexes of a packed column of ids.
 * @throws P2iError TAXONOMY_UNKNOWN where the batch is of another taxonomy version, or names an id that it lacks
 */
export function interestIndexes(
  batch: { taxonomy: string; interests: Uint8Array },
  taxonomy: Taxonomy,
  where: string,
): Int32Array {
  if (batch.taxonomy !== taxonomy.version) {
    throw new P2iError('TAXONOMY_UNKNOWN', `version ${batch.taxonomy} is not held here`, { where });
  }
  return unpack(Int32Array, batch.interests).map((id) => {
    const index = taxonomy.indexOf(id);
    if (index < 0) throw new P2iError('TAXONOMY_UNKNOWN', `it has no interest ${id}`, { where });
    return index;
  });
}
