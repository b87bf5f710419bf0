import { normaliseAccented } from '../language/normalise.ts';
import { tokenise } from '../language/tokenise.ts';

/** The words of a text of any language, in order, with their accents: segmented where the script has no spaces. */
export function sourceWords(text: string): string[] {
  return tokenise(normaliseAccented(text));
}
