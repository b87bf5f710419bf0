/** Runs of letters of a language, each with how likely its last letter is after the others: log₂ in (-∞, 0). */
export type LetterModel = ReadonlyMap<string, number>;

/** A model as the text of a file, a run and its chance a line. */
export function writeLetters(model: LetterModel): string {
  return [...model].map(([gram, log]) => `${gram}\t${log.toFixed(2)}\n`).join('');
}

/** Letters of the longest run. */
export const MAX_GRAM = 5;

/** The words of a text as they are spelt in it, without case; accents tell languages apart. */
export function spelling(text: string): string[] {
  return text.toWellFormed().normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

const WORD = /[\p{L}\p{M}]+/gu;
