import { LEMMA_EXCEPTIONS } from './english/lemma-exceptions.ts';
import { singular } from './wordnet.ts';

/**
 * The noun lemma of a normalised English word: mountains → mountain. Verbs and adjectives stay as they are
 * (`lighting`, `evening` and `wedding` are things that Pins are about, not forms of light, even and wed).
 */
export function nounLemma(word: string): string {
  return Object.hasOwn(LEMMA_EXCEPTIONS, word) ? LEMMA_EXCEPTIONS[word] : singular(word);
}
