import { EDGE, MAX_CHUNK, spellingUnits, type ChunkSpelling, type SpellingModel } from '../spelling.ts';
import { Numbering } from './corpus.ts';

/** A word and an English lemma that may be its translation. */
export interface LinkedWord {
  /** As `sourceWords` gives it. */
  word: string;
  english: string;
  /** How surely one means the other: in (0, 1]. */
  weight: number;
}

/** English letters of the longest spelling. */
const MAX_LETTERS = 6;

/** Spellings that a chunk keeps. */
const MAX_SPELLINGS = 5;

/** A spelling that is rarer is chance, mostly. */
const LEAST_CHANCE = 0.02;

/** English lemmas that have to show a chunk spelt so: those of one lemma have its letters by whatever way. */
const LEAST_LEMMAS = 2;

/** Taken from what was counted: what is rare is rarer than it looks (Ney, Essen & Kneser 1994). */
const DISCOUNT = 0.5;

/** Units and letters beyond which a word is not learned from. */
const MAX_LENGTH = 24;

/** Rounds of expectation maximisation; hardly anything moves afterwards. */
const ROUNDS = 8;

/** Words that are surer than this to be respelt are learned from. */
const RESPELT = 0.5;

/** More than runs of up to three English letters there are. */
const MAX_RUNS = 1e5;

/** Pairs that are less surely respelt after some rounds will not be after more. */
const HOPELESS = 1e-3;
const ROUNDS_WITH_ALL = 3;

/** How many met spellings of chunks the guess at those that were not is worth. */
const GUESSED = 1;

/** Two at once, as for a vowel that is written before its consonant, hide what each of them says elsewhere. */
const HELD_BACK = 0.05;

/**
 * Steps of an alignment: units of the word, English letters, and how likely such a step is before anything is known. Nothing is left
 * out but at the edges: else any word could be made of a longer one.
 */
const STEPS: readonly StepKind[] = [
  { units: 1, letters: 1, chance: 0.8, atEdge: false, heldBack: 1 },
  { units: 1, letters: 2, chance: 0.06, atEdge: false, heldBack: 1 },
  { units: 1, letters: 3, chance: 0.02, atEdge: false, heldBack: 1 },
  { units: 2, letters: 1, chance: 0.06, atEdge: false, heldBack: 1 },
  { units: 2, letters: 2, chance: 0.02, atEdge: false, heldBack: HELD_BACK },
  { units: 1, letters: 0, chance: 0.03, atEdge: true, heldBack: 1 },
  { units: 2, letters: 0, chance: 0.01, atEdge: true, heldBack: 1 },
];

interface StepKind {
  units: number;
  letters: number;
  chance: number;
  /** Whether one of the units has to be the edge; if not, none may be. */
  atEdge: boolean;
  /** What the chance of such a step is multiplied with. */
  heldBack: number;
}

/**
 * Learns how a language spells the words that it shares with English: cognates, loanwords, names. Which of the pairs are such is
 * learned as well, without being told of any: a pair is taken for one where a model of respelling gives it a greater chance than
 * independent letters do (Sajjad, Fraser & Schmid 2012). What the pairs of a lemma teach does not count for itself (leaving one out),
 * so that no translation is learned by heart. Chunks are then cut from the aligned words as phrases are from sentences (Koehn,
 * Och & Marcu 2003). Deterministic.
 *
 * @returns no chunk where the spelling has nothing to do with English
 */
export function learnSpelling(pairs: Iterable<LinkedWord>): SpellingModel {
  const mine = new Mine(pairs);
  for (let round = 1; round <= ROUNDS; round++) {
    mine.learn();
    if (round === ROUNDS_WITH_ALL) mine.prune();
  }
  const counts = new ChunkCounts();
  mine.forEachRespelt((steps, english) => counts.add(steps, english));
  return counts.model();
}

/** A step of an alignment: units of the word, and the English letters that they stand for. */
interface Step {
  units: readonly string[];
  letters: string;
}

