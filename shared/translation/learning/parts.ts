import type { Alignment } from './alignment.ts';
import type { ParallelCorpus } from './corpus.ts';

/** Passes over the corpus; words hardly change their parts afterwards. */
const PASSES = 6;

/** What the associations of the start still count in the first passes, against what was counted since. */
const START_WEIGHT = [1, 0.3, 0.1];

/** How strongly a lemma's parts are expected to be those of others (the concentration of a Dirichlet prior). */
const PRIOR = 0.1;

/** The same for parts that no lemma has had yet. */
const NEW_PART = 100;

/** How likely a part is to mean nothing, against one lemma of the pair. */
const NOTHING = 0.1;

/** Share of a lemma that no alignment links to a word: alignments of rare words err. */
const UNLINKED = 0.2;

/** An association of a part and a lemma that is weaker is chance. */
const LEAST_ASSOCIATION = 0.2;

/** Parts that a lemma starts with, at most. */
const MAX_STARTING = 20;

/** The lemma that stands for none. */
const NONE = 0;

/** How parts are distributed in a script: the longest, and the usual length, in characters. */
export interface PartLengths {
  longest: number;
  usual: number;
}

/** What parts of words mean, counted. */
export interface PartCounts {
  /** By part: by lemma ('' for none), how often it meant that. */
  meanings: Map<string, Map<string, number>>;
}

/**
 * Learns of what parts words are made, and what the parts mean: stems and endings, the parts of compounds, the words of scripts
 * without spaces. The model is that of word segmentation by a Dirichlet process (Goldwater, Griffiths & Johnson 2009), with a
 * distribution of parts for each English lemma of the pair and one for parts that mean nothing: a phrase is a sequence of parts, each drawn from that of
 * some lemma of its translation. Each pair is analysed anew given the analyses of all others, its own taken out, and the best
 * analysis is kept: a long word that is met once is better explained by parts that other words have too. The start
 * is the association of substrings with lemmas (Dice), without which no part of a compound would ever be tried.
 */
export function learnParts(
  corpus: ParallelCorpus,
  alignment: Alignment,
  { longest, usual }: PartLengths,
): PartCounts {
  const substrings = new Substrings(corpus, longest, usual);
  const model = new PartModel(corpus.target.texts.length + 1, substrings, startOf(corpus, substrings));
  const analyses: Int32Array[] = corpus.pairs.map(() => new Int32Array(0));
  for (let pass = 0; pass < PASSES; pass++) {
    model.begin(START_WEIGHT[pass] ?? 0);
    corpus.pairs.forEach((pair, p) => {
      model.remove(analyses[p]);
      const analysis: number[] = [];
      const lemmas = Int32Array.of(NONE, ...pair.target.map((lemma) => lemma + 1));
      const weights = new Float64Array(lemmas.length);
      for (let i = 0; i < pair.source.length; i++) {
        weigh(alignment.links[p], i, weights);
        model.analyse(pair.source[i], lemmas, weights, analysis);
      }
      model.add((analyses[p] = Int32Array.from(analysis)));
    });
  }
  return { meanings: model.meanings(corpus.target.texts) };
}

/** How likely each lemma of a pair is to be what source word i means; the first is none. */
function weigh(links: Float32Array, i: number, weights: Float64Array): void {
  const n = weights.length - 1;
  let sum = (weights[0] = NOTHING);
  for (let j = 0; j < n; j++) sum += weights[j + 1] = links[i * n + j] + UNLINKED / n;
  for (let j = 0; j <= n; j++) weights[j] /= sum;
}

/** All substrings of the source words, as numbers. */
class Substrings {
  readonly texts: string[] = [];
  readonly longest: number;
  /** By source word: by start × longest + length - 1, the substring; -1 beyond the end. Places are characters, not UTF-16 units. */
  readonly of: Int32Array[];
  /** By substring: how likely it is before anything is known of it. */
  readonly chance: Float64Array;

