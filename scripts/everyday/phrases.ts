import type { Language } from './languages.ts';

/** A phrase cut to what is to be learnt from, and whether a qualifier in brackets was cut off. */
export interface Phrase {
  readonly text: string;
  readonly qualified: boolean;
}

const MOST_ENGLISH_WORDS = 5;
/** Other languages say with more words, or without spaces, what English says in five. */
const MOST_WORDS = 8;
const MOST_CHARACTERS = 60;

const INVISIBLE = /[\p{Cf}\uFE00-\uFE0F]+/gu;
const QUOTES = /["“”„‟«»「」『』]/gu;
/** Endings of gender or number, as of `Polizist(in)`: within a word, so no qualifier. */
const ENDING = /(?<=[\p{Script=Latin}])\(\p{Script=Latin}{1,4}\)/gu;
const QUALIFIER = /\s*(?:\([^()]*\)|（[^（）]*）|\([^()]*）|（[^()]*\))\s*/gu;
/** Marks of syntax, alternatives, lists and addresses; pictures. */
const TECHNICAL =
  /[:：;；,，、{}=<>|\\/／@#*_+~^%$…()（）[\]]|\.{2}|www\.|[\p{Extended_Pictographic}\p{So}\p{Sm}\p{Cc}]/u;
const LETTER = /\p{L}/u;

/**
 * The phrase without quotes, brackets and what ends a sentence, or undefined where it is no plain phrase of at most
 * five words of English, eight of another language.
 */
export function phraseOf(raw: string | undefined, language: Language): Phrase | undefined {
  if (raw === undefined) return undefined;
  const plain = raw.normalize('NFC').replace(INVISIBLE, '').replace(QUOTES, '').replace(ENDING, '');
  const unqualified = plain.replace(QUALIFIER, ' ');
  const text = unqualified
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/[\s.,!?。、！？·-]+$/u, '');
  if (!LETTER.test(text) || TECHNICAL.test(text) || text.length > MOST_CHARACTERS) return undefined;
  const words = text.split(' ').length;
  if (language.tag === 'en' ? words > MOST_ENGLISH_WORDS || !isEnglish(text) : words > MOST_WORDS) {
    return undefined;
  }
  if (language.script !== undefined && !language.script.test(text)) return undefined;
  return { text, qualified: unqualified !== plain };
}

/** Words of map editors and their forms. “Type” is said in a different way for each thing that it is the type of. */
const OF_FORMS =
  /^(?:yes|no|type)$|\b(?:wiki\w*|url|tags?|features?|unspecified|assumed to be|mapped separately)\b/i;

/** Latin letters, two of them together, and no number, which no dictionary translates. */
function isEnglish(text: string): boolean {
  return /\p{L}{2}/u.test(text) && !/\d|[^\P{L}\p{Script=Latin}]/u.test(text) && !OF_FORMS.test(text);
}
