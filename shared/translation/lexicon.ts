import { sharedFloat32, sharedInt32 } from '../arrays/shared.ts';
import { withoutAccents } from '../language/normalise.ts';
import { StringTable, type StringTableData } from '../arrays/string-table.ts';

/** One way to translate a term or a part of a word. */
export interface Meaning {
  /** English words; none where it means nothing that is worth a word. */
  english: readonly string[];
  /** Share of its uses that mean this: in (0, 1]. */
  weight: number;
}

/** A word or a phrase of the source language. */
export interface LexiconTerm {
  /** Its words as `sourceWords` gives them. */
  words: readonly string[];
  /** The likeliest first. */
  meanings: readonly Meaning[];
}

/** A part of which words are made: a stem, an ending, a part of a compound. */
export interface LexiconPart {
  text: string;
  /** Its share of all parts that were met: in (0, 1]. */
  share: number;
  meanings: readonly Meaning[];
}

/** What a language's words mean in English. */
export interface LexiconContent {
  terms: readonly LexiconTerm[];
  parts: readonly LexiconPart[];
}

/** A lexicon in memory that threads share. */
export interface SharedLexicon {
  /** Words of each term closed up: where people put spaces differs, and segmenters differ too. */
  terms: StringTableData;
  parts: StringTableData;
  /** By part: what it costs to take a word for made of it, -log of its share. */
  partCost: Float32Array;
  /** By term, then by part: its first meaning; the end of the last. */
  first: Int32Array;
  /** By meaning. */
  weight: Float32Array;
  /** By meaning: its first word; the end of the last. */
  firstWord: Int32Array;
  /** Numbers in `english`. */
  words: Int32Array;
  english: StringTableData;
  /** UTF-16 units of the longest term, and characters of the longest part. */
  longestTerm: number;
  longestPart: number;
  /** Words of the longest term. */
  mostWords: number;
}

/**
 * Lays a lexicon out. Terms that are the same but for their spaces share their meanings. What is written without accents means
 * what any word means that differs from it in accents alone, where it is no term itself: people leave accents out.
 */
export function layOutLexicon({ terms, parts }: LexiconContent): SharedLexicon {
  const byText = new Map<string, Meaning[]>();
  for (const { words, meanings } of terms) {
    const text = words.join('');
    byText.set(text, [...(byText.get(text) ?? []), ...meanings]);
  }
  for (const [plain, meanings] of withoutTheirAccents([...byText])) byText.set(plain, meanings);
  const all = [...byText.values(), ...parts.map(({ meanings }) => meanings)];
  const count = all.reduce((sum, meanings) => sum + meanings.length, 0);
  const first = sharedInt32(all.length + 1);
  const weight = sharedFloat32(count);
  const firstWord = sharedInt32(count + 1);
  const english = new Map<string, number>();
  const words: number[] = [];
  let meaning = 0;
  all.forEach((meanings, entry) => {
    for (const { english: translation, weight: own } of meanings) {
      weight[meaning] = own;
      for (const word of translation) {
        if (!english.has(word)) english.set(word, english.size);
        words.push(english.get(word)!);
      }
      firstWord[++meaning] = words.length;
    }
    first[entry + 1] = meaning;
  });
  const partCost = sharedFloat32(parts.length);
  parts.forEach((part, p) => (partCost[p] = -Math.log(part.share)));
  const shared = sharedInt32(words.length);
  shared.set(words);
  const texts = [...byText.keys()];
  return {
    terms: StringTable.build(texts).data,
    parts: StringTable.build(parts.map(({ text }) => text)).data,
    ...{ partCost, first, weight, firstWord, words: shared },
    english: StringTable.build([...english.keys()]).data,
    longestTerm: texts.reduce((longest, text) => Math.max(longest, text.length), 0),
    longestPart: parts.reduce((longest, { text }) => Math.max(longest, [...text].length), 0),
    mostWords: terms.reduce((most, term) => Math.max(most, term.words.length), 0),
  };
}

/** Texts without the accents that they have, with all that they may mean then; none that stands among the texts. */
function withoutTheirAccents(texts: readonly (readonly [string, Meaning[]])[]): Map<string, Meaning[]> {
  const own = new Set(texts.map(([text]) => text));
  const plain = new Map<string, Meaning[]>();
  for (const [text, meanings] of texts) {
    const without = withoutAccents(text);
    if (!own.has(without)) plain.set(without, [...(plain.get(without) ?? []), ...meanings]);
  }
  return plain;
}
