/* Writes shared/language/wordnet: what nouns' lemmas and misspelt words need of wink-lexicon, without loading all of it. */
import { writeFileSync } from 'node:fs';
import plurals from 'wink-lexicon/src/wn-noun-exceptions.js';
import senses from 'wink-lexicon/src/wn-word-senses.js';
import words from 'wink-lexicon/src/wn-words.js';

/** WordNet's files 3 to 28 are those of nouns. */
const isNoun = (word: string): boolean => senses[words[word]].some((file) => file > 2 && file < 29);

const all = Object.keys(words).sort();
const irregular = Object.keys(plurals).sort();
write(
  'nouns.txt',
  all.filter((word) => isNoun(word)),
);
write(
  'others.txt',
  all.filter((word) => !isNoun(word)),
);
write(
  'irregular-plurals.txt',
  irregular.map((plural) => `${plural} ${plurals[plural]}`),
);

function write(name: string, lines: readonly string[]): void {
  writeFileSync(new URL(`../shared/language/wordnet/${name}`, import.meta.url), `${lines.join('\n')}\n`);
}
