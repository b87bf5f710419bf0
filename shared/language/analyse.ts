import { TokenBuffer, type Tokens } from './tokens.ts';
import { VOCABULARY } from './vocabulary.ts';

/** The words of a text and their lemmas, one for one. */
export interface Analysis extends Tokens {
  words: string[];
  lemmas: string[];
}

const BUFFER = new TokenBuffer();

/** Normalises, tokenises and lemmatises. Stop words stay: a name may hold them. */
export function analyseText(text: string): Analysis {
  BUFFER.clear();
  const to = BUFFER.add(text);
  const numbers = BUFFER.numbers.slice(0, to);
  return {
    ...{ numbers, from: 0, to },
    words: Array.from(numbers, (word) => VOCABULARY.text(word)),
    lemmas: Array.from(numbers, (word) => VOCABULARY.text(VOCABULARY.lemma[word])),
  };
}

/** The lemmas that carry meaning, in order: the terms that Pins share. */
export function contentLemmas({ numbers, lemmas }: Analysis): string[] {
  return lemmas.filter((_, i) => VOCABULARY.isStop[numbers[i]] === 0);
}
