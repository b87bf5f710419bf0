import { MAX_GRAM, spelling, type LetterModel } from '../letters.ts';

/** Longer runs are kept where they were met so often: those that were met once are half of all, and tell little. */
const ALWAYS_KEPT = 3;
const LEAST_COUNT = 2;

/**
 * Learns how a language spells its words: the chances of each letter after up to four others, interpolated with those after fewer
 * (Witten & Bell 1991). A word counts once, however often it is met: names of things repeat theirs too much.
 */
export function learnLetters(phrases: Iterable<string>): LetterModel {
  const words = new Set<string>();
  for (const phrase of phrases) for (const word of spelling(phrase)) words.add(word);
  const counts = new Map<string, number>();
  /** By context: how often it was met, and how many letters followed it. */
  const followed = new Map<string, { times: number; letters: number }>();
  for (const word of words) {
    const padded = ` ${word} `;
    for (let end = 2; end <= padded.length; end++) {
      for (let size = 1; size <= Math.min(MAX_GRAM, end); size++) {
        const gram = padded.slice(end - size, end);
        const context = gram.slice(0, -1);
        const before = counts.get(gram) ?? 0;
        counts.set(gram, before + 1);
        const after = followed.get(context) ?? { times: 0, letters: 0 };
        followed.set(context, after);
        after.times++;
        if (before === 0) after.letters++;
      }
    }
  }
  const chances = new Map<string, number>();
  const bySize = [...counts.keys()].sort((a, b) => a.length - b.length);
  for (const gram of bySize) {
    const { times, letters } = followed.get(gram.slice(0, -1))!;
    // The shortest are interpolated with all letters that there may be.
    const shorter = gram.length === 1 ? 1 / 1000 : chances.get(gram.slice(1))!;
    chances.set(gram, (counts.get(gram)! + letters * shorter) / (times + letters));
  }
  // A run that cuts a surrogate pair could not be written; it says no more than the pair does.
  const whole = [...chances].filter(
    ([gram]) => gram.isWellFormed() && (gram.length <= ALWAYS_KEPT || counts.get(gram)! >= LEAST_COUNT),
  );
  return new Map(whole.map(([gram, chance]) => [gram, Math.log2(chance)]));
}
