import type { TaxonomyTree } from './taxonomy.ts';

/** What tells the versions of one taxonomy from other taxonomies: n × (id, id of the parent or 0). */
export function parentsOf({ size, ids, parent }: TaxonomyTree): Int32Array {
  const pairs = new Int32Array(2 * size);
  for (let i = 0; i < size; i++) {
    pairs[2 * i] = ids[i];
    pairs[2 * i + 1] = parent[i] < 0 ? 0 : ids[parent[i]];
  }
  return pairs;
}

/**
 * True where two taxonomies are versions of one: at least half of the interests of the smaller of the two have the same id
 * under the same parent in the other. Equal ids alone do not make them one.
 *
 * @param pairs of one of them, as `parentsOf` gives them
 */
export function areVersionsOfOne(pairs: Int32Array, taxonomy: TaxonomyTree): boolean {
  let common = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const index = taxonomy.indexOf(pairs[i]);
    if (index < 0) continue;
    const above = taxonomy.parent[index];
    if (pairs[i + 1] === (above < 0 ? 0 : taxonomy.ids[above])) common++;
  }
  return 2 * common >= Math.min(pairs.length / 2, taxonomy.size);
}

/** As `areVersionsOfOne`, of two taxonomies. */
export function areRelated(a: TaxonomyTree, b: TaxonomyTree): boolean {
  return areVersionsOfOne(parentsOf(a), b);
}
