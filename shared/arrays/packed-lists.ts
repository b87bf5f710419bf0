import { doubled } from './doubled.ts';

/** Values that there is always room for. */
const LEAST_ROOM = 1 << 10;

/**
 * Short lists of integers that change, all in one array: a list that outgrows its place goes to the end, and where the end
 * is reached, all are moved together.
 */
export class PackedLists {
  #values = new Int32Array(LEAST_ROOM);
  /** Where the next list goes. */
  #end = 0;
  /** Values of the lists that there are. */
  #used = 0;
  #start = new Uint32Array(1 << 8);
  #length = new Uint16Array(1 << 8);

  get bytes(): number {
    return this.#values.byteLength + this.#start.byteLength + this.#length.byteLength;
  }

  /** The values of a list, until one is set; none of a list that was never set. */
  get(list: number): Int32Array {
    const from = this.#start[list];
    return this.#values.subarray(from, from + this.#length[list]);
  }

  /** @param values at most 65,535; no view of a list that is held here */
  set(list: number, values: ArrayLike<number>): void {
    while (list >= this.#start.length) {
      this.#start = doubled(this.#start);
      this.#length = doubled(this.#length);
    }
    const before = this.#length[list];
    this.#length[list] = 0;
    this.#used -= before;
    if (values.length > before) {
      this.#makeRoom(values.length);
      this.#start[list] = this.#end;
      this.#end += values.length;
    }
    this.#values.set(values, this.#start[list]);
    this.#length[list] = values.length;
    this.#used += values.length;
  }

  /** Moves the lists together where the end is reached, into an array with a quarter more room than they take. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.#values.length) return;
    const moved = new Int32Array(Math.max(LEAST_ROOM, Math.ceil((this.#used + length) * 1.25)));
    let end = 0;
    for (let list = 0; list < this.#start.length; list++) {
      const from = this.#start[list];
      const to = from + this.#length[list];
      this.#start[list] = end;
      for (let at = from; at < to; at++) moved[end++] = this.#values[at];
    }
    this.#values = moved;
    this.#end = end;
  }
}
