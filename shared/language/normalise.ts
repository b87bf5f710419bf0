/** Text that needs nothing but lower case: most English text. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Accents of the scripts in which they are decoration; in others (Devanagari, Thai, kana) marks are letters. */
const ACCENTS = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;

/** Invisible characters: controls, marks of direction, joiners, variation selectors. Spaces of any kind stay. */
const INVISIBLE = /[\p{Cf}\uFE00-\uFE0F]+/gu;

/**
 * The form in which texts are compared: width and ligatures (NFKC), case, accents. Never throws, and takes time
 * linear in the length; a lone surrogate becomes U+FFFD. Normalising twice changes nothing more.
 */
export function normalise(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .replace(INVISIBLE, '')
    .normalize('NFD')
    .replace(ACCENTS, '$1')
    .normalize('NFKC');
}
