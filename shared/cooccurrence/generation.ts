import { sharedFloat32 } from '../arrays/shared.ts';
import { P2iError } from '../errors/errors.ts';
import { GRAPH_DIMENSIONS } from '../embeddings/projection.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import type { TaxonomyTree } from '../taxonomy/taxonomy.ts';
import {
  ENTRY_HEADER,
  ENTRY_IDF,
  ENTRY_LOG_TRUST,
  ENTRY_PINS,
  EntryArena,
  entryMemory,
  type EntryMemory,
} from './arena.ts';
import { lineageOf } from './lineage.ts';
import {
  decodeSealedBoard,
  decodeSealedInterest,
  decodeSealedTerm,
  sealedPins,
  type SealedEntry,
} from './sealed.ts';
import { FIRST_LINEAGE, sealedMark, sealedSpaces, TOTALS_KEY, type SealedSpaces } from './spaces.ts';
import { UNIT } from './weights.ts';

/** Pins' worth of doubt added to every share: what was seen once is not yet certain. */
const DOUBT = UNIT;

/** Keeps the lift of interests that were hardly ever seen finite. */
const BASE_FLOOR = 1e-5;

/** Bytes of decoded entries that are held, whatever the number of threads. */
const ENTRY_BYTES = 96 * 2 ** 20;

/** What all threads that read a generation through the same taxonomy version share; no more than plain data. */
export interface SharedGeneration {
  lineage: number;
  number: number;
  pins: number;
  baseRate: Float32Array;
  centroids: Float32Array;
  entries: SharedArrayBuffer;
}

/**
 * One sealed generation, read. Of a term or a board it knows the Pins that it was seen on; its idf, which is
 * log((Pins of the corpus + 1) / (pins + 1)), at least 0; log(1 + trust), where trust is the weight of these Pins, in
 * Pins with stated interests; and of each interest its share of them, with DOUBT, and log(1 + share / base rate of the
 * interest). Interests are dense indexes. Such an entry is a place in a memory, laid out as arena.ts says.
 *
 * Entries are decoded once for all threads, as long as there is room; that changes speed, never a value.
 */
export class Generation {
  readonly #store: Store;
  readonly #spaces: SealedSpaces;
  readonly #taxonomy: TaxonomyTree;
  readonly #shared: SharedGeneration;
  readonly #entries: EntryArena;

  /** Number of the generation within the taxonomy's lineage; 0 where nothing was ever sealed. */
  readonly number: number;
  /** Pins of the corpus. */
  readonly pins: number;
  /** Share of all Pins, by dense index, that have the interest. */
  readonly baseRate: Float32Array;
  /** size × GRAPH_DIMENSIONS unit vectors, row by row; NaN where the interest has none. */
  readonly centroids: Float32Array;

  /** What a thread shared, seen by another. @param taxonomy the same version */
  static from(shared: SharedGeneration, store: Store, taxonomy: TaxonomyTree): Generation {
    return new Generation(store, taxonomy, shared);
  }

  /**
   * @param of number of one of the two newest sealed generations of the taxonomy's lineage; without it the newest; 0 is the empty one
   * @throws P2iError GENERATION_UNKNOWN, STORE_UNAVAILABLE
   */
  constructor(
    store: Store,
    taxonomy: TaxonomyTree,
    of: number | SharedGeneration = newestGeneration(store, taxonomy),
  ) {
    const shared = typeof of === 'number' ? readGeneration(store, taxonomy, of) : of;
    this.#store = store;
    this.#taxonomy = taxonomy;
    this.#shared = shared;
    this.#entries = new EntryArena(shared.entries);
    this.#spaces = sealedSpaces(shared.number, shared.lineage);
    this.number = shared.number;
    this.pins = shared.pins;
    this.baseRate = shared.baseRate;
    this.centroids = shared.centroids;
  }

  /** What `from` makes the same generation of in another thread. */
  shared(): SharedGeneration {
    return this.#shared;
  }

  /** The entry of a term, by its hash; 0 where it is not known. Valid until `forget`. */
  term(hash: number): number {
    if (this.pins === 0) return 0;
    return this.#entries.find(hash) ?? this.#readTerm(hash);
  }

  /** The entry of a board, by its hash; 0 where it is not known. Valid until `forget`. */
  board(hash: number): number {
    if (this.pins === 0) return 0;
    return this.#entries.find(boardKey(hash)) ?? this.#readBoard(hash);
  }

  /** The memory that an entry is in, at its absolute value. */
  memory(entry: number): EntryMemory {
    return this.#entries.memory(entry);
  }

  /** Ends the use of all entries: a stage is done with a Pin. */
  forget(): void {
    this.#entries.forget();
  }

