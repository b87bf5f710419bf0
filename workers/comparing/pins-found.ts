import { doubled } from '../../shared/arrays/doubled.ts';
import type { PinInterests } from '../publishing/topic.ts';
import type { InterestTable, SideName } from './interests.ts';

/** What one side found of a Pin, best first: numbers of the interest table, and scores. */
export interface Found {
  interests: Int32Array;
  scores: Float32Array;
}

/**
 * What one side found of the Pins of a partition, packed: 16 bytes a Pin and 8 an interest, up to twice that while it
 * grows.
 */
export class PinsFound {
  readonly #side: SideName;
  readonly #table: InterestTable;
  /** By Pin number: version + 1; 0 where nothing was found. */
  #version = new Float64Array(1024);
  #start = new Int32Array(1024);
  /** -1: the Pin is gone. */
  #length = new Int32Array(1024);
  #interests = new Int32Array(4096);
  #scores = new Float32Array(4096);
  #used = 0;

  constructor(side: SideName, table: InterestTable) {
    this.#side = side;
    this.#table = table;
  }

  /**
   * Takes a result in the place of one of the same or an older version of the Pin.
   *
   * @param interests undefined: the Pin is gone
   */
  set(pin: number, version: number, interests: PinInterests['interests'] | undefined): void {
    while (pin >= this.#version.length) this.#growPins();
    if (version + 1 < this.#version[pin]) return;
    this.#version[pin] = version + 1;
    if (interests === undefined) {
      this.#length[pin] = -1;
      return;
    }
    // What there was, where that had room enough: a topic that is not compacted yet says the same again and again.
    const fits = interests.length <= this.#length[pin];
    const start = fits ? this.#start[pin] : this.#room(interests.length);
    interests.forEach((interest, i) => {
      this.#interests[start + i] = this.#table.numberOf(interest, this.#side);
      this.#scores[start + i] = interest.score;
    });
    this.#start[pin] = start;
    this.#length[pin] = interests.length;
  }

  /** Undefined where nothing was found, or the Pin is gone. */
  get(pin: number): Found | undefined {
    if (!this.#version[pin] || this.#length[pin] < 0) return undefined;
    const start = this.#start[pin];
    const end = start + this.#length[pin];
    return { interests: this.#interests.subarray(start, end), scores: this.#scores.subarray(start, end) };
  }

  /** Of the Pin that was classified; asked only where something was found. */
  version(pin: number): number {
    return this.#version[pin] - 1;
  }

  #room(length: number): number {
    const start = this.#used;
    this.#used += length;
    while (this.#used > this.#interests.length) {
      this.#interests = doubled(this.#interests);
      this.#scores = doubled(this.#scores);
    }
    return start;
  }

  #growPins(): void {
    this.#version = doubled(this.#version);
    this.#start = doubled(this.#start);
    this.#length = doubled(this.#length);
  }
}
