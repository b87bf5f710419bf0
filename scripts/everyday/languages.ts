/** A column of the corpus, and the names that the packages give its language: the first that has a phrase is taken. */
export interface Language {
  /** BCP-47 tag of the column. */
  readonly tag: string;
  /** Locales of CLDR's emoji annotations, which call Bokmål `no`. */
  readonly annotations: readonly string[];
  /** Locale of CLDR's other packages. */
  readonly cldr: string;
  /** Files of OpenStreetMap's translations. */
  readonly osm: readonly string[];
  /** What a phrase has at least one letter of, in a language whose own letters are not Latin. */
  readonly script?: RegExp;
}

const HAN = /\p{Script=Han}/u;

export const ENGLISH: Language = { tag: 'en', annotations: ['en'], cldr: 'en', osm: ['en'] };

/** Every language but English, in the order of the columns. */
export const LANGUAGES: readonly Language[] = [
  latin('cs'),
  latin('da'),
  latin('de'),
  latin('es'),
  latin('fi'),
  latin('fr'),
  latin('it'),
  { ...latin('ja'), script: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u },
  { ...latin('ko'), script: /\p{Script=Hangul}/u },
  { tag: 'nb', annotations: ['no'], cldr: 'nb', osm: ['nb', 'no'] },
  { ...latin('nl'), osm: ['nl', 'nl-NL'] },
  latin('pl'),
  { tag: 'pt-BR', annotations: ['pt'], cldr: 'pt', osm: ['pt-BR'] },
  { tag: 'pt-PT', annotations: ['pt-PT', 'pt'], cldr: 'pt-PT', osm: ['pt'] },
  latin('sv'),
  { ...latin('th'), script: /\p{Script=Thai}/u },
  latin('tr'),
  latin('vi'),
  { tag: 'zh-Hans', annotations: ['zh'], cldr: 'zh', osm: ['zh-CN'], script: HAN },
  { tag: 'zh-Hant', annotations: ['zh-Hant'], cldr: 'zh-Hant', osm: ['zh-TW'], script: HAN },
];

function latin(tag: string): Language {
  return { tag, annotations: [tag], cldr: tag, osm: [tag] };
}
