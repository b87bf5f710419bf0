import { readFileSync } from 'node:fs';
import { StringTable } from '../arrays/string-table.ts';

/** The words of WordNet, nouns first; wordnet/README.md says how these files were made. */
const NOUNS = linesOf('nouns.txt');
const WORDS = StringTable.build([...NOUNS, ...linesOf('others.txt')]);
const NOUN_COUNT = NOUNS.length;

/** By plural: its noun. */
const IRREGULAR = new Map(
  linesOf('irregular-plurals.txt').map((line) => line.split(' ') as [plural: string, noun: string]),
);

/** How plurals end, and what stands in its place in the noun, in the order in which they are tried. */
const ENDINGS = [
  ['s', ''],
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 's'],
  ['ves', 'f'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['ies', 'y'],
] as const;

/** True for a word of any kind. */
export function isWord(word: string): boolean {
  return WORDS.find(word) >= 0;
}

/** The noun that a word is the plural of, or the word itself: as the lemmatiser of wink-lemmatizer. */
export function singular(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  for (const [ending, by] of ENDINGS) {
    if (!word.endsWith(ending)) continue;
    const noun = word.slice(0, -ending.length) + by;
    if (isNoun(noun)) return noun;
  }
  return word;
}

function isNoun(word: string): boolean {
  const number = WORDS.find(word);
  return number >= 0 && number < NOUN_COUNT;
}

function linesOf(name: string): string[] {
  return readFileSync(new URL(`wordnet/${name}`, import.meta.url), 'latin1')
    .trimEnd()
    .split('\n');
}
