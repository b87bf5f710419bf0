import { doubled } from '../arrays/doubled.ts';
import { analyseText, type Analysis } from '../language/analyse.ts';
import { STOP_WORDS } from '../language/english/stop-words.ts';
import { isEnglishWord } from '../language/known-words.ts';
import { DeletionIndex } from './deletion-index.ts';
import { formsOf, type Form } from './forms.ts';

/** How a match was made, the surest first. */
export const MATCH_KINDS = ['exact', 'lemma', 'reordered', 'fuzzy', 'partial'] as const;

export type MatchKind = (typeof MATCH_KINDS)[number];

/** Words of the longest run of text that is looked up. */
const MAX_WINDOW = 8;

/** Interests that one form of words may mean; of more, those whose names it covers best. */
const MAX_MEANINGS = 10;

/** A part of a name that so many names share stands for none of them. */
const MAX_PARTIAL_MEANINGS = 5;

/** What a match of each kind is worth, before its coverage. */
const KIND_SIMILARITY: Record<MatchKind, number> = {
  exact: 1,
  lemma: 0.97,
  reordered: 0.9,
  fuzzy: 0.8,
  partial: 0.6,
};

/** Shorter words are other words when a letter changes. */
const MIN_FUZZY_LENGTH = 5;
const LONG_FUZZY_LENGTH = 9;

const FUZZY_CACHE = 50_000;

/** What an interest is matched by. */
export interface NamedInterests {
  readonly names: readonly string[];
  readonly aliases: ReadonlyMap<number, readonly string[]>;
}

/**
 * The matches of one text, in columns: the first `count` of each. Reused from text to text.
 */
export class Matches {
  count = 0;
  /** Words of the text. */
  words = 0;
  interest = new Int32Array(64);
  /** Index into MATCH_KINDS. */
  kind = new Uint8Array(64);
  /** In (0, 1]: 1 is the name itself. */
  similarity = new Float32Array(64);
  /** Edits of all words together. */
  distance = new Uint8Array(64);
  /** Share of the name that was found. */
  coverage = new Float32Array(64);
  /** Interests that the same words could mean, this one included. */
  ambiguity = new Uint16Array(64);
  /** First word of the text, and how many. */
  start = new Uint16Array(64);
  length = new Uint8Array(64);
  /** Meanings that the caps left out. */
  cut = 0;

  reset(words: number): void {
    this.count = 0;
    this.words = words;
    this.cut = 0;
  }

  /** Makes room for one more and returns its position. */
  next(): number {
    if (this.count === this.interest.length) {
      this.interest = doubled(this.interest);
      this.kind = doubled(this.kind);
      this.similarity = doubled(this.similarity);
      this.distance = doubled(this.distance);
      this.coverage = doubled(this.coverage);
      this.ambiguity = doubled(this.ambiguity);
      this.start = doubled(this.start);
      this.length = doubled(this.length);
    }
    return this.count++;
  }
}

/** The interests that one bag of lemmas means. */
interface Meanings {
  /** Those whose whole name it is. */
  whole: Meaning[];
  /** Those of whose name it is a part. */
  parts: Meaning[];
}

interface Meaning {
  interest: number;
  coverage: number;
  /** Hash of the words as written, and of their lemmas, both in order. */
  written: number;
  lemmas: number;
}

/**
 * Finds the interests that a text names. All runs of up to MAX_WINDOW words are looked up by the sum of their lemmas'
 * hashes, which does not depend on their order; the order is compared only where the bag is right.
 */
export class LexicalIndex {
  readonly #hashes = new Map<string, number>();
  readonly #meanings = new Map<number, Meanings>();
  readonly #vocabulary: string[] = [];
  readonly #spelling: DeletionIndex;
  readonly #corrections = new Map<string, Correction | null>();
  #longest = 1;
  /** Hash, and edits, of each word of the text in hand. */
  readonly #lemmaHash = new Float64Array(1 << 15);
  readonly #writtenHash = new Float64Array(1 << 15);
  readonly #edits = new Uint8Array(1 << 15);

  /** @param interests names by dense index; what `Taxonomy` holds */
  constructor(interests: NamedInterests) {
    for (let i = 0; i < interests.names.length; i++) {
      for (const form of formsOf(interests.names[i])) this.#addForm(i, form);
      for (const alias of interests.aliases.get(i) ?? []) this.#addForm(i, { text: alias, weight: 1 });
    }
    for (const meanings of this.#meanings.values()) {
      const best = (a: Meaning, b: Meaning): number => b.coverage - a.coverage || a.interest - b.interest;
      meanings.whole.sort(best);
      meanings.parts.sort(best);
    }
    this.#spelling = new DeletionIndex(this.#vocabulary, 2);
  }

