import { doubled } from '../arrays/doubled.ts';
import { sharedFloat32, sharedInt32 } from '../arrays/shared.ts';
import { StringTable, type StringTableData } from '../arrays/string-table.ts';
import { NearRows } from '../embeddings/near-rows.ts';
import type { TextVectors } from '../embeddings/text.ts';
import { analyseText, contentLemmas } from '../language/analyse.ts';
import { VOCABULARY } from '../language/vocabulary.ts';
import type { Lattice } from '../translation/lattice.ts';
import { KIND_SIMILARITY, MATCH_KINDS, type Matches } from './lexical-index.ts';

/** Interests found for a text, the best first. */
const MAX_FOUND = 30;

/** A longer text is no term: too many names share some word with it. */
const MAX_LENGTH = 16;

/** Words of the names that mean nearly the same as a word of the text: how many, and how near at least (cosine). */
const MAX_NEAR = 5;
const LEAST_NEAR = 0.55;

/** Of a translation that is less likely, words that mean nearly the same are not looked for. */
const LEAST_SURE = 0.2;

/** What a word that means nearly the same is worth of the word itself, times the square of the cosine. */
const NEAR_WEIGHT = 0.7;

const PARTIAL = MATCH_KINDS.indexOf('partial');

/** What it is worth that a text has all words of a name, in whatever order. */
const WHOLE_SIMILARITY = KIND_SIMILARITY[MATCH_KINDS.indexOf('reordered')];

/** Names by their words, in memory that threads share. */
export interface SharedWordOverlap {
  /** Content lemmas of all names. */
  words: StringTableData;
  /** By word: its square weight (inverse document frequency among the names). */
  weight: Float32Array;
  /** Of a word that no name has. */
  unknownWeight: number;
  /** By word: its first interest in `interests`; the end of the last. */
  first: Int32Array;
  interests: Int32Array;
  /** By interest: the sum of its words' weights. */
  total: Float32Array;
  /** By word: its unit vector, row by row; zeros where it has none. */
  vectors: Float32Array;
}

/** A word of the names, and how much of it a word of the text is. */
interface NearWord {
  word: number;
  share: number;
}

/**
 * Finds the interests whose names share words with a translated text, or have words that mean nearly the same. A translation rarely has the very
 * words of a name (`sport trousers`, `activewear pants`), so the rarest words that both have must do: cosine similarity with inverse
 * document frequencies (Salton & Buckley 1988). Not for concurrent use; threads share the data.
 */
export class WordOverlap {
  readonly #data: SharedWordOverlap;
  readonly #words: StringTable;
  readonly #textVectors: TextVectors;
  /** By word of the vocabulary: word + 2 of its lemma here, 1 where no name has it, 0 where not looked up yet. */
  #wordOf = new Int32Array(1 << 12);
  /** By lemma of the vocabulary; undefined where not looked up yet. */
  #near: (readonly NearWord[] | undefined)[] = [];
  #epoch = VOCABULARY.epoch;
  /** By word: how likely the text has it, 0 for most. And those that are not 0. */
  readonly #inText: Float32Array;
  readonly #met: Int32Array;
  /** By interest: the weight of what it shares with the text, 0 for most. And those that are not 0. */
  readonly #shared: Float32Array;
  readonly #touched: Int32Array;
  /** The interests found, the best first: the first `#count`. */
  readonly #found = new Int32Array(MAX_FOUND);
  readonly #score = new Float64Array(MAX_FOUND);
  #count = 0;
  /** By interest: the length of its vector of weights. */
  readonly #norm: Float64Array;
  /** Of the words' vectors; made when the first word is translated. */
  #nearRows: NearRows | undefined;
  readonly #vector: Float32Array;