/** A pair with all steps by which one can get through both of its words. */
interface Grid {
  units: readonly string[];
  letters: string;
  weight: number;
  /** log of the chance of all its letters, were they independent. */
  independent: number;
  /** By step: the places, in order, between which it leads; a place is a number of units × (letters + 1) + a number of letters. */
  from: Int32Array;
  to: Int32Array;
  /** By step: its number among the steps of all pairs. */
  step: Int32Array;
  /** How surely the pair is respelt. */
  respelt: number;
  /** By step: how often it is expected to be made. */
  expected: Float64Array;
}

/** Finds the words among pairs that are respelt, and aligns them. */
class Mine {
  /** By English lemma. */
  #lemmas: readonly (readonly Grid[])[];
  /** Sum of the weights of all pairs. */
  readonly #weight: number;
  /** By number of a step: what is guessed of it without having met it, what holds it back, and how often it was met. */
  readonly #guess: Float64Array;
  readonly #heldBack: Float64Array;
  #met: Float64Array;
  #allMet = 0;
  /** Share of the pairs that are respelt; unknown before the first round. */
  #share: number | undefined;

  constructor(pairs: Iterable<LinkedWord>) {
    const usable = [...pairs].flatMap(({ word, english, weight }) => {
      const units = spellingUnits(word);
      const isUsable = Math.max(units.length, english.length) <= MAX_LENGTH && /^[a-z]+$/.test(english);
      return isUsable ? [{ units, letters: english, weight }] : [];
    });
    const units = new Spelt(usable.map(({ units }) => units.slice(1, -1)));
    const letters = new Spelt(usable.map(({ letters }) => [...letters]));
    const steps = new StepNumbers(units, letters);
    const lemmas = new Map<string, Grid[]>();
    for (const pair of usable) {
      const independent = units.logChance(pair.units.slice(1, -1)) + letters.logChance([...pair.letters]);
      const grid = { ...pair, independent, respelt: 0, ...steps.layOut(pair.units, pair.letters) };
      const others = lemmas.get(pair.letters);
      if (others) others.push(grid);
      else lemmas.set(pair.letters, [grid]);
    }
    this.#lemmas = [...lemmas.values()];
    this.#weight = usable.reduce((sum, { weight }) => sum + weight, 0);
    this.#guess = Float64Array.from(steps.guess);
    this.#heldBack = Float64Array.from(steps.heldBack);
    this.#met = new Float64Array(steps.guess.length);
  }