  /** Finds the matches of a text and writes them to `matches`, by position in the text, then surest first. */
  match(text: Analysis, matches: Matches): void {
    const n = Math.min(text.words.length, this.#lemmaHash.length);
    matches.reset(n);
    for (let i = 0; i < n; i++) this.#read(text, i);
    for (let start = 0; start < n; start++) {
      let bag = 0;
      let lemmas = 0;
      let written = 0;
      let edits = 0;
      const last = Math.min(n, start + this.#longest);
      for (let end = start; end < last; end++) {
        const hash = this.#lemmaHash[end];
        // No name has this word, so none has a longer run either.
        if (hash === 0) break;
        bag = addBag(bag, hash);
        lemmas = chain(lemmas, hash);
        written = chain(written, this.#writtenHash[end]);
        edits += this.#edits[end];
        const meanings = this.#meanings.get(bag);
        if (meanings)
          this.#report(meanings, { start, length: end - start + 1, lemmas, written, edits }, matches);
      }
    }
  }

  #read({ words, lemmas }: Analysis, i: number): void {
    this.#edits[i] = 0;
    this.#writtenHash[i] = this.#hashes.get(words[i]) ?? 0;
    this.#lemmaHash[i] = this.#hashes.get(lemmas[i]) ?? 0;
    if (this.#lemmaHash[i] !== 0) return;
    const correction = this.#correct(words[i], lemmas[i]);
    if (correction === null) return;
    this.#lemmaHash[i] = correction.hash;
    this.#edits[i] = correction.distance;
  }

  #report(meanings: Meanings, run: Run, matches: Matches): void {
    const { whole, parts } = meanings;
    const wholeMeanings = Math.min(whole.length, MAX_MEANINGS);
    for (let m = 0; m < wholeMeanings; m++) {
      const meaning = whole[m];
      const kind: MatchKind =
        run.edits > 0
          ? 'fuzzy'
          : meaning.written === run.written
            ? 'exact'
            : meaning.lemmas === run.lemmas
              ? 'lemma'
              : 'reordered';
      this.#write(meaning, kind, run, whole.length, matches);
    }
    matches.cut += whole.length - wholeMeanings;
    if (parts.length > MAX_PARTIAL_MEANINGS) matches.cut += parts.length;
    else
      for (const meaning of parts) this.#write(meaning, 'partial', run, whole.length + parts.length, matches);
  }

  #write(meaning: Meaning, kind: MatchKind, run: Run, ambiguity: number, matches: Matches): void {
    const at = matches.next();
    matches.interest[at] = meaning.interest;
    matches.kind[at] = MATCH_KINDS.indexOf(kind);
    matches.similarity[at] =
      KIND_SIMILARITY[kind] * (kind === 'partial' ? meaning.coverage : 0.9 ** run.edits);
    matches.distance[at] = run.edits;
    matches.coverage[at] = meaning.coverage;
    matches.ambiguity[at] = ambiguity;
    matches.start[at] = run.start;
    matches.length[at] = run.length;
  }

  #addForm(interest: number, { text, weight }: Form): void {
    const { words, lemmas } = analyseText(text);
    if (words.length === 0 || words.length > MAX_WINDOW) return;
    // A part that is a stop word or a number alone names nothing.
    if (weight < 1 && words.every((word) => STOP_WORDS.has(word) || /^\p{N}+$/u.test(word))) return;
    let bag = 0;
    let lemmaChain = 0;
    let writtenChain = 0;
    for (let i = 0; i < words.length; i++) {
      const hash = this.#hashOf(lemmas[i], true);
      bag = addBag(bag, hash);
      lemmaChain = chain(lemmaChain, hash);
      writtenChain = chain(writtenChain, this.#hashOf(words[i], false));
    }
    this.#longest = Math.max(this.#longest, words.length);
    let meanings = this.#meanings.get(bag);
    if (!meanings) this.#meanings.set(bag, (meanings = { whole: [], parts: [] }));
    const { whole, parts } = meanings;
    // A name whose words stand twice, or whose part is the whole of its alias, means the interest once.
    if (whole.at(-1)?.interest === interest || parts.at(-1)?.interest === interest) return;
    (weight === 1 ? whole : parts).push({
      interest,
      coverage: weight,
      written: writtenChain,
      lemmas: lemmaChain,
    });
  }

  /** A number of its own for each word of the names; a surface form only has one if it is not a lemma too. */
  #hashOf(word: string, lemma: boolean): number {
    let hash = this.#hashes.get(word);
    if (hash === undefined) {
      hash = spread(this.#hashes.size + 1);
      this.#hashes.set(word, hash);
      if (lemma && word.length >= MIN_FUZZY_LENGTH) this.#vocabulary.push(word);
    }
    return hash;
  }

  /** The one word of the names that an unknown word must be a misspelling of; null where there is none, or several. */
  #correct(word: string, lemma: string): Correction | null {
    if (lemma.length < MIN_FUZZY_LENGTH || /\p{N}/u.test(word)) return null;
    let correction = this.#corrections.get(word);
    if (correction === undefined) {
      correction = isEnglishWord(word) ? null : this.#nearest(lemma);
      if (this.#corrections.size === FUZZY_CACHE) this.#corrections.clear();
      this.#corrections.set(word, correction);
    }
    return correction;
  }

  #nearest(lemma: string): Correction | null {
    const near = this.#spelling.near(lemma, lemma.length >= LONG_FUZZY_LENGTH ? 2 : 1);
    if (near.length === 0 || near[1]?.distance === near[0].distance) return null;
    const word = this.#vocabulary[near[0].word];
    // People rarely miss the first letter, and names that differ in it are different names.
    if (word[0] !== lemma[0]) return null;
    return { hash: this.#hashes.get(word)!, distance: near[0].distance };
  }
}

/** A run of words of the text, with the sums of their hashes. */
interface Run {
  start: number;
  length: number;
  lemmas: number;
  written: number;
  edits: number;
}

interface Correction {
  hash: number;
  distance: number;
}

/** Hashes stay below it, so that 31 of them add up exactly in a double. */
const MODULUS = 2 ** 47;

/** A bag's hash: the order of its elements makes no difference. */
function addBag(bag: number, hash: number): number {
  const sum = bag + hash;
  return sum >= MODULUS ? sum - MODULUS : sum;
}

/** A sequence's hash: the order does make one. */
function chain(before: number, hash: number): number {
  return addBag((before * 31) % MODULUS, hash);
}

/** A pseudo-random integer below 2^47 from a small one (two rounds of a 32-bit finaliser). */
function spread(n: number): number {
  const round = (x: number): number => Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  const mix = (x: number): number => {
    const mixed = round(round(x));
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return (mix(n) % 2 ** 15) * 2 ** 32 + mix(n ^ 0x5bd1e995);
}