  static build(names: readonly string[], textVectors: TextVectors): WordOverlap {
    const numbers = new Map<string, number>();
    const having: number[][] = [];
    const words = names.map((name) =>
      [...new Set(contentLemmas(analyseText(name)))].map((lemma) => {
        if (!numbers.has(lemma)) numbers.set(lemma, numbers.size);
        return numbers.get(lemma)!;
      }),
    );
    words.forEach((own, interest) => own.forEach((word) => (having[word] ??= []).push(interest)));
    const weight = sharedFloat32(having.length);
    const first = sharedInt32(having.length + 1);
    having.forEach((interests, word) => {
      weight[word] = squareWeight(names.length, interests.length);
      first[word + 1] = first[word] + interests.length;
    });
    const interests = sharedInt32(first[having.length]);
    interests.set(having.flat());
    const total = sharedFloat32(names.length);
    words.forEach((own, interest) => own.forEach((word) => (total[interest] += weight[word])));
    const { dimensions } = textVectors;
    const vectors = sharedFloat32(having.length * dimensions);
    for (const [word, number] of numbers)
      textVectors.embed([word], null, vectors.subarray(number * dimensions, (number + 1) * dimensions));
    const data: SharedWordOverlap = {
      words: StringTable.build([...numbers.keys()]).data,
      unknownWeight: squareWeight(names.length, 1),
      ...{ weight, first, interests, total, vectors },
    };
    return new WordOverlap(data, textVectors);
  }

  /** The index of another thread. @param textVectors those that it was built with */
  constructor(data: SharedWordOverlap, textVectors: TextVectors) {
    const words = data.weight.length;
    this.#data = data;
    this.#words = new StringTable(data.words);
    this.#textVectors = textVectors;
    this.#inText = new Float32Array(words);
    this.#met = new Int32Array(words);
    this.#shared = new Float32Array(data.total.length);
    this.#touched = new Int32Array(data.total.length);
    this.#norm = Float64Array.from(data.total, Math.sqrt);
    this.#vector = new Float32Array(textVectors.dimensions);
  }

  /** What another thread makes the same index of. */
  shared(): SharedWordOverlap {
    return this.#data;
  }

