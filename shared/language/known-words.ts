import { STOP_WORDS } from './english/stop-words.ts';
import { nounLemma } from './lemma.ts';
import { isWord } from './wordnet.ts';

/** True for a word of English: what is written so is meant so, and is nobody's misspelling. */
export function isEnglishWord(word: string): boolean {
  return STOP_WORDS.has(word) || isWord(word) || isWord(nounLemma(word));
}
