import { addRandomVector, GRAPH_DIMENSIONS, normalise } from '../embeddings/projection.ts';
import type { Put, Store } from '../store/store.ts';
import { decodeSample, type BoardSample, type SampledPin } from './sample.ts';
import { encodeSealedBoard, encodeSealedInterest, encodeSealedTerm, type SealedEntry } from './sealed.ts';
import { buildingSpaces, FIRST_LINEAGE, sealedMark, sealedSpaces, TOTALS_KEY } from './spaces.ts';
import { decodeTally, type Tally } from './tally.ts';
import { UNIT } from './weights.ts';

/** The most interests that a sealed entry keeps: those that it tells most about. */
const MAX_INTERESTS = 200;

/**
 * Turns what the builder gathered into a generation to read: per term and board the interests that it tells most about,
 * per board and interest a graph vector. One transaction; the mark names the generation as the newest of its lineage afterwards.
 */
export function sealGeneration(store: Store, generation: number, lineage = FIRST_LINEAGE): void {
  const building = buildingSpaces(generation, lineage);
  const sealed = sealedSpaces(generation, lineage);
  const [totalsBytes] = store.get(building.terms, [TOTALS_KEY]);
  const totals: Tally = totalsBytes
    ? decodeTally(totalsBytes)
    : { pins: 0, trust: 0, interests: new Uint32Array(), weights: new Float64Array() };
  const base = new Map<number, number>();
  totals.interests.forEach((interest, i) => base.set(interest, totals.weights[i] / totals.trust));

  function* puts(): Iterable<Put> {
    for (const [key, bytes] of store.scan(building.terms)) {
      if (key === TOTALS_KEY) continue;
      const tally = decodeTally(bytes);
      // A term that one Pin used, and that only its own text explains, knows nothing about any other Pin.
      if (tally.pins < 2 && tally.trust < UNIT) continue;
      yield { space: sealed.terms, key, value: encodeSealedTerm(mostTelling(tally, base)) };
    }
    const graph = new BoardGraph(() => samples(store, building.boards));
    for (const [board, sample] of samples(store, building.boards)) {
      const entry = mostTelling(tallyOf(sample), base);
      yield { space: sealed.boards, key: board, value: encodeSealedBoard(entry, graph.boardVector(board)) };
    }
    yield {
      space: sealed.interests,
      key: TOTALS_KEY,
      value: encodeSealedInterest({ weight: totals.trust, pins: totals.pins, vector: null }),
    };
    const centroids = graph.centroids();
    for (let i = 0; i < totals.interests.length; i++) {
      const key = totals.interests[i];
      const vector = centroids.get(key) ?? null;
      yield {
        space: sealed.interests,
        key,
        value: encodeSealedInterest({ weight: totals.weights[i], pins: 0, vector }),
      };
    }
  }

  store.apply({
    clear: [sealed.terms, sealed.boards, sealed.interests],
    puts: puts(),
    marks: { [sealedMark(lineage)]: String(generation) },
  });
}

function* samples(store: Store, space: string): Iterable<[board: number, sample: BoardSample]> {
  for (const [board, bytes] of store.scan(space)) yield [board, decodeSample(bytes)];
}

/** The interests by weight times log lift: neither those that are everywhere nor those seen by chance. */
function mostTelling(tally: Tally, base: ReadonlyMap<number, number>): SealedEntry {
  const n = tally.interests.length;
  const order = Array.from({ length: n }, (_, i) => i);
  if (n > MAX_INTERESTS) {
    const told = Float64Array.from(tally.weights, (weight, i) => {
      const lift = weight / tally.trust / base.get(tally.interests[i])!;
      return weight * Math.log1p(lift);
    });
    order.sort((a, b) => told[b] - told[a] || tally.interests[a] - tally.interests[b]);
    order.length = MAX_INTERESTS;
    order.sort((a, b) => a - b);
  }
  return {
    pins: tally.pins,
    trust: tally.trust,
    interests: Uint32Array.from(order, (i) => tally.interests[i]),
    weights: Float32Array.from(order, (i) => tally.weights[i]),
  };
}

function tallyOf(sample: BoardSample): Tally {
  const sums = new Map<number, number>();
  let trust = 0;
  for (const pin of sample.pins) {
    trust += pin.trust;
    pin.interests.forEach((interest, i) => sums.set(interest, (sums.get(interest) ?? 0) + pin.weights[i]));
  }
  const interests = Uint32Array.from(sums.keys()).sort();
  const weights = Float64Array.from(interests, (interest) => sums.get(interest)!);
  return { pins: boardSize(sample), trust, interests, weights };
}

/** Pins of the board; where the sample leaves some out, estimated from how dense the k smallest hashes lie (KMV). */
function boardSize(sample: BoardSample): number {
  const k = sample.pins.length;
  return sample.truncated ? Math.round((k - 1) / (sample.pins[k - 1].pin / 2 ** 53)) : k;
}

/**
 * Vectors of boards, Pins and interests in one space, by random projections through the Pin–board graph (after FastRP,
 * Chen et al. 2019): a board starts as its own random vector; a Pin is the mean of its boards; a board then takes in
 * its Pins, so that boards with common Pins come close; an interest is the mean of the Pins that match it precisely.
 */
class BoardGraph {
  readonly #samples: () => Iterable<[number, BoardSample]>;
  readonly #vectors = new Map<number, Float32Array>();

  constructor(samples: () => Iterable<[number, BoardSample]>) {
    this.#samples = samples;
    const random = (board: number): Float32Array => {
      const vector = new Float32Array(GRAPH_DIMENSIONS);
      addRandomVector(board, 1 / Math.sqrt(GRAPH_DIMENSIONS), vector);
      return vector;
    };
    const mean = new Float32Array(GRAPH_DIMENSIONS);
    const pinVector = new Float32Array(GRAPH_DIMENSIONS);
    for (const [board, sample] of samples()) {
      mean.fill(0);
      for (const pin of sample.pins) {
        pinVector.fill(0);
        for (const other of pin.boards) addRandomVector(other, 1, pinVector);
        if (!normalise(pinVector)) continue;
        for (let d = 0; d < mean.length; d++) mean[d] += pinVector[d];
      }
      const vector = random(board);
      if (normalise(mean)) for (let d = 0; d < mean.length; d++) vector[d] += mean[d];
      normalise(vector);
      this.#vectors.set(board, vector);
    }
  }

  /** The board's vector, of length 1. */
  boardVector(board: number): Float32Array {
    return this.#vectors.get(board)!;
  }

  /** Unit vectors of the interests that any sampled Pin has. */
  centroids(): Map<number, Float32Array> {
    const sums = new Map<number, Float32Array>();
    const vector = new Float32Array(GRAPH_DIMENSIONS);
    for (const [, sample] of this.#samples()) {
      for (const pin of sample.pins) {
        if (!this.#pinVector(pin, vector)) continue;
        for (let i = 0; i < pin.interests.length; i++) {
          let sum = sums.get(pin.interests[i]);
          if (!sum) sums.set(pin.interests[i], (sum = new Float32Array(GRAPH_DIMENSIONS)));
          for (let d = 0; d < sum.length; d++) sum[d] += pin.weights[i] * vector[d];
        }
      }
    }
    for (const [interest, sum] of sums) if (!normalise(sum)) sums.delete(interest);
    return sums;
  }

  #pinVector(pin: SampledPin, out: Float32Array): boolean {
    out.fill(0);
    for (const board of pin.boards) {
      const vector = this.#vectors.get(board);
      if (vector) for (let d = 0; d < out.length; d++) out[d] += vector[d];
    }
    return normalise(out);
  }
}
