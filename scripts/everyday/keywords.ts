/*
 * Emoji have keywords in each language, in no common order. Which of them say the same is found by competitive
 * linking (Melamed 2000, Models of translational equivalence among words): in each list the pairs that go together
 * best in all lists are linked first, one to one, and how often two are linked says how well they go together. The
 * rows of the other sources are lists too, of their words: they settle many of the links.
 */
import { ENGLISH, LANGUAGES, type Language } from './languages.ts';
import type { Packages } from './packages.ts';
import { phraseOf } from './phrases.ts';
import type { Row } from './rows.ts';
import { annotations } from './sources.ts';

/** The terms of one emoji or row in English and in another language, neither in the order of the other. */
interface Lists {
  readonly english: readonly string[];
  readonly other: readonly string[];
}

/** Two terms that some lists have together. */
interface Pair {
  readonly english: string;
  readonly other: string;
  /** Whether a row has just these two. */
  readonly known: boolean;
  /** Whether the keywords of an emoji have both. */
  readonly ofEmoji: boolean;
  /** Lists that have both. */
  together: number;
  /** Lists in which the two are linked. */
  links: number;
  /** Dice's coefficient of the links, from 0 to 1, and 1 more where the pair is known. */
  score: number;
}

/** Links settle after a few rounds. */
const ROUNDS = 4;

/* What makes a pair confident; by eye, at least nine of ten are right then (data/everyday/README.md). */
const FEWEST_LINKS = 3;
const LEAST_SCORE = 0.5;
/** How much higher Dice's coefficient is than that of any pair of one of the two with a term that is not known. */
const LEAST_MARGIN = 0.15;

/** Pairs of emoji keywords that say the same with confidence and that no row has, each a row of two cells. */
export function keywordRows(rows: readonly Row[], packages: Packages): Row[] {
  return LANGUAGES.flatMap((language, column) => {
    const emoji = emojiLists(packages, language);
    const forms = new Map(emoji.flatMap(({ other }) => other.map((term) => [lower(term, language), term])));
    return confidentPairs(emoji, rows, language, column).map(({ english, other }) => ({
      english,
      cells: LANGUAGES.map((_, index) => (index === column ? (forms.get(other) ?? other) : '')),
    }));
  });
}

function confidentPairs(
  emoji: readonly Lists[],
  rows: readonly Row[],
  language: Language,
  column: number,
): Pair[] {
  const known = new Set<string>();
  const lists: Lists[] = emoji.map(({ english, other }) => ({
    english: distinct(english, ENGLISH),
    other: distinct(other, language),
  }));
  for (const { english, cells } of rows) {
    if (cells[column] === '') continue;
    known.add(keyOf(lower(english, ENGLISH), lower(cells[column], language)));
    lists.push({ english: termsOf(english, ENGLISH), other: termsOf(cells[column], language) });
  }
  const pairs = new Pairs(lists, emoji.length, known);
  for (let round = 0; round < ROUNDS; round++) pairs.link(lists);
  return pairs.confident();
}

class Pairs {
  readonly #pairs = new Map<string, Pair>();
  /** Lists that have a term. */
  readonly #english = new Map<string, number>();
  readonly #other = new Map<string, number>();

