import { createHash } from 'node:crypto';
import { emptyGeneration } from '../shared/cooccurrence/generation.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { NO_ENGAGEMENT, type Pin } from '../shared/pins/pin.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import type { Language } from '../shared/translation/language.ts';
import { ENGLISH, type Languages } from '../shared/translation/languages.ts';
import { learnEnglish, learnLanguage } from '../shared/translation/learn-language.ts';
import type { ParallelPhrase } from '../shared/translation/learning/corpus.ts';
import { isOfLanguage, type ParallelText } from '../shared/translation/parallel.ts';
import { sourceWords } from '../shared/translation/source-words.ts';
import { TextLanguages } from '../shared/translation/text-languages.ts';
import type { TaxonomyArtefacts } from '../workers/artefacts.ts';
import { rankAll } from './evaluate.ts';

/** Share of the names that a language is tested on, and does not learn from. */
const TESTED = 0.1;

/** Suggestions that count as the first ones. */
const TOP = 5;

/** A name of an interest. */
interface InterestName {
  phrase: string;
  /** Its words: names with the same words are the same name. */
  key: string;
  /** Dense index. */
  interest: number;
}

/** The names of a taxonomy in one language, and other phrases of it: what it learns from, and what it is tested on. */
export interface DividedLanguage {
  tag: string;
  /** Each name of each interest once. None of them has the words of a phrase that is learned from. */
  tests: InterestName[];
  /** Of English, both sides are the same. */
  training: ParallelPhrase[];
}

/**
 * Divides the names of a language by a hash of their words, so that the same name is on one side wherever it stands.
 * All other phrases are learned from, except those that are tested.
 *
 * @throws P2iError CONFIG_INVALID where there is no name to test in a language other than English
 */
export function divideLanguage(
  tag: string,
  taxonomy: Taxonomy,
  others: readonly ParallelText[],
): DividedLanguage {
  const tests = new Map<string, InterestName>();
  const training: ParallelPhrase[] = [];
  let names = 0;
  const tested = new Set<string>();
  for (const { phrase, interest } of namesOf(taxonomy, tag)) {
    const key = keyOf(phrase);
    if (key === '') continue;
    names++;
    if (!isTested(key)) {
      training.push({ phrase, english: taxonomy.names[interest] });
      continue;
    }
    tested.add(key);
    const name = `${interest} ${key}`;
    if (taxonomy.hidden[interest] === 0) tests.set(name, { phrase, key, interest });
  }
  if (tests.size === 0 && tag !== ENGLISH) {
    const message = `of the ${names} names that the taxonomy has in ${tag} none falls to the tests`;
    throw new P2iError('CONFIG_INVALID', message, { where: '--language' });
  }
  for (const text of others)
    for (const pair of phrasesOf(text, tag)) if (!tested.has(keyOf(pair.phrase))) training.push(pair);
  return { tag, tests: [...tests.values()], training };
}

function* namesOf(taxonomy: Taxonomy, tag: string): Generator<{ phrase: string; interest: number }> {
  if (tag === ENGLISH) {
    for (const [interest, phrase] of taxonomy.names.entries()) yield { phrase, interest };
    return;
  }
  for (const [interest, translations] of taxonomy.translations)
    for (const [own, phrases] of Object.entries(translations))
      if (isOfLanguage(own, tag)) for (const phrase of phrases) yield { phrase, interest };
}

/** Of a text that lacks the language, none. */
function phrasesOf(text: ParallelText, tag: string): ParallelPhrase[] {
  if (tag === ENGLISH) return text.english.map((phrase) => ({ phrase, english: phrase }));
  return text.has(tag) ? text.phrasesOf(tag) : [];
}

function keyOf(phrase: string): string {
  return sourceWords(phrase).join(' ');
}

function isTested(key: string): boolean {
  return createHash('sha256').update(key).digest().readUInt32BE() < TESTED * 2 ** 32;
}

