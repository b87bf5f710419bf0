import { P2iError } from '../errors/errors.ts';
import { GRAPH_DIMENSIONS } from '../embeddings/projection.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';
import {
  decodeSealedBoard,
  decodeSealedInterest,
  decodeSealedTerm,
  sealedPins,
  type SealedEntry,
} from './sealed.ts';
import { SEALED_MARK, sealedSpaces, TOTALS_KEY, type SealedSpaces } from './spaces.ts';
import { UNIT } from './weights.ts';

/** Pins' worth of doubt added to every share: what was seen once is not yet certain. */
const DOUBT = UNIT;

/** Keeps the lift of interests that were hardly ever seen finite. */
const BASE_FLOOR = 1e-5;

/** Interests held decoded before the oldest entries go: about 150 MB. */
const CACHE_INTERESTS = 8_000_000;

/** What a generation knows of a term or board, with the shares worked out. Interests are dense indexes. */
export interface Entry {
  /** Pins that it was seen on. */
  pins: number;
  /** Their weight, in Pins with stated interests. */
  trust: number;
  /** log((Pins of the corpus + 1) / (pins + 1)), at least 0. */
  idf: number;
  interests: Int32Array;
  /** Share of its Pins that have the interest, with DOUBT. */
  share: Float32Array;
  /** log(1 + share / base rate of the interest). */
  logLift: Float32Array;
}

export interface BoardEntry extends Entry {
  /** Unit vector of the board in the Pin–board graph. */
  vector: Float32Array;
}

/**
 * One sealed generation, read. Decoded entries are cached; the cache changes speed, never a value.
 */
export class Generation {
  readonly #store: Store;
  readonly #spaces: SealedSpaces;
  readonly #taxonomy: Taxonomy;
  readonly #terms = new Map<number, Entry | undefined>();
  readonly #boards = new Map<number, BoardEntry | undefined>();
  #cached = 0;

  /** Number of the generation; 0 where nothing was ever sealed. */
  readonly number: number;
  /** Pins of the corpus. */
  readonly pins: number;
  /** Share of all Pins, by dense index, that have the interest. */
  readonly baseRate: Float32Array;
  /** size × GRAPH_DIMENSIONS unit vectors, row by row; NaN where the interest has none. */
  readonly centroids: Float32Array;

  /**
   * @param number of one of the two newest sealed generations; without it the newest; 0 is the empty one
   * @throws P2iError GENERATION_UNKNOWN, STORE_UNAVAILABLE
   */
  constructor(store: Store, taxonomy: Taxonomy, number: number = sealedGeneration(store)) {
    this.#store = store;
    this.#taxonomy = taxonomy;
    this.number = number;
    const newest = sealedGeneration(store);
    if (number > newest || (number > 0 && number < newest - 1)) {
      throw new P2iError('GENERATION_UNKNOWN', `there is no generation ${number}; the newest is ${newest}`);
    }
    this.#spaces = sealedSpaces(this.number);
    this.baseRate = new Float32Array(taxonomy.size);
    this.centroids = new Float32Array(taxonomy.size * GRAPH_DIMENSIONS).fill(NaN);
    const [totals] = number === 0 ? [] : store.get(this.#spaces.interests, [TOTALS_KEY]);
    const all = totals ? decodeSealedInterest(totals) : { pins: 0, weight: 0 };
    this.pins = all.pins;
    if (all.pins === 0) return;
    for (const [id, bytes] of store.scan(this.#spaces.interests)) {
      const index = taxonomy.indexOf(id);
      if (id === TOTALS_KEY || index < 0) continue;
      const interest = decodeSealedInterest(bytes);
      this.baseRate[index] = interest.weight / all.weight;
      if (interest.vector) this.centroids.set(interest.vector, index * GRAPH_DIMENSIONS);
    }
  }

  /** What is known of a term, by its hash. */
  term(hash: number): Entry | undefined {
    if (this.pins === 0) return undefined;
    if (this.#terms.has(hash)) return this.#terms.get(hash);
    const [bytes] = this.#store.get(this.#spaces.terms, [hash]);
    const entry = bytes && this.#entry(decodeSealedTerm(bytes));
    this.#remember(this.#terms, hash, entry);
    return entry;
  }

  /** Inverse document frequency of a term; undefined where it is not known. Leaves the cache alone. */
  idf(hash: number): number | undefined {
    if (this.pins === 0) return undefined;
    const [bytes] = this.#store.get(this.#spaces.terms, [hash]);
    return bytes && this.#idf(sealedPins(bytes));
  }

  /** What is known of a board, by its hash. */
  board(hash: number): BoardEntry | undefined {
    if (this.pins === 0) return undefined;
    if (this.#boards.has(hash)) return this.#boards.get(hash);
    const [bytes] = this.#store.get(this.#spaces.boards, [hash]);
    let entry: BoardEntry | undefined;
    if (bytes) {
      const sealed = decodeSealedBoard(bytes);
      entry = { ...this.#entry(sealed), vector: sealed.vector };
    }
    this.#remember(this.#boards, hash, entry);
    return entry;
  }

  #idf(pins: number): number {
    return Math.max(0, Math.log((this.pins + 1) / (pins + 1)));
  }

  #entry(sealed: SealedEntry): Entry {
    const n = sealed.interests.length;
    const interests = new Int32Array(n);
    const share = new Float32Array(n);
    const logLift = new Float32Array(n);
    let kept = 0;
    for (let i = 0; i < n; i++) {
      const index = this.#taxonomy.indexOf(sealed.interests[i]);
      if (index < 0) continue;
      interests[kept] = index;
      share[kept] = sealed.weights[i] / (sealed.trust + DOUBT);
      logLift[kept] = Math.log1p(share[kept] / (this.baseRate[index] + BASE_FLOOR));
      kept++;
    }
    return {
      pins: sealed.pins,
      trust: sealed.trust / UNIT,
      idf: this.#idf(sealed.pins),
      interests: interests.subarray(0, kept),
      share: share.subarray(0, kept),
      logLift: logLift.subarray(0, kept),
    };
  }

  #remember<E extends Entry>(cache: Map<number, E | undefined>, hash: number, entry: E | undefined): void {
    cache.set(hash, entry);
    this.#cached += 4 + (entry?.interests.length ?? 0);
    if (this.#cached <= CACHE_INTERESTS) return;
    // Rare, and cheaper than keeping an order of use on every read.
    this.#terms.clear();
    this.#boards.clear();
    this.#cached = 0;
  }
}

/** Number of the newest sealed generation; 0 where there is none. */
export function sealedGeneration(store: Store): number {
  return Number(store.mark(SEALED_MARK) ?? 0);
}

/** A generation that knows nothing: a first run, or a taxonomy's first day. */
export function emptyGeneration(taxonomy: Taxonomy): Generation {
  return new Generation(new MemoryStore(), taxonomy);
}
