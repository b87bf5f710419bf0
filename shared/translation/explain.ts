import { TokenBuffer } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import type { Languages } from './languages.ts';
import type { Lattice } from './lattice.ts';
import type { Meaning } from './lexicon.ts';
import { TextTranslator } from './text-translator.ts';

/** Meanings that are told of a term: the likeliest. */
const MAX_MEANINGS = 3;

/** A word or phrase of a text, or a part of a word, and what it means in English. */
export interface TranslatedPiece {
  /** Its words with spaces between them, without case, with accents. */
  text: string;
  /** The likeliest first, at most MAX_MEANINGS; weights are in (0, 1]. */
  meanings: Meaning[];
}

/** What was looked up for a text: a word or a phrase is one piece; a word that is read by its parts is several. */
export interface TranslatedTerm {
  pieces: TranslatedPiece[];
}

/** How a text that is not English, or may be something else, was read. */
export interface TextTranslation {
  /** Its number among the texts. */
  text: number;
  /** The languages that it is taken to be of, the likeliest first: BCP-47 tags, and shares in (0, 1]. */
  languages: { tag: string; share: number }[];
  /** The words of the likeliest translation. */
  english: string[];
  /** By their first word, shorter ones first. */
  terms: TranslatedTerm[];
}

/**
 * Says how each text of a Pin is translated. Texts that are English are left out.
 * @param stated the BCP-47 tag that the Pin says it is of
 */
export function explainTranslations(
  texts: readonly string[],
  stated: string | null,
  languages: Languages,
): TextTranslation[] {
  const translator = new TextTranslator(languages);
  translator.texts.begin(stated);
  for (const text of texts) translator.texts.add(text);
  const translations: TextTranslation[] = [];
  texts.forEach((written, text) => {
    const english = new TokenBuffer();
    const lattice = translator.translate(text, written, english);
    if (lattice === undefined) return;
    const source = new TokenBuffer();
    source.addAccented(written);
    const { found, share, count } = translator.texts;
    translations.push({
      text,
      languages: Array.from(found.subarray(0, count), (language, i) => ({
        ...{ tag: languages.tags[language], share: share[i] },
      })),
      english: wordsOf(english.numbers.subarray(0, english.count)),
      terms: termsOf(wordsOf(source.numbers.subarray(0, source.count)), lattice, translator),
    });
  });
  return translations;
}

function termsOf(words: readonly string[], lattice: Lattice, translator: TextTranslator): TranslatedTerm[] {
  const terms: TranslatedTerm[] = [];
  for (let word = 0, node = 0; word < lattice.length; word++) {
    const first = node;
    while (lattice.word[node] === word) node++;
    for (const end of endsOf(first, lattice)) {
      const text = words.slice(word, lattice.word[end]).join(' ');
      terms.push({ pieces: [{ text, meanings: meaningsOf(first, end, lattice) }] });
    }
    // Inner nodes follow, those of each language after another: one for every piece but the first.
    let inner = first + 1;
    for (const letters of translator.lettersOf(words[word])) {
      if (letters.length < 2) continue;
      const nodes = [first, ...letters.slice(1).map(() => inner++), node];
      const pieces = letters.map((text, p) => ({
        ...{ text, meanings: meaningsOf(nodes[p], nodes[p + 1], lattice) },
      }));
      terms.push({ pieces });
    }
  }
  return terms;
}

/** The nodes, in order, at which a word or a phrase ends that begins at a node. */
function endsOf(node: number, { firstArc, to, word }: Lattice): number[] {
  const ends = to.subarray(firstArc[node], firstArc[node + 1]).filter((end) => word[end] > word[node]);
  return [...new Set(ends.sort())];
}

/** What leads from a node to another: the likeliest; an English word by its heaviest arc. */
function meaningsOf(from: number, end: number, lattice: Lattice): Meaning[] {
  const weights = new Map<string, Meaning>();
  for (let arc = lattice.firstArc[from]; arc < lattice.firstArc[from + 1]; arc++) {
    if (lattice.to[arc] !== end) continue;
    const english = wordsOf(lattice.words.subarray(lattice.firstWord[arc], lattice.firstWord[arc + 1]));
    const weight = lattice.weight[arc];
    const text = english.join(' ');
    if (weight > (weights.get(text)?.weight ?? 0)) weights.set(text, { english, weight });
  }
  return [...weights.values()].sort((a, b) => b.weight - a.weight).slice(0, MAX_MEANINGS);
}

function wordsOf(numbers: Int32Array): string[] {
  return Array.from(numbers, (number) => VOCABULARY.text(number));
}
