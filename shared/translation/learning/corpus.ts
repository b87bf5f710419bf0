import { analyseText, contentLemmas } from '../../language/analyse.ts';
import { sourceWords } from '../source-words.ts';

/** A phrase of some language, and one of English that means the same. */
export interface ParallelPhrase {
  phrase: string;
  english: string;
}

/** Strings by number, in the order of their first meeting. */
export class Numbering {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      this.#numbers.set(text, (number = this.texts.length));
      this.texts.push(text);
    }
    return number;
  }

  /** -1 where it was never met. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }
}

/** The words of one pair of phrases, as numbers. */
export interface WordPair {
  source: Int32Array;
  /** Content lemmas, in order. */
  target: Int32Array;
}

/** Parallel phrases in words: what is learned from. */
export interface ParallelCorpus {
  source: Numbering;
  target: Numbering;
  pairs: WordPair[];
}

/** Words of a phrase beyond which it is a sentence: nothing is learned from it. */
const MAX_WORDS = 24;

/**
 * Phrases in words: of the source language as they are written, of English the lemmas that carry meaning. Pairs of which
 * either side has no word, or too many, are left out.
 */
export function corpusOf(phrases: Iterable<ParallelPhrase>): ParallelCorpus {
  const source = new Numbering();
  const target = new Numbering();
  const pairs: WordPair[] = [];
  for (const { phrase, english } of phrases) {
    const words = sourceWords(phrase);
    const lemmas = contentLemmas(analyseText(english));
    if (words.length === 0 || words.length > MAX_WORDS) continue;
    if (lemmas.length === 0 || lemmas.length > MAX_WORDS) continue;
    pairs.push({
      source: Int32Array.from(words, (word) => source.numberOf(word)),
      target: Int32Array.from(lemmas, (lemma) => target.numberOf(lemma)),
    });
  }
  return { source, target, pairs };
}
