import type { LexiconContent, LexiconPart, LexiconTerm, Meaning } from '../lexicon.ts';
import { align } from './alignment.ts';
import { corpusOf, type ParallelCorpus, type ParallelPhrase } from './corpus.ts';
import { learnParts, type PartCounts, type PartLengths } from './parts.ts';
import { learnSpelling, type LinkedWord } from './spelling.ts';
import { likeliest, termsOf } from './terms.ts';

/** Parts that were met once are mostly whole rare words. */
const LEAST_PART_COUNT = 2;

/** Learns a lexicon from parallel phrases. Deterministic. */
export function learnLexicon(phrases: Iterable<ParallelPhrase>): LexiconContent {
  const corpus = corpusOf(phrases);
  const alignment = align(corpus);
  const parts = partsOf(learnParts(corpus, alignment, partLengths(corpus)));
  const terms = termsOf(corpus, alignment, parts);
  return { terms, parts, spelling: learnSpelling(linkedWords(terms)) };
}

/** Scripts whose characters say more than a letter: their parts are short. */
function partLengths({ source }: ParallelCorpus): PartLengths {
  const sample = source.texts.join('');
  const share = (script: RegExp): number => (sample.match(script)?.length ?? 0) / sample.length;
  if (share(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu) > 0.5)
    return { longest: 8, usual: 2 };
  if (share(/[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu) > 0.5)
    return { longest: 10, usual: 4 };
  return { longest: 12, usual: 6 };
}

/** What joins the parts of compounds, or ends words, goes with all lemmas and means none of them. */
const MEANS_NOTHING: readonly Meaning[] = [{ english: [], weight: 1 }];

function partsOf({ meanings }: PartCounts): LexiconPart[] {
  const counted = [...meanings].map(([text, of]) => {
    let count = 0;
    for (const own of of.values()) count += own;
    return { text, count, of };
  });
  const kept = counted.filter(({ count }) => count >= LEAST_PART_COUNT);
  const all = kept.reduce((sum, { count }) => sum + count, 0);
  return kept.map(({ text, count, of }) => {
    const own = likeliest(of, count);
    return { text, share: count / all, meanings: own.length > 0 ? own : MEANS_NOTHING };
  });
}

/** A word and a lemma are taken for one another's translation where they are as likely to be. */
const LEAST_LINK = 0.15;

/** Words with the lemma that each most likely means. */
function* linkedWords(terms: readonly LexiconTerm[]): Generator<LinkedWord> {
  for (const { words, meanings } of terms) {
    const [{ english, weight }] = meanings;
    if (words.length === 1 && english.length === 1 && weight >= LEAST_LINK)
      yield { word: words[0], english: english[0], weight };
  }
}
