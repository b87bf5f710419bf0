import { StringTable } from '../../shared/arrays/string-table.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { Languages } from '../../shared/translation/languages.ts';

/** Names of interests that are read: enough for the stages' code to be compiled for good. */
const NAMES = 1000;

/** Texts of each language: its lexicon is gone through, and what is made at its first text is made. */
const TEXTS_OF_LANGUAGE = 24;
const WORDS_OF_TEXT = 3;

/** Texts that make everything that is made once, so that no query pays for it. */
export function* warmUpTexts(
  { names }: Taxonomy,
  languages: Languages,
): Generator<{ text: string; language?: string }> {
  for (const text of spreadOver(names.length, NAMES)) yield { text: names[text] };
  for (const [language, tag] of languages.tags.entries()) {
    const lexicon = languages.lexicon(language);
    if (lexicon === undefined) continue;
    const terms = new StringTable(lexicon.terms);
    const words = spreadOver(terms.size, TEXTS_OF_LANGUAGE * WORDS_OF_TEXT).map((term) => terms.text(term));
    for (let first = 0; first < words.length; first += WORDS_OF_TEXT) {
      const text = words.slice(first, first + WORDS_OF_TEXT).join(' ');
      yield { text };
      yield { text, language: tag };
    }
  }
}

/** At most so many of the numbers below `size`, at equal distances. */
function spreadOver(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}
