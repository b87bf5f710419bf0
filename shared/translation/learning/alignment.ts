import type { ParallelCorpus } from './corpus.ts';

/** Rounds of expectation maximisation; hardly anything moves afterwards. */
const ROUNDS = 8;

/** Rounds in which each direction learns alone, before both have to agree. */
const ROUNDS_ALONE = 2;

/** How likely a word is to stand for nothing on the other side, against one word there. */
const NOTHING = 0.3;

/** Less than this of a word's translations is noise of the first rounds. */
const LEAST = 1e-4;

/** The best link of a word is taken for one where it is as sure as that. */
export const LIKELY = 0.15;

/** Which words of the two sides of each pair mean each other. */
export interface Alignment {
  /** By pair: source length × target length, how surely source word i means target word j: in [0, 1]. */
  links: Float32Array[];
}

/**
 * Aligns the words of parallel phrases: IBM Model 1 (Brown et al. 1993) in both directions, trained to agree (Liang,
 * Taskar & Klein 2006): the expected count of a link is what both directions give it together. One number is kept for each pair
 * of words that ever meet, so that a round is a pass over flat arrays.
 */
export function align({ pairs, source, target }: ParallelCorpus): Alignment {
  const cells = cellsOf(pairs, target.texts.length);
  const count = cells.count;
  /** By meeting words: p(target | source) and p(source | target). */
  const forward = new Float64Array(count).fill(1);
  const backward = new Float64Array(count).fill(1);
  const links = pairs.map((pair) => new Float32Array(pair.source.length * pair.target.length));
  /** By word: the chance of it where nothing on the other side means it. */
  let targetOfNone = new Float64Array(target.texts.length).fill(1);
  let sourceOfNone = new Float64Array(source.texts.length).fill(1);
  for (let round = 0; round < ROUNDS; round++) {
    const agree = round >= ROUNDS_ALONE;
    const forwardCounts = new Float64Array(count);
    const backwardCounts = new Float64Array(count);
    const ofSource = new Float64Array(source.texts.length);
    const ofTarget = new Float64Array(target.texts.length);
    const noTarget = new Float64Array(target.texts.length);
    const noSource = new Float64Array(source.texts.length);
    for (let p = 0; p < pairs.length; p++) {
      const { source: from, target: to } = pairs[p];
      const own = cells.of[p];
      const joint = links[p];
      const given = sharesBySource(own, from, to.length, backward, sourceOfNone);
      for (const word of from) noSource[word]++;
      for (let j = 0; j < to.length; j++) {
        let sum = NOTHING * targetOfNone[to[j]];
        for (let i = 0; i < from.length; i++) sum += forward[own[i * to.length + j]];
        noTarget[to[j]]++;
        for (let i = 0; i < from.length; i++) {
          const at = i * to.length + j;
          const cell = own[at];
          const a = sum > 0 ? forward[cell] / sum : 0;
          const b = given[at];
          const both = Math.sqrt(a * b);
          joint[at] = both;
          const ahead = agree ? both : a;
          const back = agree ? both : b;
          forwardCounts[cell] += ahead;
          backwardCounts[cell] += back;
          ofSource[from[i]] += ahead;
          ofTarget[to[j]] += back;
          noTarget[to[j]] -= ahead;
          noSource[from[i]] -= back;
        }
      }
    }
    for (let cell = 0; cell < count; cell++) {
      forward[cell] = shareOf(forwardCounts[cell], ofSource[cells.source[cell]]);
      backward[cell] = shareOf(backwardCounts[cell], ofTarget[cells.target[cell]]);
    }
    targetOfNone = sharesOf(noTarget);
    sourceOfNone = sharesOf(noSource);
  }
  return { links };
}

function shareOf(count: number, all: number): number {
  const share = count / all;
  return share < LEAST ? 0 : share;
}

/** What is left of each word, as a share of what is left of all. */
function sharesOf(left: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  let sum = 0;
  for (const own of left) sum += Math.max(0, own);
  return left.map((own) => Math.max(0, own) / sum);
}

/** By link of a pair: the share of its source word that the target word takes, nothing being one taker too. */
function sharesBySource(
  own: Int32Array,
  from: Int32Array,
  to: number,
  backward: Float64Array,
  none: Float64Array,
): Float64Array {
  const shares = new Float64Array(own.length);
  for (let i = 0; i < from.length; i++) {
    let sum = NOTHING * none[from[i]];
    for (let j = 0; j < to; j++) sum += backward[own[i * to + j]];
    for (let j = 0; j < to; j++) shares[i * to + j] = sum > 0 ? backward[own[i * to + j]] / sum : 0;
  }
  return shares;
}

/** A number for each two words that meet in a pair. */
interface Cells {
  count: number;
  /** By cell. */
  source: Int32Array;
  target: Int32Array;
  /** By pair: source length × target length cells. */
  of: Int32Array[];
}

function cellsOf(pairs: ParallelCorpus['pairs'], targets: number): Cells {
  const numbers = new Map<number, number>();
  const sources: number[] = [];
  const targetsOf: number[] = [];
  const of = pairs.map(({ source, target }) => {
    const own = new Int32Array(source.length * target.length);
    for (let i = 0; i < source.length; i++) {
      for (let j = 0; j < target.length; j++) {
        const key = source[i] * targets + target[j];
        let cell = numbers.get(key);
        if (cell === undefined) {
          numbers.set(key, (cell = numbers.size));
          sources.push(source[i]);
          targetsOf.push(target[j]);
        }
        own[i * target.length + j] = cell;
      }
    }
    return own;
  });
  return { count: numbers.size, source: Int32Array.from(sources), target: Int32Array.from(targetsOf), of };
}
