import type { ModelManifest } from '../../shared/ranking/ranking-model.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';

/** An interest of a Pin, as results carry it. */
export interface ScoredInterest {
  /** Dense index. */
  interest: number;
  /** Calibrated, in (0, 1). */
  score: number;
}

/**
 * The keep rule: the highest scores at or above the threshold, at most `most`, and all their ancestors, each with its
 * own score. Hidden interests never leave the system. Best first; of equal scores the smaller id.
 */
export function keepInterests(
  scored: readonly ScoredInterest[],
  taxonomy: TaxonomyTree,
  keep: ModelManifest['keep'],
): ScoredInterest[] {
  const order = (a: ScoredInterest, b: ScoredInterest): number =>
    b.score - a.score || taxonomy.ids[a.interest] - taxonomy.ids[b.interest];
  const visible = scored.filter(({ interest }) => !taxonomy.hidden[interest]).sort(order);
  const kept = visible.filter(({ score }) => score >= keep.threshold).slice(0, keep.most);
  const wanted = new Set(kept.map(({ interest }) => interest));
  for (const { interest } of kept) for (const ancestor of taxonomy.ancestors(interest)) wanted.add(ancestor);
  return visible.filter(({ interest }) => wanted.has(interest));
}
