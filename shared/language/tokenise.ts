/** A longer run of letters is no word of any language: it is cut, so that no later step meets it. */
export const MAX_WORD = 64;

/** A run of letters, marks and digits, apostrophes inside; `&` is a word too. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|&/gu;

/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const SEGMENTER = new Intl.Segmenter('und', { granularity: 'word' });

/** Words of a normalised text, in order. Possessive endings go, other apostrophes close up: `o'brien` is `obrien`. */
export function tokenise(normalised: string): string[] {
  const words: string[] = [];
  for (const [run] of normalised.matchAll(WORD)) {
    if (run === '&') words.push('and');
    else if (UNSPACED.test(run)) {
      for (const { segment, isWordLike } of SEGMENTER.segment(run.slice(0, MAX_WORD * 16))) {
        if (isWordLike) words.push(segment);
      }
    } else {
      const word = run.replace(/['’]s$/, '').replace(/['’]/g, '');
      if (word !== '') words.push(word.slice(0, MAX_WORD));
    }
  }
  return words;
}
