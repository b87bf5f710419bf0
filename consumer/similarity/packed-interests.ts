import { doubled } from '../../shared/arrays/doubled.ts';
import { distinctInterests, type LevelledInterest } from './cos-sim.ts';

/** The interests of many Pins in columns, 13 bytes each and 4 a Pin, in at most twice the room. */
export class PackedInterests {
  #size = 0;
  #start = new Int32Array(1 << 6);
  #ids = new Int32Array(1 << 10);
  #levels = new Uint8Array(1 << 10);
  #scores = new Float64Array(1 << 10);

  /** Pins. */
  get size(): number {
    return this.#size;
  }

  /** By row where a Pin's interests begin in the other columns; then the end of the last. */
  get start(): Int32Array {
    return this.#start;
  }

  get ids(): Int32Array {
    return this.#ids;
  }

  /** 1 to 10. */
  get levels(): Uint8Array {
    return this.#levels;
  }

  get scores(): Float64Array {
    return this.#scores;
  }

  /**
   * Adds a Pin.
   *
   * @returns its row
   * @throws P2iError PIN_INVALID for an id, a level or a score that can be none; nothing is added then
   */
  append(interests: readonly LevelledInterest[]): number {
    const distinct = distinctInterests(interests);
    const row = this.#size;
    let at = this.#start[row];
    this.#makeRoom(at + distinct.size);
    for (const { id, level, score } of distinct.values()) {
      this.#ids[at] = id;
      this.#levels[at] = level;
      this.#scores[at++] = score;
    }
    this.#size++;
    this.#start[row + 1] = at;
    return row;
  }

  #makeRoom(interests: number): void {
    if (this.#size + 2 > this.#start.length) this.#start = doubled(this.#start);
    while (interests > this.#ids.length) {
      this.#ids = doubled(this.#ids);
      this.#levels = doubled(this.#levels);
      this.#scores = doubled(this.#scores);
    }
  }
}
