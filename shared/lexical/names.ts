import { qualifiedNames } from '../taxonomy/qualified-names.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';
import { LexicalIndex } from './lexical-index.ts';

/**
 * The index of a taxonomy version: names, aliases, and for each ambiguous name the end of its path that is its own, so
 * that an annotation `toys and models > horse` means that horse alone.
 */
export function lexicalIndexOf(taxonomy: Taxonomy): LexicalIndex {
  const aliases = new Map(taxonomy.aliases);
  for (const [index, name] of qualifiedNames(taxonomy))
    aliases.set(index, [...(aliases.get(index) ?? []), name]);
  return LexicalIndex.build({ names: taxonomy.names, aliases });
}
