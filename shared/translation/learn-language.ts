import { P2iError } from '../errors/errors.ts';
import type { Language } from './language.ts';
import { ENGLISH } from './languages.ts';
import type { ParallelPhrase } from './learning/corpus.ts';
import { learnLexicon } from './learning/learn.ts';
import { learnLetters } from './learning/letters.ts';
import type { LexiconContent } from './lexicon.ts';

/** What a tag says of a script that is not known (ISO 15924). */
const UNKNOWN_SCRIPT = 'Zzzz';

/**
 * Learns a language from parallel phrases. Deterministic.
 *
 * @param tag BCP-47, in canonical case
 * @param name in English, for people
 * @throws P2iError PHRASES_INVALID where the phrases teach nothing: there are none, or none has a word on both sides
 */
export function learnLanguage(tag: string, name: string, phrases: readonly ParallelPhrase[]): Language {
  const lexicon = phrases.length > 0 ? learnLexicon(phrases) : NO_LEXICON;
  if (lexicon.terms.length === 0) throw nothingToLearn(tag, phrases.length);
  return languageOf(
    tag,
    name,
    lexicon,
    phrases.map(({ phrase }) => phrase),
  );
}

/** Learns English, of which it is enough to tell it from other languages. @throws P2iError PHRASES_INVALID, as above */
export function learnEnglish(name: string, phrases: readonly string[]): Language {
  return languageOf(ENGLISH, name, NO_LEXICON, phrases);
}

const NO_LEXICON: LexiconContent = { terms: [], parts: [], spelling: new Map() };

function languageOf(
  tag: string,
  name: string,
  lexicon: LexiconContent,
  phrases: readonly string[],
): Language {
  const letters = learnLetters(phrases);
  if (letters.size === 0) throw nothingToLearn(tag, phrases.length);
  const manifest = {
    format: 1 as const,
    aliases: [],
    ...{ tag, name, script: new Intl.Locale(tag).maximize().script ?? UNKNOWN_SCRIPT },
    phrases: phrases.length,
    ...{
      terms: lexicon.terms.length,
      parts: lexicon.parts.length,
      spellings: lexicon.spelling.size,
      letters: letters.size,
    },
  };
  return { manifest, lexicon, letters };
}

function nothingToLearn(tag: string, phrases: number): P2iError {
  return new P2iError('PHRASES_INVALID', `${phrases} phrases in ${tag} are not enough to learn a word from`);
}
