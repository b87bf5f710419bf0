/** A longer run of letters is no word of any language: it is cut, so that no later step meets it. */
export const MAX_WORD = 64;

/** The same of a run of letters without spaces between its words. */
const MAX_UNSPACED = MAX_WORD * 16;

/** A run of letters, marks and digits, apostrophes inside; `&` is a word too. */
const RUN = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|&/gu;

/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const SEGMENTER = new Intl.Segmenter('und', { granularity: 'word' });

/**
 * The platform reads some runs otherwise before it has met certain letters: it meets them here, so that what a process read first makes no
 * difference.
 */
for (const run of ['ー供', '漢字カナかな', 'ภาษาไทย', 'ພາສາລາວ', 'ភាសាខ្មែរ', 'မြန်မာစာ']) segment(run);

/** Words of a normalised text, in order. Possessive endings go, other apostrophes close up: `o'brien` is `obrien`. */
export function tokenise(normalised: string): string[] {
  return runsOf(normalised).flatMap((run) => (isUnspaced(run) ? segment(run) : wordOf(run)));
}

/** Runs of letters of a normalised text: words, and where the script has no spaces several words each. */
export function runsOf(normalised: string): string[] {
  return normalised.match(RUN) ?? [];
}

/** Whether a run is several words, which `segment` tells apart. */
export function isUnspaced(run: string): boolean {
  return UNSPACED.test(run);
}

/** The word that any other run is. */
export function wordOf(run: string): string {
  if (run === '&') return 'and';
  const word = run.replace(/['’]s$/, '').replace(/['’]/g, '');
  return word.slice(0, MAX_WORD);
}

/**
 * The words of a run that has no spaces. Each run is segmented by itself: in a text of several, the platform lets some words depend on
 * the run before.
 */
export function segment(run: string): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of SEGMENTER.segment(run.slice(0, MAX_UNSPACED))) {
    if (isWordLike) words.push(segment);
  }
  return words;
}
