import { LIKELY, type Alignment } from './alignment.ts';
import type { ParallelCorpus, WordPair } from './corpus.ts';

/** Words of the longest phrase that gets an entry, on either side. */
const MAX_PHRASE = 4;

/** How sure a link must be that is not the best of both its words. */
const SURE = 0.5;

/** What phrases of the source language mean, counted. */
export class PhraseCounts {
  /** By source phrase (its words joined by spaces): by English phrase (likewise), how often it means that. */
  readonly meanings = new Map<string, Map<string, number>>();
  /** By source phrase: how often it was met, aligned or not. */
  readonly met = new Map<string, number>();

  add(phrase: string, english: string): void {
    let meanings = this.meanings.get(phrase);
    if (!meanings) this.meanings.set(phrase, (meanings = new Map<string, number>()));
    meanings.set(english, (meanings.get(english) ?? 0) + 1);
  }
}

/**
 * Counts what phrases mean (Koehn, Och & Marcu 2003): runs of source words all of whose links go to English words that
 * have no other links. A word that is linked to nothing goes with the phrase around it, and by itself means ''.
 */
export function countPhrases({ pairs, source, target }: ParallelCorpus, { links }: Alignment): PhraseCounts {
  const counts = new PhraseCounts();
  pairs.forEach((pair, p) => {
    const linked = sureLinks(pair, links[p]);
    for (let start = 0; start < pair.source.length; start++) {
      const last = Math.min(pair.source.length, start + MAX_PHRASE);
      let phrase = '';
      for (let end = start + 1; end <= last; end++) {
        phrase += (end === start + 1 ? '' : ' ') + source.texts[pair.source[end - 1]];
        counts.met.set(phrase, (counts.met.get(phrase) ?? 0) + 1);
        const meaning = meaningOf(pair, linked, start, end);
        if (meaning !== undefined)
          counts.add(phrase, meaning.map((j) => target.texts[pair.target[j]]).join(' '));
      }
    }
  });
  return counts;
}

/** By source word × target word: 1 where they are linked: each word's best link where it is likely, and all sure ones. */
function sureLinks({ source, target }: WordPair, links: Float32Array): Uint8Array {
  const n = target.length;
  const linked = new Uint8Array(links.length);
  for (let i = 0; i < source.length; i++) {
    let best = -1;
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      if (links[at] >= SURE) linked[at] = 1;
      if (best < 0 || links[at] > links[best]) best = at;
    }
    if (links[best] >= LIKELY) linked[best] = 1;
  }
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let at = j; at < links.length; at += n) if (links[at] > links[best]) best = at;
    if (links[best] >= LIKELY) linked[best] = 1;
  }
  return linked;
}

/**
 * The target words that source words `start` until `end` mean, in order; undefined where they are more than a phrase, or
 * mean something together with words outside. A phrase begins and ends with words that mean something.
 */
function meaningOf(pair: WordPair, linked: Uint8Array, start: number, end: number): number[] | undefined {
  const n = pair.target.length;
  const meaning: number[] = [];
  for (let j = 0; j < n; j++) {
    let inside = false;
    let outside = false;
    for (let i = 0; i < pair.source.length; i++) {
      if (linked[i * n + j] === 0) continue;
      if (i >= start && i < end) inside = true;
      else outside = true;
    }
    if (inside && outside) return undefined;
    if (inside) meaning.push(j);
  }
  if (meaning.length > MAX_PHRASE) return undefined;
  if (end - start > 1 && (isEmpty(linked, start, n) || isEmpty(linked, end - 1, n))) return undefined;
  return meaning;
}

function isEmpty(linked: Uint8Array, i: number, n: number): boolean {
  for (let j = 0; j < n; j++) if (linked[i * n + j] === 1) return false;
  return true;
}
