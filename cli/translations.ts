import type { FieldTranslation } from '../quality/explain.ts';
import type { TranslatedTerm } from '../shared/translation/explain.ts';
import { languageName } from './language-options.ts';
import { displayWidth } from './output.ts';

/** Texts and terms of a text that are shown: --json has all. */
const SHOWN_TEXTS = 8;
const SHOWN_TERMS = 12;

/** Meanings shown of a part of a word. */
const SHOWN_OF_PART = 2;

/** Characters shown of a translation. */
const SHOWN_CHARACTERS = 100;

/**
 * Lines that say how the texts of a Pin were read: for each its languages and its likeliest translation, below it the
 * words that say something, with their meanings. Words that mean nothing are left out.
 */
export function formatTranslations(translations: readonly FieldTranslation[]): string[] {
  const lines = translations.slice(0, SHOWN_TEXTS).flatMap(formatTranslation);
  const more = translations.length - SHOWN_TEXTS;
  return more > 0 ? [...lines, `and ${more} more texts in other languages`] : lines;
}

function formatTranslation({ field, languages, english, terms }: FieldTranslation): string[] {
  const shares = languages.map(({ tag, share }) => `${languageName(tag)} ${(100 * share).toFixed(0)} %`);
  const told = telling(terms);
  const shown = told.slice(0, SHOWN_TERMS);
  const texts = shown.map(inPieces);
  const width = Math.max(0, ...texts.map(displayWidth));
  const lines = shown.map(
    (term, i) => `  ${texts[i]}${' '.repeat(width - displayWidth(texts[i]))}  ${meaningsOf(term)}`,
  );
  const more = told.length - shown.length;
  if (more > 0) lines.push(`  and ${more} more words and phrases`);
  return [`${field} (${shares.join(', ')}): ${cut(english.join(' '))}`, ...lines];
}

/** Terms that say something: words as they are do not where their parts are read. */
function telling(terms: readonly TranslatedTerm[]): TranslatedTerm[] {
  const meant = terms.filter(({ pieces }) =>
    pieces.some(({ meanings: [likeliest] }) => likeliest.english.length > 0),
  );
  const made = new Set(meant.filter(({ pieces }) => pieces.length > 1).map(textOf));
  const distinct = new Map(meant.map((term) => [inPieces(term), term]));
  return [...distinct.values()].filter((term) => !isAsItIs(term) || !made.has(textOf(term)));
}

function isAsItIs({ pieces }: TranslatedTerm): boolean {
  const [{ text, meanings }] = pieces;
  return pieces.length === 1 && meanings.length === 1 && meanings[0].english.join(' ') === text;
}

function textOf({ pieces }: TranslatedTerm): string {
  return pieces.map(({ text }) => text).join('');
}

/** `segel|boote`. */
function inPieces({ pieces }: TranslatedTerm): string {
  return pieces.map(({ text }) => text).join('|');
}

/** `sail 0.64, canvas 0.20 | boat 0.80` of a word with two parts. */
function meaningsOf(term: TranslatedTerm): string {
  if (isAsItIs(term)) return '(as it is)';
  const { pieces } = term;
  return pieces
    .map(({ meanings }) =>
      meanings
        .slice(0, pieces.length > 1 ? SHOWN_OF_PART : meanings.length)
        .map(({ english, weight }) => `${english.join(' ') || '–'} ${weight.toFixed(2)}`)
        .join(', '),
    )
    .join(' | ');
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= SHOWN_CHARACTERS ? text : `${characters.slice(0, SHOWN_CHARACTERS).join('')}…`;
}
