import { TokenBuffer, type Tokens } from '../language/tokens.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import { BestPath } from './best-path.ts';
import { Lattice } from './lattice.ts';
import { ENGLISH, type Languages } from './languages.ts';
import { TextLanguages } from './text-languages.ts';
import { translate, Translator, type Reading } from './translator.ts';

/** Translates the texts of one Pin at a time to English. Not for concurrent use; threads share the languages. */
export class TextTranslator {
  /** In which languages texts are: takes those of a Pin, before they are translated. */
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

  /**
   * All translations of a text, good until the next Pin; undefined where it is English. The words of the likeliest are added
   * to `tokens`.
   * @param written the text itself
   * @param words its words, where it is plain (`TokenBuffer.addPlain`)
   */
  translate(text: number, written: string, tokens: TokenBuffer, words?: Tokens): Lattice | undefined {
    const { texts } = this;
    texts.of(text);
    if (texts.count === 0 || (texts.count === 1 && texts.found[0] === this.#english)) return undefined;
    const readings: Reading[] = [];
    let english = 0;
    for (let i = 0; i < texts.count; i++) {
      const share = texts.share[i];
      if (texts.found[i] === this.#english) english = share;
      else readings.push({ translator: this.#translator(texts.found[i]), share });
    }
    const source = words ?? this.#wordsOf(written);
    if (source.from === source.to) return undefined;
    const lattice = (this.#lattices[text] ??= new Lattice());
    translate(source, readings, english, lattice);
    this.#bestPath.write(lattice, tokens);
    return lattice;
  }

  /** The words of a text, with their accents. */
  #wordsOf(written: string): Tokens {
    this.#source.clear();
    const to = this.#source.addAccented(written);
    return { numbers: this.#source.numbers, from: 0, to };
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
