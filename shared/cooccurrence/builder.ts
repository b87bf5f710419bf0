import { doubled } from '../arrays/doubled.ts';
import type { Put, Store } from '../store/store.ts';
import type { PinFacts } from './facts.ts';
import { decodeSample, encodeSample, mergeSamples, sampledPin, sampleOf, type SampledPin } from './sample.ts';
import { buildingSpaces, FIRST_LINEAGE, TOTALS_KEY, type BuildingSpaces } from './spaces.ts';
import { addTallies, decodeTally, encodeTally, type Tally } from './tally.ts';

/** Triples (term, interest, weight) held in memory when `full` says that it is time to flush: about 100 MB. */
const FULL = 6_000_000;

/**
 * Builds a generation of the co-occurrence store. `add` only gathers; `flush` merges what was gathered into the store
 * in one transaction, together with the marks (the offset) that it brings the state to. Merging is a sum of whole
 * numbers and a bottom-k union: neither depends on where the flushes fall.
 */
export class CooccurrenceBuilder {
  readonly #store: Store;
  readonly #spaces: BuildingSpaces;

  readonly #slots = new Map<number, number>();
  #pins = new Uint32Array(1 << 16);
  #trust = new Float64Array(1 << 16);
  #slot = new Int32Array(1 << 20);
  #interest = new Int32Array(1 << 20);
  #weight = new Int32Array(1 << 20);
  #triples = 0;
  #boards = new Map<number, SampledPin[]>();

  constructor(store: Store, generation: number, lineage = FIRST_LINEAGE) {
    this.#store = store;
    this.#spaces = buildingSpaces(generation, lineage);
  }

  /** True where memory asks for a flush. */
  get full(): boolean {
    return this.#triples >= FULL;
  }

  /** Gathers one Pin. */
  add(facts: PinFacts): void {
    this.#tally(TOTALS_KEY, facts);
    for (let t = 0; t < facts.terms.length; t++) this.#tally(facts.terms[t], facts);
    if (facts.boards.length === 0) return;
    const sampled = sampledPin(facts);
    for (const board of facts.boards) {
      const pins = this.#boards.get(board);
      if (pins) pins.push(sampled);
      else this.#boards.set(board, [sampled]);
    }
  }

  /** Writes what was gathered and the marks in one transaction, or nothing. Throws STORE_UNAVAILABLE. */
  flush(marks: Readonly<Record<string, string>>): void {
    this.#store.apply({ puts: this.#puts(), marks });
    this.#slots.clear();
    this.#triples = 0;
    this.#pins.fill(0);
    this.#trust.fill(0);
    this.#boards = new Map();
  }

  #tally(key: number, facts: PinFacts): void {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#slots.set(key, slot);
      if (slot === this.#pins.length) {
        this.#pins = doubled(this.#pins);
        this.#trust = doubled(this.#trust);
      }
    }
    this.#pins[slot]++;
    this.#trust[slot] += facts.trust;
    while (this.#triples + facts.interests.length > this.#slot.length) {
      this.#slot = doubled(this.#slot);
      this.#interest = doubled(this.#interest);
      this.#weight = doubled(this.#weight);
    }
    for (let i = 0; i < facts.interests.length; i++) {
      const at = this.#triples++;
      this.#slot[at] = slot;
      this.#interest[at] = facts.interests[i];
      this.#weight[at] = facts.weights[i];
    }
  }

  *#puts(): Iterable<Put> {
    for (const [key, delta] of this.#deltas()) {
      const [old] = this.#store.get(this.#spaces.terms, [key]);
      const tally = old ? addTallies(decodeTally(old), delta) : delta;
      yield { space: this.#spaces.terms, key, value: encodeTally(tally) };
    }
    for (const board of Float64Array.from(this.#boards.keys()).sort()) {
      const delta = sampleOf(this.#boards.get(board)!);
      const [old] = this.#store.get(this.#spaces.boards, [board]);
      const sample = old ? mergeSamples(decodeSample(old), delta) : delta;
      yield { space: this.#spaces.boards, key: board, value: encodeSample(sample) };
    }
  }

  /** The gathered tallies in ascending order of key. */
  *#deltas(): Iterable<[key: number, delta: Tally]> {
    // Counting sort of the triples by slot.
    const start = new Int32Array(this.#slots.size + 1);
    for (let t = 0; t < this.#triples; t++) start[this.#slot[t] + 1]++;
    for (let s = 0; s < this.#slots.size; s++) start[s + 1] += start[s];
    const next = start.slice();
    const order = new Int32Array(this.#triples);
    for (let t = 0; t < this.#triples; t++) order[next[this.#slot[t]]++] = t;

    for (const key of Float64Array.from(this.#slots.keys()).sort()) {
      const slot = this.#slots.get(key)!;
      const sums = new Map<number, number>();
      for (let o = start[slot]; o < start[slot + 1]; o++) {
        const interest = this.#interest[order[o]];
        sums.set(interest, (sums.get(interest) ?? 0) + this.#weight[order[o]]);
      }
      const interests = Uint32Array.from(sums.keys()).sort();
      const weights = Float64Array.from(interests, (interest) => sums.get(interest)!);
      yield [key, { pins: this.#pins[slot], trust: this.#trust[slot], interests, weights }];
    }
  }
}
