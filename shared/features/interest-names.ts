import { sharedFloat32, sharedInt32 } from '../arrays/shared.ts';
import { StringTable, type StringTableData } from '../arrays/string-table.ts';
import type { Generation } from '../cooccurrence/generation.ts';
import { wordHash } from '../cooccurrence/terms.ts';
import type { TextVectors } from '../embeddings/text.ts';
import { analyseText, contentLemmas } from '../language/analyse.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';

/** Inverse document frequency taken for a word that the corpus does not have: it is rare, and tells much. */
export const UNKNOWN_IDF = 12;

/**
 * The words of every interest's name and its text vector, worked out once a taxonomy version and generation; in memory
 * that threads share.
 */
export interface InterestNames {
  /** The distinct words of all names; a word is a number below. */
  table: StringTableData;
  /** Inverse document frequency of each word in the corpus. */
  idf: Float32Array;
  /** size + 1: the words of interest i are `words[start[i]] .. words[start[i + 1] - 1]`. */
  start: Int32Array;
  words: Int32Array;
  /** How rare each interest is in the corpus: -log2 of its base rate, whole; NaN where nothing has it. */
  rarity: Float32Array;
  /** size × dimensions unit vectors, row by row; zeros where no word is known. */
  vectors: Float32Array;
}

export function interestNames(
  taxonomy: Taxonomy,
  textVectors: TextVectors,
  generation: Generation,
): InterestNames {
  const { size, names } = taxonomy;
  const { dimensions } = textVectors;
  const start = sharedInt32(size + 1);
  const numbers = new Map<string, number>();
  const inNames: number[] = [];
  const vectors = sharedFloat32(size * dimensions);
  for (let i = 0; i < size; i++) {
    const name = [...new Set(contentLemmas(analyseText(names[i])))];
    for (const word of name) {
      let number = numbers.get(word);
      if (number === undefined) numbers.set(word, (number = numbers.size));
      inNames.push(number);
    }
    start[i + 1] = inNames.length;
    textVectors.embed(name, null, vectors.subarray(i * dimensions, (i + 1) * dimensions));
  }
  const idf = sharedFloat32(numbers.size);
  for (const [word, number] of numbers) idf[number] = generation.idf(wordHash(word)) ?? UNKNOWN_IDF;
  const words = sharedInt32(inNames.length);
  words.set(inNames);
  const rarity = sharedFloat32(size);
  generation.baseRate.forEach((base, i) => (rarity[i] = base > 0 ? Math.round(-Math.log2(base)) : NaN));
  return { table: StringTable.build([...numbers.keys()]).data, idf, start, words, rarity, vectors };
}
