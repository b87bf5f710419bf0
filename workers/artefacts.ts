import type { Generation } from '../shared/cooccurrence/generation.ts';
import { TextVectors } from '../shared/embeddings/text.ts';
import type { FeatureContext } from '../shared/features/feature.ts';
import { interestNames, type InterestNames } from '../shared/features/interest-names.ts';
import { LexicalIndex, type SharedLexicalIndex } from '../shared/lexical/lexical-index.ts';
import { lexicalIndexOf } from '../shared/lexical/names.ts';
import { WordOverlap, type SharedWordOverlap } from '../shared/lexical/word-overlap.ts';
import { TaxonomyTree, type SharedTaxonomy, type Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { Languages } from '../shared/translation/languages.ts';

/** What is known of words, whatever the taxonomy. */
export interface TextModels {
  textVectors: TextVectors;
  languages: Languages;
}

/**
 * Loads what is known of words.
 *
 * @param directories of the text vectors, and of the languages
 * @throws P2iError INPUT_UNREADABLE where the directory of languages is not there; ARTEFACT_INVALID, naming the file
 */
export async function readTextModels(directories: Record<keyof TextModels, string>): Promise<TextModels> {
  return {
    textVectors: TextVectors.load(directories.textVectors),
    languages: await Languages.load(directories.languages),
  };
}

/** What stages need of a taxonomy version. */
export interface StageTaxonomy extends TextModels {
  taxonomy: TaxonomyTree;
  lexicalIndex: LexicalIndex;
  wordOverlap: WordOverlap;
}

/** What depends on a taxonomy version alone, and is shared by every generation and lane. */
export interface TaxonomyArtefacts extends StageTaxonomy {
  taxonomy: Taxonomy;
}

export function taxonomyArtefacts(taxonomy: Taxonomy, models: TextModels): TaxonomyArtefacts {
  return {
    ...{ taxonomy, ...models, lexicalIndex: lexicalIndexOf(taxonomy) },
    wordOverlap: WordOverlap.build(taxonomy.names, models.textVectors),
  };
}

/** @param names the interests' names as the generation weighs them, where they are worked out already */
export function featureContext(
  { taxonomy, textVectors }: TaxonomyArtefacts,
  generation: Generation,
  names: InterestNames = interestNames(taxonomy, textVectors, generation),
): FeatureContext {
  return { taxonomy, textVectors, generation, names };
}

/** What stages need of a taxonomy version, for another thread. */
export interface SharedStageTaxonomy {
  taxonomy: SharedTaxonomy;
  lexicalIndex: SharedLexicalIndex;
  wordOverlap: SharedWordOverlap;
}

export function shareStageTaxonomy({
  taxonomy,
  lexicalIndex,
  wordOverlap,
}: StageTaxonomy): SharedStageTaxonomy {
  return {
    taxonomy: taxonomy.shared(),
    lexicalIndex: lexicalIndex.shared(),
    wordOverlap: wordOverlap.shared(),
  };
}

export function openStageTaxonomy(shared: SharedStageTaxonomy, models: TextModels): StageTaxonomy {
  return {
    taxonomy: new TaxonomyTree(shared.taxonomy),
    lexicalIndex: new LexicalIndex(shared.lexicalIndex),
    wordOverlap: new WordOverlap(shared.wordOverlap, models.textVectors),
    ...models,
  };
}
