import type { LexiconPart, LexiconTerm, Meaning } from '../lexicon.ts';
import { cheapestPieces } from '../split.ts';
import { LIKELY, type Alignment } from './alignment.ts';
import type { ParallelCorpus } from './corpus.ts';
import { countPhrases } from './phrases.ts';

/** Meanings that a term or a part keeps. */
const MAX_MEANINGS = 5;

/** A meaning that is rarer is an error of the alignment, mostly. */
const LEAST_WEIGHT = 0.05;

/** A word that was not met more often may mean what its parts mean, too: its own alignment is hardly more than a guess. */
const RARE = 2;

/** What the parts of a rare word count, against itself. */
const PARTS_OF_RARE = 0.5;

/** Characters of the longest part that is looked for in a rare word. */
const LONGEST_PART = 12;

/** The likeliest of what was counted. @param all how often it was met */
export function likeliest(counts: ReadonlyMap<string, number>, all: number): Meaning[] {
  return [...counts]
    .map(([english, count]) => ({
      english: english === '' ? [] : english.split(' '),
      weight: Math.min(1, count / all),
    }))
    .filter(({ weight }) => weight >= LEAST_WEIGHT)
    .sort((a, b) => b.weight - a.weight || (a.english.join(' ') < b.english.join(' ') ? -1 : 1))
    .slice(0, MAX_MEANINGS);
}

/** Words with what they are linked to, and phrases with what they mean as a whole. */
export function termsOf(
  corpus: ParallelCorpus,
  alignment: Alignment,
  parts: readonly LexiconPart[],
): LexiconTerm[] {
  const words = countWords(corpus, alignment);
  const phrases = countPhrases(corpus, alignment);
  const byText = new Map(parts.map((part) => [part.text, part]));
  const terms: LexiconTerm[] = [];
  words.forEach(({ met, meanings }, word) => {
    const text = corpus.source.texts[word];
    for (const [english, count] of phrases.meanings.get(text) ?? [])
      if (english.includes(' ')) meanings.set(english, count);
    if (met <= RARE) addParts(text, byText, met, meanings);
    terms.push({ words: [text], meanings: likeliest(meanings, met) });
  });
  for (const [phrase, meanings] of phrases.meanings) {
    if (!phrase.includes(' ')) continue;
    terms.push({ words: phrase.split(' '), meanings: likeliest(meanings, phrases.met.get(phrase)!) });
  }
  return terms.filter(({ meanings }) => meanings.length > 0);
}

interface WordCounts {
  met: number;
  /** By lemma, '' for none. */
  meanings: Map<string, number>;
}

/** What each source word is linked to. */
function countWords({ source, target, pairs }: ParallelCorpus, { links }: Alignment): WordCounts[] {
  const linked = source.texts.map(() => new Map<string, number>());
  const met = new Int32Array(source.texts.length);
  /** How often nothing was likely to be what the word means. */
  const idle = new Int32Array(source.texts.length);
  pairs.forEach((pair, p) => {
    const n = pair.target.length;
    pair.source.forEach((word, i) => {
      met[word]++;
      let best = 0;
      pair.target.forEach((lemma, j) => {
        const link = links[p][i * n + j];
        const text = target.texts[lemma];
        best = Math.max(best, link);
        linked[word].set(text, (linked[word].get(text) ?? 0) + link);
      });
      if (best < LIKELY) idle[word]++;
    });
  });
  return linked.map((counts, word) => {
    let sum = 0;
    for (const count of counts.values()) sum += count;
    const scale = sum > 0 ? (met[word] - idle[word]) / sum : 0;
    const meanings = new Map([...counts].map(([lemma, count]) => [lemma, count * scale]));
    if (idle[word] > 0) meanings.set('', idle[word]);
    return { met: met[word], meanings };
  });
}

/** Adds to the meanings of a rare word those of its parts. */
function addParts(
  word: string,
  parts: ReadonlyMap<string, LexiconPart>,
  met: number,
  meanings: Map<string, number>,
): void {
  const characters = [...word];
  const pieces = cheapestPieces(characters, LONGEST_PART, (piece, size) => {
    const part = parts.get(piece);
    // The word itself is known already.
    return part === undefined || size === characters.length ? Infinity : -Math.log(part.share);
  });
  for (const piece of pieces) {
    for (const { english, weight } of parts.get(piece)!.meanings) {
      if (english.length === 0) continue;
      const text = english.join(' ');
      meanings.set(text, Math.max(meanings.get(text) ?? 0, PARTS_OF_RARE * weight * met));
    }
  }
}
