import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';

/** By taxonomy: its interests' names as they are compared. */
const folded = new WeakMap<Taxonomy, string[]>();

/**
 * Interests whose name, or one of whose other names, has all words of the text; the shortest names first. A number is
 * an id.
 *
 * @returns dense indexes, `most` at most
 */
export function searchInterests(taxonomy: Taxonomy, text: string, most: number): number[] {
  const words = fold(text)
    .split(' ')
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  const byId = /^\d{1,10}$/.test(words[0]) && words.length === 1 ? taxonomy.indexOf(Number(words[0])) : -1;
  let names = folded.get(taxonomy);
  if (names === undefined) folded.set(taxonomy, (names = foldedNames(taxonomy)));
  const found: number[] = [];
  names.forEach((name, interest) => {
    if (interest !== byId && words.every((word) => name.includes(` ${word}`))) found.push(interest);
  });
  const length = (interest: number): number => taxonomy.names[interest].length;
  found.sort((a, b) => length(a) - length(b) || a - b);
  return (byId < 0 ? found : [byId, ...found]).slice(0, most);
}

/** With a space before each word, so that words are found by how they begin. */
function foldedNames(taxonomy: Taxonomy): string[] {
  return taxonomy.names.map((name, interest) =>
    [name, ...(taxonomy.aliases.get(interest) ?? [])].map((text) => ` ${fold(text)}`).join(''),
  );
}

/** Without case, accents and punctuation. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