/** Learns a language from what it is not tested on. @throws P2iError PHRASES_INVALID */
export function learnDivided({ tag, training }: DividedLanguage): Language {
  if (tag !== ENGLISH) return learnLanguage(tag, tag, training);
  return learnEnglish(
    tag,
    training.map(({ phrase }) => phrase),
  );
}

/** How often an interest is found by its name: shares in [0, 1] of the names. */
export interface FoundShares {
  /** It is among the candidates. */
  candidates: number;
  /** It is among the first five suggestions. */
  top5: number;
  /** It is among the first five suggestions of its level. */
  top5OfLevel: number;
}

const MEASURES = ['candidates', 'top5', 'top5OfLevel'] as const satisfies (keyof FoundShares)[];

/** How one language fares. */
export interface LanguageFigures {
  tag: string;
  /** Parallel phrases that it learned from. */
  phrases: number;
  /** Names that it was tested on. */
  names: number;
  found: FoundShares;
  /** What the English names of the same interests get. */
  english: FoundShares;
  /** `found` as a share of `english`. */
  ofEnglish: FoundShares;
}

/** How often the language of a name is found where the Pin states none. */
export interface IdentificationFigures {
  names: number;
  /** Share of them; NaN of none. */
  found: number;
}

/** How languages fare. */
export interface LanguageEvaluation {
  languages: LanguageFigures[];
  mean: { found: FoundShares; ofEnglish: FoundShares };
  /** Of each figure by itself. */
  minimum: { found: FoundShares; ofEnglish: FoundShares };
  identification: {
    /** Over all names of all languages, English among them. */
    all: IdentificationFigures;
    /** Over those that are names in one language only. */
    unshared: IdentificationFigures;
    languages: { tag: string; all: IdentificationFigures; unshared: IdentificationFigures }[];
  };
}

/**
 * Tests languages: each name becomes a Pin with a title and a language and nothing else, on a corpus of which nothing is known.
 *
 * @param divided English among them
 * @param artefacts their languages learned from the training parts
 * @param onProgress how many Pins were classified
 */
export function evaluateLanguages(
  divided: readonly DividedLanguage[],
  artefacts: TaxonomyArtefacts,
  model: RankingModel,
  onProgress: (done: number) => void = () => undefined,
): LanguageEvaluation {
  const places = placesBy(artefacts, model, onProgress);
  const others = divided.filter(({ tag }) => tag !== ENGLISH);
  const inEnglish = placesInEnglish(others, artefacts.taxonomy, places);
  const languages = others.map(({ tag, tests, training }): LanguageFigures => {
    const found = sharesOf(places(tests, tag));
    const english = sharesOf(tests.map(({ interest }) => inEnglish.get(interest)!));
    const ofEnglish = eachMeasure((measure) => found[measure] / english[measure]);
    return { tag, phrases: training.length, names: tests.length, found, english, ofEnglish };
  });
  const over = (combine: (values: number[]) => number, of: 'found' | 'ofEnglish'): FoundShares =>
    eachMeasure((measure) => combine(languages.map((figures) => figures[of][measure])));
  const smallest = (values: number[]): number => Math.min(...values);
  return {
    languages,
    mean: { found: over(meanOf, 'found'), ofEnglish: over(meanOf, 'ofEnglish') },
    minimum: { found: over(smallest, 'found'), ofEnglish: over(smallest, 'ofEnglish') },
    identification: identify(divided, artefacts.languages),
  };
}

/** How many Pins `evaluateLanguages` classifies. */
export function countEvaluated(divided: readonly DividedLanguage[]): number {
  const others = divided.filter(({ tag }) => tag !== ENGLISH);
  const interests = new Set(others.flatMap(({ tests }) => tests.map(({ interest }) => interest)));
  return interests.size + others.reduce((sum, { tests }) => sum + tests.length, 0);
}

/** Where the interest came out that a name is of: each from 0, Infinity where it did not. */
interface Place {
  ofAll: number;
  ofLevel: number;
}

type Places = (names: readonly Omit<InterestName, 'key'>[], tag: string) => Place[];

