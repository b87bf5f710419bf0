import type { Generation } from '../cooccurrence/generation.ts';
import { wordHash } from '../cooccurrence/terms.ts';
import type { TextVectors } from '../embeddings/text.ts';
import { analyseText, contentLemmas } from '../language/analyse.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';

/** Inverse document frequency taken for a word that the corpus does not have: it is rare, and tells much. */
export const UNKNOWN_IDF = 12;

/** The words of every interest's name and its text vector, worked out once a taxonomy version and generation. */
export interface InterestNames {
  /** size + 1: the words of interest i are `words[start[i]] .. words[start[i + 1] - 1]`. */
  start: Int32Array;
  words: string[];
  /** Inverse document frequency of each word in the corpus. */
  idf: Float32Array;
  /** size × dimensions unit vectors, row by row; zeros where no word is known. */
  vectors: Float32Array;
}

export function interestNames(
  taxonomy: Taxonomy,
  textVectors: TextVectors,
  generation: Generation,
): InterestNames {
  const { size, names } = taxonomy;
  const start = new Int32Array(size + 1);
  const words: string[] = [];
  const vectors = new Float32Array(size * textVectors.dimensions);
  for (let i = 0; i < size; i++) {
    const name = [...new Set(contentLemmas(analyseText(names[i])))];
    words.push(...name);
    start[i + 1] = words.length;
    textVectors.embed(
      name,
      null,
      vectors.subarray(i * textVectors.dimensions, (i + 1) * textVectors.dimensions),
    );
  }
  const idfOf = new Map<string, number>();
  for (const word of new Set(words)) idfOf.set(word, generation.idf(wordHash(word)) ?? UNKNOWN_IDF);
  return { start, words, idf: Float32Array.from(words, (word) => idfOf.get(word)!), vectors };
}
