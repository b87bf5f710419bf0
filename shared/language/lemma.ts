import lemmatizer from 'wink-lemmatizer';
import { LEMMA_EXCEPTIONS } from './english/lemma-exceptions.ts';

/** Words remembered; the vocabulary of a language's everyday text is far smaller. */
const CACHE_SIZE = 200_000;

const cache = new Map<string, string>();

/**
 * The noun lemma of a normalised English word: mountains → mountain. Verbs and adjectives stay as they are
 * (`lighting`, `evening` and `wedding` are things that Pins are about, not forms of light, even and wed).
 */
export function nounLemma(word: string): string {
  let lemma = cache.get(word);
  if (lemma === undefined) {
    lemma = Object.hasOwn(LEMMA_EXCEPTIONS, word) ? LEMMA_EXCEPTIONS[word] : lemmatizer.noun(word);
    if (cache.size === CACHE_SIZE) cache.clear();
    cache.set(word, lemma);
  }
  return lemma;
}
