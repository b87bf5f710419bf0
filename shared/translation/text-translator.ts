import { TokenBuffer } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import { BestPath } from './best-path.ts';
import { Lattice } from './lattice.ts';
import { ENGLISH, type Languages } from './languages.ts';
import { TextLanguages } from './text-languages.ts';
import { translate, Translator, type Reading } from './translator.ts';

/** Translates the texts of one Pin at a time to English. Not for concurrent use; threads share the languages. */
export class TextTranslator {
  /** In which languages the text that was asked for last is. */
  readonly texts: TextLanguages;
  readonly #languages: Languages;
  readonly #translators = new Map<number, Translator>();
  readonly #english: number;
  /** Words of the text in hand, with their accents. */
  readonly #source = new TokenBuffer();
  readonly #bestPath = new BestPath();
  /** By text. */
  readonly #lattices: Lattice[] = [];

  constructor(languages: Languages) {
    this.#languages = languages;
    this.texts = new TextLanguages(languages);
    this.#english = languages.tags.indexOf(ENGLISH);
  }

  /** Starts a Pin. @param stated the tag of its language field */
  read(texts: readonly string[], stated: string | null): void {
    this.texts.read(texts, stated);
  }

  /**
   * All translations of a text, good until the next Pin; undefined where it is English. The words of the likeliest are added
   * to `tokens`.
   * @param written the text itself
   */
  translate(text: number, written: string, tokens: TokenBuffer): Lattice | undefined {
    const { texts } = this;
    texts.of(text);
    const readings: Reading[] = [];
    let english = 0;
    for (let i = 0; i < texts.count; i++) {
      const share = texts.share[i];
      if (texts.found[i] === this.#english) english = share;
      else readings.push({ translator: this.#translator(texts.found[i]), share });
    }
    if (readings.length === 0) return undefined;
    this.#source.clear();
    const to = this.#source.addAccented(written);
    if (to === 0) return undefined;
    const lattice = (this.#lattices[text] ??= new Lattice());
    translate({ numbers: this.#source.numbers, from: 0, to }, readings, english, lattice);
    this.#bestPath.write(lattice, tokens);
    return lattice;
  }

  #translator(language: number): Translator {
    let translator = this.#translators.get(language);
    if (translator === undefined) {
      translator = new Translator(this.#languages.lexicon(language)!);
      this.#translators.set(language, translator);
    }
    return translator;
  }

  /** By language that the text asked for last was read in: the letters of each piece that a word of it is made of. */
  lettersOf(word: string): string[][] {
    const number = VOCABULARY.numberOf(word);
    return [...this.texts.found.subarray(0, this.texts.count)]
      .filter((language) => language !== this.#english)
      .map((language) => this.#translator(language).lettersOf(number));
  }
}
