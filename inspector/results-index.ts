import { doubled } from '../shared/arrays/doubled.ts';
import { PackedLists } from '../shared/arrays/packed-lists.ts';
import { putInSlot } from '../shared/arrays/slots.ts';
import { hashText } from '../shared/cooccurrence/hash.ts';
import type { TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';

/** Where a result lies on p2i-results. */
export interface ResultPlace {
  partition: number;
  offset: number;
}

const SEED = 0x70;
const FIRST_PINS = 1024;
/** In place of an offset: the Pin's result was taken back. */
const NONE = -1;

/**
 * Which Pins have which interests of one taxonomy version, and where their results lie. Pins are known by a 53-bit hash
 * of their ids: of ten million, two are taken for one with a chance of 0.6 %. docs/inspector.md has its bytes a Pin.
 */
export class ResultsIndex {
  readonly #taxonomy: TaxonomyTree;
  /** By dense interest: Pins that have it, and those that have nothing below it. */
  readonly #pins: Uint32Array;
  readonly #ownPins: Uint32Array;
  /** By dense interest: the last count in which something below it was seen. */
  readonly #coveredIn: Uint32Array;
  #count = 0;
  /** By entry, a Pin, in the order in which they came. */
  #hash = new Float64Array(FIRST_PINS);
  #offset = new Float64Array(FIRST_PINS);
  #partition = new Uint16Array(FIRST_PINS);
  /** Dense indexes. */
  readonly #interests = new PackedLists();
  #entries = 0;
  /** Open addressing, at most half full: entry + 1 by hash; 0 is free. */
  #slots = new Int32Array(2 * FIRST_PINS);
  #size = 0;

  constructor(taxonomy: TaxonomyTree) {
    this.#taxonomy = taxonomy;
    this.#pins = new Uint32Array(taxonomy.size);
    this.#ownPins = new Uint32Array(taxonomy.size);
    this.#coveredIn = new Uint32Array(taxonomy.size);
  }

  /** Pins that have a result. */
  get size(): number {
    return this.#size;
  }

  /** Pins that take memory: also those whose result was taken back. */
  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    const columns = [
      ...[this.#hash, this.#offset, this.#partition, this.#slots],
      ...[this.#pins, this.#ownPins, this.#coveredIn],
    ];
    return columns.reduce((sum, { byteLength }) => sum + byteLength, this.#interests.bytes);
  }

  /** Pins that have the interest. @param interest a dense index */
  pinsOf(interest: number): number {
    return this.#pins[interest];
  }

  /** Pins that have the interest and nothing below it. @param interest a dense index */
  ownPinsOf(interest: number): number {
    return this.#ownPins[interest];
  }

  /** True where the Pin has, or had, a result: setting it takes little more memory. */
  has(pin: string): boolean {
    return this.#find(hashText(pin, SEED)) >= 0;
  }

  /** Where the Pin's result lies; undefined where it has none. */
  place(pin: string): ResultPlace | undefined {
    const entry = this.#find(hashText(pin, SEED));
    return entry < 0 || this.#offset[entry] === NONE ? undefined : this.#placeOf(entry);
  }

  /** Puts a Pin's newest result in the place of what it had. @param ids interests; those of no taxonomy are left out */
  set(pin: string, { partition, offset }: ResultPlace, ids: readonly number[]): void {
    const hash = hashText(pin, SEED);
    let entry = this.#find(hash);
    if (entry < 0) entry = this.#add(hash);
    else this.#takeAway(entry);
    this.#interests.set(
      entry,
      ids.map((id) => this.#taxonomy.indexOf(id)).filter((interest) => interest >= 0),
    );
    this.#partition[entry] = partition;
    this.#offset[entry] = offset;
    this.#size++;
    this.#countIn(entry, 1);
  }

  /** Takes a Pin's result back. */
  delete(pin: string): void {
    const entry = this.#find(hashText(pin, SEED));
    if (entry < 0) return;
    this.#takeAway(entry);
    this.#offset[entry] = NONE;
  }

  /** Where results that have the interest lie, those of the latest Pins first. @param interest a dense index */
  *places(interest: number): Generator<ResultPlace> {
    let left = this.#pins[interest];
    for (let entry = this.#entries - 1; entry >= 0 && left > 0; entry--) {
      if (this.#offset[entry] === NONE || !this.#interests.get(entry).includes(interest)) continue;
      left--;
      yield this.#placeOf(entry);
    }
  }

  #placeOf(entry: number): ResultPlace {
    return { partition: this.#partition[entry], offset: this.#offset[entry] };
  }

  #find(hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1;
      if (entry < 0 || this.#hash[entry] === hash) return entry;
    }
  }

  #add(hash: number): number {
    if (this.#entries === this.#hash.length) this.#grow();
    const entry = this.#entries++;
    this.#hash[entry] = hash;
    this.#putInSlot(entry);
    return entry;
  }

  #grow(): void {
    this.#hash = doubled(this.#hash);
    this.#offset = doubled(this.#offset);
    this.#partition = doubled(this.#partition);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let entry = 0; entry < this.#entries; entry++) this.#putInSlot(entry);
  }

  #putInSlot(entry: number): void {
    putInSlot(this.#slots, this.#hash[entry], entry + 1);
  }

  #takeAway(entry: number): void {
    if (this.#offset[entry] === NONE) return;
    this.#size--;
    this.#countIn(entry, -1);
  }

  /** Adds a Pin to the counts of its interests, or takes it away. */
  #countIn(entry: number, by: 1 | -1): void {
    const interests = this.#interests.get(entry);
    const count = ++this.#count;
    for (const interest of interests) {
      const parent = this.#taxonomy.parent[interest];
      if (parent >= 0) this.#coveredIn[parent] = count;
    }
    for (const interest of interests) {
      this.#pins[interest] += by;
      if (this.#coveredIn[interest] !== count) this.#ownPins[interest] += by;
    }
  }
}
