import type { Generation } from '../shared/cooccurrence/generation.ts';
import type { TextVectors } from '../shared/embeddings/text.ts';
import type { FeatureContext } from '../shared/features/feature.ts';
import { interestNames } from '../shared/features/interest-names.ts';
import type { LexicalIndex } from '../shared/lexical/lexical-index.ts';
import { lexicalIndexOf } from '../shared/lexical/names.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';

/** What depends on a taxonomy version alone, and is shared by every generation and lane. */
export interface TaxonomyArtefacts {
  taxonomy: Taxonomy;
  lexicalIndex: LexicalIndex;
  textVectors: TextVectors;
}

export function taxonomyArtefacts(taxonomy: Taxonomy, textVectors: TextVectors): TaxonomyArtefacts {
  return { taxonomy, textVectors, lexicalIndex: lexicalIndexOf(taxonomy) };
}

export function featureContext(artefacts: TaxonomyArtefacts, generation: Generation): FeatureContext {
  const { taxonomy, textVectors } = artefacts;
  return { taxonomy, textVectors, generation, names: interestNames(taxonomy, textVectors, generation) };
}
