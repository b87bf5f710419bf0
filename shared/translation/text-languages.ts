import type { Tokens } from '../language/tokens.ts';
import type { Identifier } from './identifier.ts';
import type { Languages } from './languages.ts';

/** What a stated language counts for, in bits: more than two or three words tell, less than a sentence. */
const STATED = 12;

/** What the other texts of a Pin count for, against the text itself. */
const OTHERS = 0.25;

/** Letters that follow each other are not independent: a bit of likelihood is worth so much. */
const TRUST = 0.5;

/** A language that is less likely is not tried. */
const LEAST = 0.1;

/** Languages that a text is read in, at most: a mixed text, or one that could be either. */
const MAX_LANGUAGES = 2;

/** Log₂ of a chance that is none, against the likeliest. */
const NEGLIGIBLE = -16;

/** In which languages the texts of one Pin are, one Pin at a time. */
export class TextLanguages {
  readonly #languages: Languages;
  readonly #identifier: Identifier;
  readonly #all: Float64Array;
  /** By text: log₂ likelihoods, by language. */
  readonly #scores: Float64Array[] = [];
  readonly #chances: Float64Array;
  #stated = -1;
  #texts = 0;
  /** The languages of the text asked for last, the likeliest first, and their shares, which add up to 1: the first `count`. */
  readonly found = new Int32Array(MAX_LANGUAGES);
  readonly share = new Float64Array(MAX_LANGUAGES);
  count = 0;

  constructor(languages: Languages) {
    this.#languages = languages;
    this.#identifier = languages.identifier();
    this.#all = new Float64Array(languages.tags.length);
    this.#chances = new Float64Array(languages.tags.length);
  }

  /** Starts a Pin whose texts are added next. @param stated the tag of its language field */
  begin(stated: string | null): void {
    this.#stated = stated === null ? -1 : this.#languages.indexOf(stated);
    this.#all.fill(0);
    this.#texts = 0;
  }

  /** Adds a text. @param words its words, where it is plain (`TokenBuffer.addPlain`) */
  add(text: string, words?: Tokens): void {
    const scores = (this.#scores[this.#texts++] ??= new Float64Array(this.#all.length)).fill(0);
    if (words === undefined) this.#identifier.score(text, scores);
    else this.#identifier.scorePlain(words, scores);
    for (let language = 0; language < scores.length; language++) this.#all[language] += scores[language];
  }

  /** Finds the languages of one of the texts, by its place among them; none where nothing says which. */
  of(text: number): void {
    const scores = this.#scores[text];
    const chances = this.#chances;
    const languages = chances.length;
    this.count = 0;
    let best = 0;
    let least = 0;
    for (let language = 0; language < languages; language++) {
      const others = this.#all[language] - scores[language];
      chances[language] = TRUST * (scores[language] + OTHERS * others);
      if (language === this.#stated) chances[language] += STATED;
      if (chances[language] > chances[best]) best = language;
      if (chances[language] < chances[least]) least = language;
    }
    // What says nothing of its language (a number, a sign) is the same in all.
    const saysNothing = languages === 0 || (chances[best] === 0 && chances[least] === 0);
    if (!saysNothing) this.#choose(best);
  }

  /** Chooses those that are read. @param best the likeliest, by the log₂ chances */
  #choose(best: number): void {
    const chances = this.#chances;
    let second = -1;
    let sum = 0;
    for (let language = 0; language < chances.length; language++) {
      const behind = chances[language] - chances[best];
      // What is so far behind adds nothing.
      if (behind < NEGLIGIBLE) continue;
      sum += 2 ** behind;
      if (language !== best && (second < 0 || chances[language] > chances[second])) second = language;
    }
    this.found[this.count++] = best;
    this.share[0] = 1;
    if (second < 0) return;
    const share = 2 ** (chances[second] - chances[best]);
    if (share < LEAST * sum) return;
    // Relatives that could be meant as well are not read, and take nothing from those that are.
    this.found[this.count++] = second;
    this.share[0] = 1 / (1 + share);
    this.share[1] = share / (1 + share);
  }
}
