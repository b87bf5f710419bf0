import type { Identifier } from './identifier.ts';
import type { Languages } from './languages.ts';

/** What a stated language counts for, in bits: more than a short text tells, less than a long one. */
const STATED = 8;

/** What the other texts of a Pin count for, against the text itself. */
const OTHERS = 0.25;

/** Letters that follow each other are not independent: a bit of likelihood is worth so much. */
const TRUST = 0.5;

/** A language that is less likely is not tried. */
const LEAST = 0.1;

/** Languages that a text is read in, at most: a mixed text, or one that could be either. */
const MAX_LANGUAGES = 2;

/** In which languages the texts of one Pin are, one Pin at a time. */
export class TextLanguages {
  readonly #languages: Languages;
  readonly #identifier: Identifier;
  readonly #all: Float64Array;
  /** By text: log₂ likelihoods, by language. */
  readonly #scores: Float64Array[] = [];
  readonly #chances: Float64Array;
  #stated = -1;
  /** The languages of the text asked for last, the likeliest first: the first `count`. */
  readonly found = new Int32Array(MAX_LANGUAGES);
  readonly share = new Float64Array(MAX_LANGUAGES);
  count = 0;

  constructor(languages: Languages) {
    this.#languages = languages;
    this.#identifier = languages.identifier();
    this.#all = new Float64Array(languages.tags.length);
    this.#chances = new Float64Array(languages.tags.length);
  }

  /** Starts a Pin. @param stated the tag of its language field */
  read(texts: readonly string[], stated: string | null): void {
    this.#stated = stated === null ? -1 : this.#languages.indexOf(stated);
    this.#all.fill(0);
    texts.forEach((text, t) => {
      const scores = (this.#scores[t] ??= new Float64Array(this.#all.length)).fill(0);
      this.#identifier.score(text, scores);
      for (let language = 0; language < scores.length; language++) this.#all[language] += scores[language];
    });
  }

  /** Finds the languages of one of the texts. */
  of(text: number): void {
    const scores = this.#scores[text];
    const chances = this.#chances;
    let best = -Infinity;
    for (let language = 0; language < chances.length; language++) {
      const others = this.#all[language] - scores[language];
      chances[language] = TRUST * (scores[language] + OTHERS * others);
      if (language === this.#stated) chances[language] += STATED;
      best = Math.max(best, chances[language]);
    }
    let sum = 0;
    for (let language = 0; language < chances.length; language++)
      sum += chances[language] = 2 ** (chances[language] - best);
    this.count = 0;
    while (this.count < Math.min(MAX_LANGUAGES, chances.length)) {
      let likeliest = 0;
      for (let language = 1; language < chances.length; language++)
        if (chances[language] > chances[likeliest]) likeliest = language;
      if (this.count > 0 && chances[likeliest] < LEAST * sum) return;
      this.found[this.count] = likeliest;
      this.share[this.count++] = chances[likeliest] / sum;
      chances[likeliest] = -1;
    }
  }
}
