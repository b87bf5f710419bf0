import type { TextVectors } from '../embeddings/text.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';

/** The words of every interest's name and its text vector, worked out once a taxonomy version. */
export interface InterestNames {
  /** size + 1: the words of interest i are `words[start[i]] .. words[start[i + 1] - 1]`. */
  start: Int32Array;
  words: string[];
  /** Inverse document frequency of each word in the corpus. */
  idf: Float32Array;
  /** size × dimensions unit vectors, row by row; zeros where no word is known. */
  vectors: Float32Array;
}

/** @param analyse text to the words that Pins' texts are compared by */
export function interestNames(
  taxonomy: Taxonomy,
  analyse: (text: string) => readonly string[],
  textVectors: TextVectors,
): InterestNames {
  const start = new Int32Array(taxonomy.size + 1);
  const words: string[] = [];
  const vectors = new Float32Array(taxonomy.size * textVectors.dimensions);
  for (let i = 0; i < taxonomy.size; i++) {
    const name = [...new Set(analyse(taxonomy.names[i]))];
    words.push(...name);
    start[i + 1] = words.length;
    textVectors.embed(name, null, vectors.subarray(i * textVectors.dimensions, (i + 1) * textVectors.dimensions));
  }
  return { start, words, vectors };
}

