import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { TateSample } from '../../shared/pins/tate.ts';

/** What looks like results: the labels of each labelled Pin and their ancestors, with scores that are drawn. */
export function interestsOfLabels(
  { taxonomy, labels }: Pick<TateSample, 'taxonomy' | 'labels'>,
  random: () => number,
): ScoredInterest[][] {
  return [...labels.values()].map((ids) => {
    const indexes = new Set(ids.flatMap((id) => taxonomy.path(taxonomy.indexOf(id))));
    return Array.from(indexes, (index) => ({
      ...{ id: taxonomy.ids[index], level: taxonomy.level[index] },
      ...{ score: 1 - random(), label: taxonomy.names[index] },
    }));
  });
}
