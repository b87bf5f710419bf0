import type { Language } from '../../shared/translation/language.ts';
import { learnLetters } from '../../shared/translation/learning/letters.ts';
import type { LexiconContent, Meaning } from '../../shared/translation/lexicon.ts';

/** A meaning, from `0.5 sport trousers`. */
export function meaning(text: string): Meaning {
  const [weight, ...english] = text.split(' ');
  return { weight: Number(weight), english: english.filter((word) => word !== '') };
}

/** A lexicon from what its terms and parts mean: `'rote schuhe': ['0.5 red shoe']`. Each part was met as often as it says. */
export function lexiconOf(
  terms: Readonly<Record<string, readonly string[]>>,
  parts: Readonly<Record<string, readonly [count: number, ...meanings: readonly string[]]>> = {},
): LexiconContent {
  const all = Object.values(parts).reduce((sum, [count]) => sum + count, 0);
  return {
    spelling: new Map(),
    terms: Object.entries(terms).map(([words, meanings]) => ({
      words: words.split(' '),
      meanings: meanings.map(meaning),
    })),
    parts: Object.entries(parts).map(([text, [count, ...meanings]]) => ({
      ...{ text, share: count / all },
      meanings: meanings.map(meaning),
    })),
  };
}

/** A language of which only these words and this lexicon are known. */
export function languageOf(tag: string, words: readonly string[], lexicon = lexiconOf({})): Language {
  const letters = learnLetters(words);
  const { terms, parts } = lexicon;
  return {
    manifest: {
      ...{ format: 1, tag, aliases: [], name: tag, script: 'Latn', phrases: words.length },
      ...{ terms: terms.length, parts: parts.length, spellings: 0, letters: letters.size },
    },
    lexicon,
    letters,
  };
}

/** English, and one that has words for a few things of the small taxonomies of tests. */
export const TOY_LANGUAGES: readonly Language[] = [
  languageOf('en', ['a', 'castle', 'by', 'the', 'river', 'horse', 'mountain', 'and', 'nature', 'landscape']),
  languageOf(
    'xx',
    ['schlossburg', 'am', 'flusslauf', 'pferdchen', 'gebirgsberg', 'und', 'bei', 'dem'],
    lexiconOf(
      {
        schlossburg: ['0.75 castle', '0.25 lock'],
        flusslauf: ['1 river'],
        pferdchen: ['1 horse'],
        am: ['1'],
        'schlossburg am flusslauf': ['0.5 castle river'],
      },
      { gebirgs: [3, '1 mountain'], berg: [5, '1 mountain'] },
    ),
  ),
];