  constructor({ source, pairs }: ParallelCorpus, longest: number, usual: number) {
    this.longest = longest;
    const numbers = new Map<string, number>();
    this.of = source.texts.map((word) => {
      const characters = [...word];
      const own = new Int32Array(characters.length * longest).fill(-1);
      for (let start = 0; start < characters.length; start++) {
        let text = '';
        for (let length = 1; length <= longest && start + length <= characters.length; length++) {
          text += characters[start + length - 1];
          let number = numbers.get(text);
          if (number === undefined) {
            numbers.set(text, (number = this.texts.length));
            this.texts.push(text);
          }
          own[start * longest + length - 1] = number;
        }
      }
      return own;
    });
    const letters = new Map<string, number>();
    let all = 0;
    for (const pair of pairs) {
      for (const word of pair.source) {
        for (const letter of source.texts[word]) {
          letters.set(letter, (letters.get(letter) ?? 0) + 1);
          all++;
        }
      }
    }
    this.chance = Float64Array.from(this.texts, (text) => {
      const characters = [...text];
      // A Poisson distribution of the length, and each letter by itself.
      let chance = Math.exp(-usual);
      characters.forEach((letter, k) => (chance *= (usual / (k + 1)) * (letters.get(letter)! / all)));
      return chance;
    });
  }
}

/** How often each part meant each lemma, while analyses come and go. */
class PartModel {
  readonly #lemmas: number;
  readonly #substrings: Substrings;
  /** By substring × lemmas + lemma. */
  readonly #counts = new Map<number, number>();
  /** By substring: how many lemmas it means now; and by lemma: how many parts mean it now. */
  readonly #spread: Int32Array;
  readonly #ofLemma: Float64Array;
  #types = 0;
  /** As the counts: what the associations of the start give; and their sums by lemma. */
  readonly #start: ReadonlyMap<number, number>;
  readonly #startOfLemma: Float64Array;
  /** By substring: 1 where the start has it. */
  readonly #isStart: Uint8Array;
  #startWeight = 1;

  constructor(lemmas: number, substrings: Substrings, start: ReadonlyMap<number, number>) {
    this.#lemmas = lemmas;
    this.#substrings = substrings;
    this.#spread = new Int32Array(substrings.texts.length);
    this.#ofLemma = new Float64Array(lemmas);
    this.#start = start;
    this.#startOfLemma = new Float64Array(lemmas);
    this.#isStart = new Uint8Array(substrings.texts.length);
    for (const [key, weight] of start) {
      this.#startOfLemma[key % lemmas] += weight;
      this.#isStart[Math.floor(key / lemmas)] = 1;
    }
  }

  begin(startWeight: number): void {
    this.#startWeight = startWeight;
  }

  /** @param analysis pairs of a substring and a lemma */
  add(analysis: Int32Array): void {
    for (let i = 0; i < analysis.length; i += 2) {
      const key = analysis[i] * this.#lemmas + analysis[i + 1];
      const count = this.#counts.get(key) ?? 0;
      if (count === 0) {
        this.#spread[analysis[i]]++;
        this.#types++;
      }
      this.#counts.set(key, count + 1);
      this.#ofLemma[analysis[i + 1]]++;
    }
  }

  remove(analysis: Int32Array): void {
    for (let i = 0; i < analysis.length; i += 2) {
      const key = analysis[i] * this.#lemmas + analysis[i + 1];
      const count = this.#counts.get(key)! - 1;
      if (count === 0) {
        this.#counts.delete(key);
        this.#spread[analysis[i]]--;
        this.#types--;
      } else this.#counts.set(key, count);
      this.#ofLemma[analysis[i + 1]]--;
    }
  }

  /** Appends the best analysis of a word: for each part it and its lemma (Viterbi 1967). */
  analyse(word: number, lemmas: Int32Array, weights: Float64Array, analysis: number[]): void {
    const { longest, of } = this.#substrings;
    const own = of[word];
    const length = own.length / longest;
    const best = new Float64Array(length + 1);
    const step = new Int32Array(length + 1);
    const meant = new Int32Array(length + 1);
    best[0] = 1;
    for (let end = 1; end <= length; end++) {
      for (let size = 1; size <= Math.min(end, longest); size++) {
        const part = own[(end - size) * longest + size - 1];
        const lemma = this.#likeliest(part, lemmas, weights);
        const chance = best[end - size] * this.#chance;
        if (chance <= best[end]) continue;
        best[end] = chance;
        step[end] = size;
        meant[end] = lemma;
      }
    }
    for (let end = length; end > 0; end -= step[end])
      analysis.push(own[(end - step[end]) * longest + step[end] - 1], meant[end]);
  }