  /** Of the lists, the first `emoji` are keywords. */
  constructor(lists: readonly Lists[], emoji: number, known: ReadonlySet<string>) {
    for (const [index, { english, other }] of lists.entries()) {
      for (const term of english) count(this.#english, term);
      for (const term of other) count(this.#other, term);
      for (const one of english) for (const two of other) this.#meet(one, two, index < emoji, known);
    }
    for (const pair of this.#pairs.values()) pair.score = this.#dice(pair, pair.together);
  }

  #meet(english: string, other: string, ofEmoji: boolean, known: ReadonlySet<string>): void {
    const key = keyOf(english, other);
    const pair = this.#pairs.get(key);
    if (pair !== undefined) pair.together++;
    else {
      const isKnown = known.has(key);
      this.#pairs.set(key, { english, other, known: isKnown, ofEmoji, together: 1, links: 0, score: 0 });
    }
  }

  /** Links the terms of every list, best pairs first, then scores all pairs by their links. */
  link(lists: readonly Lists[]): void {
    for (const pair of this.#pairs.values()) pair.links = 0;
    for (const { english, other } of lists) {
      const linked = { english: new Set<string>(), other: new Set<string>() };
      for (const pair of this.#bestFirst(english, other)) {
        if (linked.english.has(pair.english) || linked.other.has(pair.other)) continue;
        linked.english.add(pair.english);
        linked.other.add(pair.other);
        pair.links++;
      }
    }
    for (const pair of this.#pairs.values()) pair.score = this.#dice(pair, pair.links) + Number(pair.known);
  }

  #bestFirst(english: readonly string[], other: readonly string[]): Pair[] {
    const pairs = english.flatMap((one) => other.map((two) => this.#pairs.get(keyOf(one, two))!));
    return pairs.sort((a, b) => b.score - a.score || b.together - a.together || compareTerms(a, b));
  }

  #dice(pair: Pair, both: number): number {
    return (2 * both) / (this.#english.get(pair.english)! + this.#other.get(pair.other)!);
  }

  confident(): Pair[] {
    const byEnglish = Map.groupBy(this.#pairs.values(), ({ english }) => english);
    const byOther = Map.groupBy(this.#pairs.values(), ({ other }) => other);
    const isKnown = (pairs: readonly Pair[]): boolean => pairs.some(({ known }) => known);
    const rivalOf = (pair: Pair): number => {
      const rivals = [
        ...byEnglish.get(pair.english)!.filter(({ other }) => !isKnown(byOther.get(other)!)),
        ...byOther.get(pair.other)!.filter(({ english }) => !isKnown(byEnglish.get(english)!)),
      ];
      return Math.max(
        0,
        ...rivals.filter((rival) => rival !== pair).map((rival) => this.#dice(rival, rival.together)),
      );
    };
    return [...this.#pairs.values()].filter(
      (pair) =>
        pair.ofEmoji &&
        !pair.known &&
        pair.links >= FEWEST_LINKS &&
        pair.score >= LEAST_SCORE &&
        this.#dice(pair, pair.together) - rivalOf(pair) >= LEAST_MARGIN,
    );
  }
}

/** The keywords and the name of each emoji that both languages annotate. */
function emojiLists(packages: Packages, language: Language): Lists[] {
  const english = annotations(packages, ENGLISH);
  return [...annotations(packages, language)].flatMap(([emoji, other]) => {
    const annotation = english.get(emoji);
    if (annotation === undefined) return [];
    return {
      english: plain([...annotation.keywords, annotation.name], ENGLISH),
      other: plain([...other.keywords, other.name], language),
    };
  });
}

function plain(texts: readonly string[], language: Language): string[] {
  return texts.flatMap((text) => phraseOf(text, language)?.text ?? []);
}

/** A phrase and its words. */
function termsOf(phrase: string, language: Language): string[] {
  const words = new Intl.Segmenter(language.tag, { granularity: 'word' }).segment(phrase);
  return distinct(
    [phrase, ...[...words].filter((word) => word.isWordLike).map((word) => word.segment)],
    language,
  );
}

function distinct(terms: readonly string[], language: Language): string[] {
  return [...new Set(terms.map((term) => lower(term, language)))];
}

function lower(term: string, language: Language): string {
  return term.toLocaleLowerCase(language.tag);
}

function keyOf(english: string, other: string): string {
  return `${english}\t${other}`;
}

function count(counts: Map<string, number>, term: string): void {
  counts.set(term, (counts.get(term) ?? 0) + 1);
}

function compareTerms(a: Pair, b: Pair): number {
  const [one, two] = [keyOf(a.english, a.other), keyOf(b.english, b.other)];
  return one < two ? -1 : Number(one > two);
}
