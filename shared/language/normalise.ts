/** Text that needs nothing but lower case: most English text. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Accents of the scripts in which they are decoration; in others (Devanagari, Thai, kana) marks are letters. */
const ACCENTS = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;

/** Invisible characters: controls, marks of direction, joiners, variation selectors. Spaces of any kind stay. */
const INVISIBLE = /[\p{Cf}\uFE00-\uFE0F]+/gu;

/** Letters that are written without their strokes, dots and ties where a keyboard lacks them, and have no decomposition. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ı: 'i', ø: 'o', æ: 'ae', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ŧ: 't' },
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'gu');

/** A vowel of Thai and of Lao that compatibility takes apart, and that dictionaries hold as one letter. */
const SARA_AM = /\u0e4d\u0e32/gu;
const VOWEL_AM = /\u0ecd\u0eb2/gu;

/**
 * The form in which texts are compared: width and ligatures (NFKC), case, accents, and the strokes and ties of letters.
 * Never throws, and takes time linear in the length; a lone surrogate becomes U+FFFD. Normalising twice changes nothing more.
 */
export function normalise(text: string): string {
  return PLAIN.test(text) ? text.toLowerCase() : withoutAccents(normaliseAccented(text));
}

/** The same with accents, which tell words of some languages apart: `má`, `mà` and `ma` of Vietnamese are three. */
export function normaliseAccented(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .replace(SARA_AM, '\u0e33')
    .replace(VOWEL_AM, '\u0eb3');
}

/** A text that was normalised with its accents, without them. */
export function withoutAccents(accented: string): string {
  if (PLAIN.test(accented)) return accented;
  return accented
    .normalize('NFD')
    .replace(ACCENTS, '$1')
    .normalize('NFC')
    .replace(NOT_PLAIN, (letter) => PLAIN_LETTERS[letter]);
}
