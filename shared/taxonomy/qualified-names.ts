import type { Taxonomy } from './taxonomy.ts';

/**
 * For each interest whose name others share, the shortest end of its path that is its own: `adults > figure`,
 * `toys and models > figure`; of those with one and the same path, the whole path. Unambiguous interests are absent. Case
 * counts for nothing.
 */
export function qualifiedNames(taxonomy: Taxonomy): Map<number, string> {
  const qualified = new Map<number, string>();
  let open = groupBy(
    Array.from({ length: taxonomy.size }, (_, index) => index),
    (index) => taxonomy.names[index],
  );
  for (let depth = 2; open.length > 0; depth++) {
    const suffix = (index: number): string =>
      taxonomy
        .path(index)
        .slice(-depth)
        .map((i) => taxonomy.names[i])
        .join(' > ');
    const still: number[][] = [];
    for (const group of open) {
      for (const index of group) qualified.set(index, suffix(index));
      // Paths that end above the root of one of them cannot be told apart by going further up.
      still.push(
        ...groupBy(
          group.filter((index) => taxonomy.level[index] > depth),
          suffix,
        ),
      );
    }
    open = still;
  }
  return qualified;
}

/** Groups of two or more with the same key. */
function groupBy(indexes: readonly number[], key: (index: number) => string): number[][] {
  const groups = Map.groupBy(indexes, (index) => key(index).toLowerCase());
  return [...groups.values()].filter((group) => group.length > 1);
}
