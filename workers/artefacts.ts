import type { Generation } from '../shared/cooccurrence/generation.ts';
import type { TextVectors } from '../shared/embeddings/text.ts';
import type { FeatureContext } from '../shared/features/feature.ts';
import { interestNames } from '../shared/features/interest-names.ts';
import { LexicalIndex, type SharedLexicalIndex } from '../shared/lexical/lexical-index.ts';
import { lexicalIndexOf } from '../shared/lexical/names.ts';
import { TaxonomyTree, type SharedTaxonomy, type Taxonomy } from '../shared/taxonomy/taxonomy.ts';

/** What stages need of a taxonomy version. */
export interface StageTaxonomy {
  taxonomy: TaxonomyTree;
  lexicalIndex: LexicalIndex;
  textVectors: TextVectors;
}

/** What depends on a taxonomy version alone, and is shared by every generation and lane. */
export interface TaxonomyArtefacts extends StageTaxonomy {
  taxonomy: Taxonomy;
}

export function taxonomyArtefacts(taxonomy: Taxonomy, textVectors: TextVectors): TaxonomyArtefacts {
  return { taxonomy, textVectors, lexicalIndex: lexicalIndexOf(taxonomy) };
}

export function featureContext(artefacts: TaxonomyArtefacts, generation: Generation): FeatureContext {
  const { taxonomy, textVectors } = artefacts;
  return { taxonomy, textVectors, generation, names: interestNames(taxonomy, textVectors, generation) };
}

/** What stages need of a taxonomy version, for another thread. */
export interface SharedStageTaxonomy {
  taxonomy: SharedTaxonomy;
  lexicalIndex: SharedLexicalIndex;
}

export function shareStageTaxonomy({ taxonomy, lexicalIndex }: StageTaxonomy): SharedStageTaxonomy {
  return { taxonomy: taxonomy.shared(), lexicalIndex: lexicalIndex.shared() };
}

export function openStageTaxonomy(shared: SharedStageTaxonomy, textVectors: TextVectors): StageTaxonomy {
  return {
    taxonomy: new TaxonomyTree(shared.taxonomy),
    lexicalIndex: new LexicalIndex(shared.lexicalIndex),
    textVectors,
  };
}
