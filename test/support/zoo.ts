import type { Interest } from '../../shared/taxonomy/interest.ts';
import { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { PinInterests, ScoredInterest } from '../../workers/publishing/topic.ts';

/** An interest with nothing but a name. */
export function interest(
  id: number,
  parent: number | null,
  name: string,
  more: Partial<Interest> = {},
): Interest {
  return { id, parent, name, aliases: [], translations: {}, unsafe: false, hidden: false, ...more };
}

/** `nature > animals > (cats > lions, dogs, bats)`, `nature > plants`, `night`. */
export const ZOO: readonly Interest[] = [
  interest(1, null, 'nature'),
  interest(2, 1, 'animals'),
  interest(3, 1, 'plants'),
  interest(4, 2, 'cats'),
  interest(5, 4, 'lions'),
  interest(6, 2, 'dogs'),
  interest(7, 2, 'bats'),
  interest(8, null, 'night'),
];

/** The same with some interests taken out and others put in, or put in place of those of their ids. */
export function changedZoo(
  version: string,
  { without = [], put = [] }: { without?: readonly number[]; put?: readonly Interest[] },
): Taxonomy {
  const gone = new Set([...without, ...put.map(({ id }) => id)]);
  return new Taxonomy([...ZOO.filter(({ id }) => !gone.has(id)), ...put], version);
}

export const zoo = (version: string): Taxonomy => new Taxonomy(ZOO, version);

/** A Pin's interests under a taxonomy: those that are named with their scores, and their ancestors, at 0.9. */
export function interestsUnder(
  taxonomy: Taxonomy,
  scores: Readonly<Record<number, number>>,
): ScoredInterest[] {
  const all = new Map<number, number>();
  for (const id of Object.keys(scores).map(Number))
    for (const index of taxonomy.path(taxonomy.indexOf(id)))
      all.set(taxonomy.ids[index], scores[taxonomy.ids[index]] ?? 0.9);
  return [...all]
    .map(([id, score]) => {
      const index = taxonomy.indexOf(id);
      return { id, level: taxonomy.level[index], score, label: taxonomy.names[index] };
    })
    .sort((a, b) => b.score - a.score || a.id - b.id);
}

/** A result that says nothing unusual. */
export function resultOf(pin: string, taxonomy: string, interests: ScoredInterest[]): PinInterests {
  return {
    ...{ pin, pinVersion: 1, lane: 'batch', run: 'run-1', taxonomy, model: 'm1', time: 1_700_000_000_000 },
    interests,
  };
}
