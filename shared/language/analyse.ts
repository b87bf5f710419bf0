import { STOP_WORDS } from './english/stop-words.ts';
import { nounLemma } from './lemma.ts';
import { normalise } from './normalise.ts';
import { tokenise } from './tokenise.ts';

/** A text longer than this says nothing new in the rest. */
const MAX_TEXT = 20_000;

/** The words of a text and their lemmas, one for one. */
export interface Analysis {
  words: string[];
  lemmas: string[];
}

/** Normalises, tokenises and lemmatises. Stop words stay: a name may hold them. */
export function analyseText(text: string): Analysis {
  const words = tokenise(normalise(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text));
  return { words, lemmas: words.map(nounLemma) };
}

/** The lemmas that carry meaning, in order: the terms that Pins share. */
export function contentLemmas({ words, lemmas }: Analysis): string[] {
  return lemmas.filter((_, i) => !STOP_WORDS.has(words[i]));
}