  /** A round of expectation maximisation. */
  learn(): void {
    let respelt = 0;
    this.#forEachLemma((grids) => {
      for (const grid of grids) respelt += this.#expect(grid) * grid.weight;
    });
    this.#met = new Float64Array(this.#guess.length);
    this.#allMet = 0;
    for (const grids of this.#lemmas) for (const { step, expected } of grids) this.#count(step, expected, 1);
    this.#share = respelt / this.#weight;
  }

  /** Leaves out the pairs that are hardly respelt. */
  prune(): void {
    this.#lemmas = this.#lemmas.map((grids) => grids.filter(({ respelt }) => respelt >= HOPELESS));
  }

  /** Calls back with the likeliest alignment of each pair that is respelt. */
  forEachRespelt(callback: (steps: readonly Step[], english: string) => void): void {
    this.#forEachLemma((grids) => {
      for (const grid of grids)
        if (this.#expect(grid) > RESPELT) callback(this.#likeliest(grid), grid.letters);
    });
  }

  /** Calls back with the pairs of each lemma, while what they taught is forgotten. */
  #forEachLemma(callback: (grids: readonly Grid[]) => void): void {
    for (const grids of this.#lemmas) {
      const before = grids.map(({ step, expected }) => ({ step, expected }));
      for (const { step, expected } of before) this.#count(step, expected, -1);
      callback(grids);
      for (const { step, expected } of before) this.#count(step, expected, 1);
    }
  }

  #count(step: Int32Array, expected: Float64Array, times: number): void {
    for (let s = 0; s < step.length; s++) {
      this.#met[step[s]] += times * expected[s];
      this.#allMet += times * expected[s];
    }
  }

  /** Sets how often each step of a pair is expected. @returns how surely the pair is respelt */
  #expect(grid: Grid): number {
    const { from, to, step, weight } = grid;
    const places = (grid.units.length + 1) * (grid.letters.length + 1);
    const ahead = new Float64Array(places);
    const back = new Float64Array(places);
    const chance = Float64Array.from(step, (number) => this.#chance(number));
    ahead[0] = 1;
    for (let s = 0; s < step.length; s++) ahead[to[s]] += ahead[from[s]] * chance[s];
    back[places - 1] = 1;
    for (let s = step.length - 1; s >= 0; s--) back[from[s]] += back[to[s]] * chance[s];
    const sum = back[0];
    grid.expected = new Float64Array(step.length);
    grid.respelt = sum === 0 ? 0 : this.#respelt(Math.log(sum) - grid.independent);
    if (grid.respelt === 0) return 0;
    const scale = (grid.respelt * weight) / sum;
    for (let s = 0; s < step.length; s++) grid.expected[s] = ahead[from[s]] * chance[s] * back[to[s]] * scale;
    return grid.respelt;
  }

  /** @param gain log of how much likelier the pair is if it is respelt */
  #respelt(gain: number): number {
    if (this.#share === undefined) return 1;
    return this.#share / (this.#share + (1 - this.#share) * Math.exp(-gain));
  }

  #chance(step: number): number {
    const met = Math.max(0, this.#met[step]) + GUESSED * this.#guess[step];
    return (this.#heldBack[step] * met) / (this.#allMet + GUESSED);
  }

  /** The likeliest way through a pair (Viterbi 1967). */
  #likeliest({ units, letters, from, to, step }: Grid): Step[] {
    const width = letters.length + 1;
    const best = new Float64Array((units.length + 1) * width);
    const last = new Int32Array(best.length);
    best[0] = 1;
    for (let s = 0; s < step.length; s++) {
      const own = best[from[s]] * this.#chance(step[s]);
      if (own <= best[to[s]]) continue;
      best[to[s]] = own;
      last[to[s]] = s;
    }
    const steps: Step[] = [];
    for (let place = best.length - 1; place > 0; place = from[last[place]]) {
      const start = from[last[place]];
      steps.push({
        units: units.slice(Math.floor(start / width), Math.floor(place / width)),
        letters: letters.slice(start % width, place % width),
      });
    }
    return steps.reverse();
  }
}

/** Letters that are worth as much as a letter that was met. */
const UNMET = 5;

/** How the words of one side are spelt, whatever the other side says; given without their edges. */
class Spelt {
  readonly #counts = new Map<string, number>();
  readonly #pairs = new Map<string, number>();
  #all = 0;

  constructor(words: readonly (readonly string[])[]) {
    for (const word of words) {
      let before = EDGE;
      for (const unit of [...word, EDGE]) {
        this.#counts.set(unit, (this.#counts.get(unit) ?? 0) + 1);
        this.#pairs.set(before + unit, (this.#pairs.get(before + unit) ?? 0) + 1);
        before = unit;
      }
      this.#all += word.length + 1;
    }
  }

  /** Share of a unit among all. */
  share(unit: string): number {
    return this.#counts.get(unit)! / this.#all;
  }

