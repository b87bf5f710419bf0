import { isEnglishWord } from '../language/known-words.ts';
import { MAX_CHUNK, spellingUnits, type SpellingModel } from './spelling.ts';

/** A word as English spells it. */
export interface Respelling {
  text: string;
  /** How surely the word is this one: in (0, 1]. */
  chance: number;
}

/** Spellings that are followed at each unit of a word. */
const BEAM = 10;

const MAX_RESPELLINGS = 5;

/** UTF-16 units beyond which a word is not respelt. */
const MAX_LENGTH = 40;

/** A word of one letter is spelt like too many. */
const LEAST_LETTERS = 2;

/**
 * How sure a respelling is that is an English word: the odds of a logistic regression on held-out words of 11 languages. The
 * longer the word is, the less it is one by accident; and the less English one that is likelier speaks against it.
 */
const SURENESS = { always: -1.8, logChance: 0.27, letter: 0.41, behind: -0.45 };

/** What is less sure is no better than leaving the word as it is. */
const LEAST_CHANCE = 0.4;

/** A spelling of a word, or of its beginning, and log of its chance. */
type Spelling = readonly [text: string, logChance: number];

/** Respells the words that a language shares with English. */
export class Respeller {
  readonly #model: SpellingModel;

  constructor(model: SpellingModel) {
    this.#model = model;
  }

  /**
   * English words that a word may be, the likeliest first: none where it is not likely to be any. Spellings that are no English word
   * are left out, since hardly any is right. Takes time linear in the length.
   *
   * @param word as `sourceWords` gives it
   */
  respell(word: string): Respelling[] {
    if (word.length > MAX_LENGTH) return [];
    const spellings = this.#spellings(spellingUnits(word));
    return spellings
      .filter(([text]) => text.length >= LEAST_LETTERS && isEnglishWord(text))
      .map(([text, log]) => ({ text, chance: sureness(text, log, spellings[0][1]) }))
      .filter(({ chance }) => chance >= LEAST_CHANCE)
      .sort((a, b) => b.chance - a.chance)
      .slice(0, MAX_RESPELLINGS);
  }

  /** The likeliest spellings of all units, the likeliest first: a beam search. */
  #spellings(units: readonly string[]): Spelling[] {
    /** By number of units: spellings of so many. */
    const reached = Array.from({ length: units.length + 1 }, () => new Map<string, number>());
    reached[0].set('', 0);
    for (let start = 0; start < units.length; start++) {
      const likeliest = byChance(reached[start]).slice(0, BEAM);
      if (likeliest.length === 0) continue;
      for (let end = start + 1; end <= Math.min(units.length, start + MAX_CHUNK); end++) {
        for (const { english, chance } of this.#model.get(units.slice(start, end).join('')) ?? []) {
          for (const [text, log] of likeliest) {
            const longer = text + english;
            const own = log + Math.log(chance);
            if (own > (reached[end].get(longer) ?? -Infinity)) reached[end].set(longer, own);
          }
        }
      }
    }
    return byChance(reached[units.length]);
  }
}

function byChance(spellings: ReadonlyMap<string, number>): Spelling[] {
  return [...spellings].sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1));
}

/** @param likeliest log of the chance of the likeliest spelling, English or not */
function sureness(text: string, log: number, likeliest: number): number {
  const { always, logChance, letter, behind } = SURENESS;
  const odds = always + logChance * log + letter * text.length + behind * (likeliest - log);
  return 1 / (1 + Math.exp(-odds));
}
