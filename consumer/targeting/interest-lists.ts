import { doubled } from '../../shared/arrays/doubled.ts';

/**
 * The interests of each Pin, all in one array: a list that outgrows its place goes to the end, and where the end is
 * reached, all are moved together.
 */
export class InterestLists {
  #ids = new Int32Array(1 << 10);
  /** Where the next list goes. */
  #end = 0;
  /** Ids of the lists that there are. */
  #used = 0;
  #start = new Uint32Array(1 << 8);
  #length = new Uint16Array(1 << 8);

  /** The list at a position, until a list changes. */
  get(position: number): Int32Array {
    const from = this.#start[position];
    return this.#ids.subarray(from, from + this.#length[position]);
  }

  /** @param ids at most 65,535; no view of a list that is held here */
  set(position: number, ids: Int32Array): void {
    while (position >= this.#start.length) {
      this.#start = doubled(this.#start);
      this.#length = doubled(this.#length);
    }
    const before = this.#length[position];
    this.#length[position] = 0;
    this.#used -= before;
    if (ids.length > before) {
      this.#makeRoom(ids.length);
      this.#start[position] = this.#end;
      this.#end += ids.length;
    }
    this.#ids.set(ids, this.#start[position]);
    this.#length[position] = ids.length;
    this.#used += ids.length;
  }

  /** Moves the lists together where the end is reached, into an array with a quarter more room than they take. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.#ids.length) return;
    const moved = new Int32Array(Math.ceil((this.#used + length) * 1.25) + (1 << 10));
    let end = 0;
    for (let position = 0; position < this.#start.length; position++) {
      const from = this.#start[position];
      const to = from + this.#length[position];
      this.#start[position] = end;
      for (let at = from; at < to; at++) moved[end++] = this.#ids[at];
    }
    this.#ids = moved;
    this.#end = end;
  }
}