/** What finds the places of names in a language, in their order. */
function placesBy(
  artefacts: TaxonomyArtefacts,
  model: RankingModel,
  onProgress: (done: number) => void,
): Places {
  const { taxonomy } = artefacts;
  const generation = emptyGeneration(taxonomy);
  let done = 0;
  return (names, tag) => {
    const pins = names.map(({ phrase }, n) => titled(String(n), phrase, tag));
    return Array.from(rankAll(pins, artefacts, generation, model, 'batch'), ({ pin, interests }) => {
      onProgress(++done);
      return placeOf(names[Number(pin.id)].interest, interests, taxonomy);
    });
  };
}

function placeOf(interest: number, ranked: Int32Array, { level }: Taxonomy): Place {
  const ofAll = ranked.indexOf(interest);
  if (ofAll < 0) return { ofAll: Infinity, ofLevel: Infinity };
  let ofLevel = 0;
  for (let i = 0; i < ofAll; i++) if (level[ranked[i]] === level[interest]) ofLevel++;
  return { ofAll, ofLevel };
}

/** By interest that is tested in any language: the place that its English name gives it. */
function placesInEnglish(
  divided: readonly DividedLanguage[],
  { names }: Taxonomy,
  places: Places,
): Map<number, Place> {
  const tested = [...new Set(divided.flatMap(({ tests }) => tests.map(({ interest }) => interest)))];
  const found = places(
    tested.map((interest) => ({ phrase: names[interest], interest })),
    ENGLISH,
  );
  return new Map(tested.map((interest, i) => [interest, found[i]]));
}

function sharesOf(places: readonly Place[]): FoundShares {
  const share = (isFound: (place: Place) => boolean): number => places.filter(isFound).length / places.length;
  return {
    candidates: share(({ ofAll }) => ofAll < Infinity),
    top5: share(({ ofAll }) => ofAll < TOP),
    top5OfLevel: share(({ ofLevel }) => ofLevel < TOP),
  };
}

function eachMeasure(figure: (measure: keyof FoundShares) => number): FoundShares {
  return Object.fromEntries(MEASURES.map((measure) => [measure, figure(measure)])) as unknown as FoundShares;
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Finds the language of each distinct name from its text alone. */
function identify(
  divided: readonly DividedLanguage[],
  languages: Languages,
): LanguageEvaluation['identification'] {
  const textLanguages = new TextLanguages(languages);
  const distinct = divided.map(({ tests }) => new Map(tests.map(({ key, phrase }) => [key, phrase])));
  const all = new Tally();
  const unshared = new Tally();
  const byLanguage = divided.map(({ tag }, l) => {
    const own = { all: new Tally(), unshared: new Tally() };
    for (const [key, phrase] of distinct[l]) {
      textLanguages.begin(null);
      textLanguages.add(phrase);
      textLanguages.of(0);
      const isFound = languages.tags[textLanguages.found[0]] === tag;
      // A name that is tested in one language is tested in all that have it.
      const isShared = distinct.some((names, other) => other !== l && names.has(key));
      for (const tally of isShared ? [all, own.all] : [all, own.all, unshared, own.unshared])
        tally.add(isFound);
    }
    return { tag, all: own.all.figures(), unshared: own.unshared.figures() };
  });
  return { all: all.figures(), unshared: unshared.figures(), languages: byLanguage };
}

class Tally {
  #names = 0;
  #found = 0;

  add(isFound: boolean): void {
    this.#names++;
    if (isFound) this.#found++;
  }

  figures(): IdentificationFigures {
    return { names: this.#names, found: this.#found / this.#names };
  }
}

/** A Pin of which nothing is known but its title and its language. */
function titled(id: string, title: string, language: string): Pin {
  return {
    ...{ id, version: 1, deleted: false, createdAt: 0 },
    ...{ title, description: '', language },
    ...{ annotations: [], boards: [], engagement: NO_ENGAGEMENT },
    ...{ kind: null, country: null, embedding: null },
  };
}
