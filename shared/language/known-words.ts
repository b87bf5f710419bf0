import wordNet from 'wink-lexicon/src/wn-words.js';
import { STOP_WORDS } from './english/stop-words.ts';
import { nounLemma } from './lemma.ts';

/** True for a word of English: what is written so is meant so, and is nobody's misspelling. */
export function isEnglishWord(word: string): boolean {
  return STOP_WORDS.has(word) || Object.hasOwn(wordNet, word) || Object.hasOwn(wordNet, nounLemma(word));
}