  /** Adds the best interests of a text to its matches, as partial ones; none for a long text. */
  match(lattice: Lattice, matches: Matches): void {
    if (lattice.length > MAX_LENGTH) return;
    this.#follow();
    const met = this.#gather(lattice);
    const touched = this.#spread(met);
    this.#choose(touched);
    const textWeight = this.#weightOf(lattice);
    for (let i = 0; i < this.#count; i++) {
      const interest = this.#found[i];
      const coverage = Math.min(1, this.#shared[interest] / this.#data.total[interest]);
      const span = Math.min(1, this.#shared[interest] / textWeight);
      const at = matches.next();
      matches.interest[at] = interest;
      matches.kind[at] = PARTIAL;
      matches.similarity[at] = WHOLE_SIMILARITY * coverage;
      matches.distance[at] = 0;
      matches.coverage[at] = coverage;
      matches.ambiguity[at] = 1;
      matches.start[at] = 0;
      matches.length[at] = Math.max(1, Math.round(span * lattice.length));
    }
    for (let i = 0; i < met; i++) this.#inText[this.#met[i]] = 0;
    for (let i = 0; i < touched; i++) this.#shared[this.#touched[i]] = 0;
  }

  #follow(): void {
    if (this.#epoch === VOCABULARY.epoch) return;
    this.#epoch = VOCABULARY.epoch;
    this.#wordOf.fill(0);
    this.#near = [];
  }

  /** Gathers the words that the text may have. Returns how many. */
  #gather(lattice: Lattice): number {
    let met = 0;
    const meet = (word: number, chance: number): void => {
      if (this.#inText[word] >= chance) return;
      if (this.#inText[word] === 0) this.#met[met++] = word;
      this.#inText[word] = chance;
    };
    for (let arc = 0; arc < lattice.arcs; arc++) {
      for (let w = lattice.firstWord[arc]; w < lattice.firstWord[arc + 1]; w++) {
        const word = this.#word(lattice.words[w]);
        if (word >= 0) meet(word, lattice.weight[arc]);
        if (lattice.weight[arc] < LEAST_SURE) continue;
        for (const near of this.#nearWords(lattice.words[w]))
          meet(near.word, near.share * lattice.weight[arc]);
      }
    }
    return met;
  }

  /** Adds each word's weight to the interests whose names have it. Returns how many there are. */
  #spread(met: number): number {
    const { first, interests, weight } = this.#data;
    let touched = 0;
    for (let i = 0; i < met; i++) {
      const word = this.#met[i];
      const own = this.#inText[word] * weight[word];
      for (let k = first[word]; k < first[word + 1]; k++) {
        const interest = interests[k];
        if (this.#shared[interest] === 0) this.#touched[touched++] = interest;
        this.#shared[interest] += own;
      }
    }
    return touched;
  }

  /** Keeps the best, sorted by insertion. */
  #choose(touched: number): void {
    const norm = this.#norm;
    const found = this.#found;
    const score = this.#score;
    this.#count = 0;
    for (let i = 0; i < touched; i++) {
      const interest = this.#touched[i];
      const own = this.#shared[interest] / norm[interest];
      if (this.#count === MAX_FOUND && own <= score[MAX_FOUND - 1]) continue;
      let at = this.#count < MAX_FOUND ? this.#count++ : MAX_FOUND - 1;
      for (; at > 0 && score[at - 1] < own; at--) {
        score[at] = score[at - 1];
        found[at] = found[at - 1];
      }
      score[at] = own;
      found[at] = interest;
    }
  }

  /** The weight of all that the text says, by the best translation of each word. */
  #weightOf(lattice: Lattice): number {
    const { weight, unknownWeight } = this.#data;
    let sum = 0;
    for (let node = 0; node + 1 < lattice.nodes; node++) {
      let best = 0;
      for (let arc = lattice.firstArc[node]; arc < lattice.firstArc[node + 1]; arc++) {
        // A phrase is its words, again.
        if (lattice.word[lattice.to[arc]] > lattice.word[node] + 1) continue;
        let own = 0;
        for (let w = lattice.firstWord[arc]; w < lattice.firstWord[arc + 1]; w++) {
          if (VOCABULARY.isStop[lattice.words[w]] === 1) continue;
          const word = this.#word(lattice.words[w]);
          own += lattice.weight[arc] * (word < 0 ? unknownWeight : weight[word]);
        }
        best = Math.max(best, own);
      }
      sum += best;
    }
    return sum;
  }

  #word(number: number): number {
    while (this.#wordOf.length <= number) this.#wordOf = doubled(this.#wordOf);
    if (this.#wordOf[number] === 0)
      this.#wordOf[number] = this.#words.find(VOCABULARY.text(VOCABULARY.lemma[number])) + 2;
    return this.#wordOf[number] - 2;
  }

  /** The words of the names that mean nearly the same. */
  #nearWords(number: number): readonly NearWord[] {
    const lemma = VOCABULARY.lemma[number];
    while (this.#near.length <= lemma) this.#near.push(undefined);
    return (this.#near[lemma] ??= this.#findNear(lemma));
  }

  #findNear(lemma: number): readonly NearWord[] {
    if (!this.#textVectors.embed([VOCABULARY.text(lemma)], null, this.#vector)) return [];
    this.#nearRows ??= new NearRows(this.#data.vectors, this.#textVectors.dimensions);
    const itself = this.#word(lemma);
    return this.#nearRows
      .above(this.#vector, LEAST_NEAR)
      .filter(({ row }) => row !== itself)
      .slice(0, MAX_NEAR)
      .map(({ row, product }) => ({ word: row, share: NEAR_WEIGHT * product ** 2 }));
  }
}

/** The square of a word's inverse document frequency. */
function squareWeight(names: number, having: number): number {
  return Math.log(1 + names / having) ** 2;
}
