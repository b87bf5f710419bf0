import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';

/** What a new version of a taxonomy may do to an interest; others are ids. */
export type TaxonomyEdit =
  | { kind: 'move'; id: number; under: number }
  /** Removed; the other takes over its name, and what lies below it. */
  | { kind: 'merge'; id: number; into: number }
  /** Removed; what lies below it goes up to its parent. */
  | { kind: 'remove'; id: number };

/** A new version of a taxonomy, in memory. @param version its name */
export function editTaxonomy(taxonomy: Taxonomy, edit: TaxonomyEdit, version: string): Taxonomy {
  const interests = Array.from({ length: taxonomy.size }, (_, index) => interestAt(taxonomy, index));
  const { id } = edit;
  const edited = interests.find((interest) => interest.id === id)!;
  if (edit.kind === 'move') {
    edited.parent = edit.under;
    return new Taxonomy(interests, version);
  }
  const left = interests.filter((interest) => interest !== edited);
  if (edit.kind === 'merge') left.find((interest) => interest.id === edit.into)!.aliases.push(edited.name);
  const above = edit.kind === 'merge' ? edit.into : edited.parent;
  for (const interest of left) if (interest.parent === id) interest.parent = above;
  return new Taxonomy(left, version);
}

function interestAt(taxonomy: Taxonomy, index: number): Interest {
  const above = taxonomy.parent[index];
  return {
    id: taxonomy.ids[index],
    name: taxonomy.names[index],
    parent: above < 0 ? null : taxonomy.ids[above],
    aliases: [...(taxonomy.aliases.get(index) ?? [])],
    translations: Object.fromEntries(
      Object.entries(taxonomy.translations.get(index) ?? {}).map(([tag, names]) => [tag, [...names]]),
    ),
    unsafe: taxonomy.unsafe[index] === 1,
    hidden: taxonomy.hidden[index] === 1,
  };
}