  /** Inverse document frequency of a term; undefined where it is not known. Leaves what is decoded alone. */
  idf(hash: number): number | undefined {
    if (this.pins === 0) return undefined;
    const [bytes] = this.#store.get(this.#spaces.terms, [hash]);
    return bytes && this.#idf(sealedPins(bytes));
  }

  #readTerm(hash: number): number {
    const [bytes] = this.#store.get(this.#spaces.terms, [hash]);
    return this.#add(hash, bytes && decodeSealedTerm(bytes), undefined);
  }

  #readBoard(hash: number): number {
    const [bytes] = this.#store.get(this.#spaces.boards, [hash]);
    const board = bytes && decodeSealedBoard(bytes);
    return this.#add(boardKey(hash), board, board?.vector);
  }

  #idf(pins: number): number {
    return Math.max(0, Math.log((this.pins + 1) / (pins + 1)));
  }

  #add(key: number, sealed: SealedEntry | undefined, vector: Float32Array | undefined): number {
    if (sealed === undefined) {
      this.#entries.addAbsent(key);
      return 0;
    }
    // In place: the decoded entry is ours.
    const { interests, weights } = sealed;
    let size = 0;
    for (let i = 0; i < interests.length; i++) {
      const index = this.#taxonomy.indexOf(interests[i]);
      if (index < 0) continue;
      interests[size] = index;
      weights[size++] = weights[i];
    }
    return this.#entries.add(key, size, 3 * size + (vector?.length ?? 0), ({ ints, floats, doubles }, at) => {
      ints[at + ENTRY_PINS] = sealed.pins;
      doubles[at / 2 + ENTRY_IDF] = this.#idf(sealed.pins);
      doubles[at / 2 + ENTRY_LOG_TRUST] = Math.log1p(sealed.trust / UNIT);
      const first = at + ENTRY_HEADER;
      for (let i = 0; i < size; i++) {
        ints[first + i] = interests[i];
        floats[first + size + i] = weights[i] / (sealed.trust + DOUBT);
        const base = this.baseRate[interests[i]] + BASE_FLOOR;
        floats[first + 2 * size + i] = Math.log1p(floats[first + size + i] / base);
      }
      if (vector !== undefined) floats.set(vector, first + 3 * size);
    });
  }
}

/** Boards are kept with the terms: their keys are below 0. */
function boardKey(hash: number): number {
  return -1 - hash;
}

/** @throws P2iError GENERATION_UNKNOWN, STORE_UNAVAILABLE */
function readGeneration(store: Store, taxonomy: TaxonomyTree, number: number): SharedGeneration {
  const lineage = lineageOf(store, taxonomy) ?? FIRST_LINEAGE;
  const newest = newestGeneration(store, taxonomy);
  if (number > newest || (number > 0 && number < newest - 1)) {
    throw new P2iError(
      'GENERATION_UNKNOWN',
      `there is no generation ${number} of its taxonomy; the newest is ${newest}`,
    );
  }
  const spaces = sealedSpaces(number, lineage);
  const baseRate = sharedFloat32(taxonomy.size);
  const centroids = sharedFloat32(taxonomy.size * GRAPH_DIMENSIONS).fill(NaN);
  const [totals] = number === 0 ? [] : store.get(spaces.interests, [TOTALS_KEY]);
  const { pins, weight } = totals ? decodeSealedInterest(totals) : { pins: 0, weight: 0 };
  for (const [id, bytes] of pins === 0 ? [] : store.scan(spaces.interests)) {
    const index = taxonomy.indexOf(id);
    if (id === TOTALS_KEY || index < 0) continue;
    const interest = decodeSealedInterest(bytes);
    baseRate[index] = interest.weight / weight;
    if (interest.vector) centroids.set(interest.vector, index * GRAPH_DIMENSIONS);
  }
  return { lineage, number, pins, baseRate, centroids, entries: entryMemory(pins === 0 ? 0 : ENTRY_BYTES) };
}

/** Number of the newest sealed generation of a lineage; 0 where there is none. @throws P2iError STORE_UNAVAILABLE */
export function sealedGeneration(store: Store, lineage = FIRST_LINEAGE): number {
  return Number(store.mark(sealedMark(lineage)) ?? 0);
}

/** Number of the newest generation that was built for a taxonomy; 0 where there is none. @throws P2iError STORE_UNAVAILABLE */
export function newestGeneration(store: Store, taxonomy: TaxonomyTree): number {
  const lineage = lineageOf(store, taxonomy);
  return lineage === undefined ? 0 : sealedGeneration(store, lineage);
}

/** A generation that knows nothing: a first run, or a taxonomy's first day. */
export function emptyGeneration(taxonomy: TaxonomyTree): Generation {
  return new Generation(new MemoryStore(), taxonomy);
}