  /** The chance of what `#likeliest` returned last. */
  #chance = 0;

  /** The lemma that the part most likely means here. */
  #likeliest(part: number, lemmas: Int32Array, weights: Float64Array): number {
    const { chance } = this.#substrings;
    const base = (PRIOR * (this.#spread[part] + NEW_PART * chance[part])) / (this.#types + NEW_PART);
    const isKnown = this.#spread[part] > 0;
    const starts = this.#startWeight > 0 && this.#isStart[part] === 1;
    let likeliest = NONE;
    this.#chance = 0;
    for (let k = 0; k < lemmas.length; k++) {
      const lemma = lemmas[k];
      const key = part * this.#lemmas + lemma;
      let count = base;
      if (isKnown) count += this.#counts.get(key) ?? 0;
      if (starts) count += this.#startWeight * (this.#start.get(key) ?? 0);
      const all = this.#ofLemma[lemma] + this.#startWeight * this.#startOfLemma[lemma] + PRIOR;
      const own = (weights[k] * count) / all;
      if (own <= this.#chance) continue;
      this.#chance = own;
      likeliest = lemma;
    }
    return likeliest;
  }

  meanings(lemmas: readonly string[]): Map<string, Map<string, number>> {
    const meanings = new Map<string, Map<string, number>>();
    for (const [key, count] of this.#counts) {
      const part = this.#substrings.texts[Math.floor(key / this.#lemmas)];
      const lemma = key % this.#lemmas;
      let of = meanings.get(part);
      if (!of) meanings.set(part, (of = new Map<string, number>()));
      of.set(lemma === NONE ? '' : lemmas[lemma - 1], count);
    }
    return meanings;
  }
}

/** By substring × lemmas + lemma: how strongly they go together (Dice), times how often they do. */
function startOf({ pairs, target }: ParallelCorpus, { of, texts }: Substrings): Map<number, number> {
  const lemmas = target.texts.length + 1;
  const pairsOf: number[][] = Array.from({ length: lemmas }, () => []);
  const withSubstring = new Int32Array(texts.length);
  const last = new Int32Array(texts.length).fill(-1);
  pairs.forEach((pair, p) => {
    for (const lemma of new Set(pair.target)) pairsOf[lemma + 1].push(p);
    for (const word of pair.source) {
      for (const substring of of[word]) {
        if (substring < 0 || last[substring] === p) continue;
        last[substring] = p;
        withSubstring[substring]++;
      }
    }
  });
  const start = new Map<number, number>();
  const together = new Int32Array(texts.length);
  last.fill(-1);
  let stamp = 0;
  for (let lemma = 1; lemma < lemmas; lemma++) {
    const touched: number[] = [];
    for (const p of pairsOf[lemma]) {
      stamp++;
      for (const word of pairs[p].source) {
        for (const substring of of[word]) {
          if (substring < 0 || last[substring] === stamp) continue;
          last[substring] = stamp;
          if (together[substring]++ === 0) touched.push(substring);
        }
      }
    }
    const all = pairsOf[lemma].length;
    const dice = (substring: number): number => (2 * together[substring]) / (all + withSubstring[substring]);
    const associated = touched
      .filter((s) => (together[s] > 1 || all === 1) && dice(s) >= LEAST_ASSOCIATION)
      .sort((a, b) => dice(b) - dice(a) || texts[b].length - texts[a].length || a - b);
    const kept: number[] = [];
    for (const substring of associated) {
      if (kept.length === MAX_STARTING) break;
      // What is met only as a part of a longer one is no part of its own.
      const isWithin = kept.some(
        (other) =>
          together[other] === together[substring] &&
          withSubstring[other] === withSubstring[substring] &&
          texts[other].includes(texts[substring]),
      );
      if (!isWithin) kept.push(substring);
    }
    for (const substring of kept)
      start.set(substring * lemmas + lemma, dice(substring) ** 2 * together[substring]);
    for (const substring of touched) together[substring] = 0;
  }
  return start;
}