  /** log of the chance of a word, each unit after the one before. */
  logChance(word: readonly string[]): number {
    let log = 0;
    let before = EDGE;
    for (const unit of [...word, EDGE]) {
      const met = this.#pairs.get(before + unit)!;
      log += Math.log((met + UNMET * this.share(unit)) / (this.#counts.get(before)! + UNMET));
      before = unit;
    }
    return log;
  }
}

/** Whether STEPS lead through so many units and letters from the one edge of a pair. */
function isWithinReach(units: number, letters: number): boolean {
  return letters <= 3 * units && units <= 2 * letters + 2;
}

/** Numbers for the steps that the pairs have. */
class StepNumbers {
  /** By number: how likely the step is, were its units and letters independent. */
  readonly guess: number[] = [];
  /** By number: what its chance is multiplied with. */
  readonly heldBack: number[] = [];
  readonly #units: Spelt;
  readonly #letters: Spelt;
  readonly #unitRuns = new Numbering();
  readonly #letterRuns = new Numbering();
  readonly #numbers = new Map<number, number>();

  constructor(units: Spelt, letters: Spelt) {
    this.#units = units;
    this.#letters = letters;
  }

  /** Lays out the steps from the first place of a pair to the last. */
  layOut(units: readonly string[], letters: string): Pick<Grid, 'from' | 'to' | 'step' | 'expected'> {
    const width = letters.length + 1;
    const n = units.length;
    const letterRuns = [0, 1, 2, 3].map((size) =>
      Array.from({ length: width - size }, (_, j) => this.#letterRuns.numberOf(letters.slice(j, j + size))),
    );
    const from: number[] = [];
    const to: number[] = [];
    const step: number[] = [];
    for (let i = 0; i < n; i++) {
      const kinds = STEPS.filter(
        ({ units: size, atEdge }) => i + size <= n && (i === 0 || i + size === n) === atEdge,
      );
      const runs = kinds.map(({ units: size }) => units.slice(i, i + size));
      const unitRuns = runs.map((run) => this.#unitRuns.numberOf(run.join('')));
      for (let j = 0; j < width; j++) {
        if (!isWithinReach(i, j) || !isWithinReach(n - i, width - 1 - j)) continue;
        kinds.forEach(({ units: size, letters: spelt, chance, heldBack }, k) => {
          if (j + spelt >= width) return;
          const key = unitRuns[k] * MAX_RUNS + letterRuns[spelt][j];
          let number = this.#numbers.get(key);
          if (number === undefined) {
            this.#numbers.set(key, (number = this.guess.length));
            this.heldBack.push(heldBack);
            this.guess.push(this.#guessOf(runs[k], letters.slice(j, j + spelt), chance));
          }
          from.push(i * width + j);
          to.push((i + size) * width + j + spelt);
          step.push(number);
        });
      }
    }
    return {
      ...{ from: Int32Array.from(from), to: Int32Array.from(to), step: Int32Array.from(step) },
      expected: new Float64Array(step.length),
    };
  }

  #guessOf(units: readonly string[], letters: string, chance: number): number {
    let guess = chance;
    for (const unit of units) guess *= this.#units.share(unit);
    for (const letter of letters) guess *= this.#letters.share(letter);
    return guess;
  }
}

/** How often chunks were met, and spelt how. */
class ChunkCounts {
  readonly #chunks = new Map<
    string,
    { met: number; spellings: Map<string, { met: number; lemmas: Set<string> }> }
  >();

  /** Counts all chunks of an aligned word that are not too long. */
  add(steps: readonly Step[], lemma: string): void {
    for (let start = 0; start < steps.length; start++) {
      let units = 0;
      let chunk = '';
      let letters = '';
      for (let end = start; end < steps.length; end++) {
        units += steps[end].units.length;
        chunk += steps[end].units.join('');
        letters += steps[end].letters;
        if (units > MAX_CHUNK || letters.length > MAX_LETTERS) break;
        this.#count(chunk, letters, lemma);
      }
    }
  }

  #count(chunk: string, letters: string, lemma: string): void {
    let own = this.#chunks.get(chunk);
    if (!own) this.#chunks.set(chunk, (own = { met: 0, spellings: new Map() }));
    own.met++;
    let spelling = own.spellings.get(letters);
    if (!spelling) own.spellings.set(letters, (spelling = { met: 0, lemmas: new Set() }));
    spelling.met++;
    spelling.lemmas.add(lemma);
  }

  model(): SpellingModel {
    const model = new Map<string, ChunkSpelling[]>();
    for (const [chunk, { met, spellings }] of this.#chunks) {
      const kept = [...spellings]
        .filter(([, { lemmas }]) => lemmas.size >= LEAST_LEMMAS)
        .map(([english, own]) => ({ english, chance: (own.met - DISCOUNT) / met }))
        .filter(({ chance }) => chance >= LEAST_CHANCE)
        .sort((a, b) => b.chance - a.chance || (a.english < b.english ? -1 : 1))
        .slice(0, MAX_SPELLINGS);
      if (kept.length > 0) model.set(chunk, kept);
    }
    return model;
  }
}
