import { doubled } from '../shared/arrays/doubled.ts';

const FIRST_LISTS = 1024;
const FIRST_VALUES = 16 * FIRST_LISTS;

/** Short lists of integers that change, one after another in one array. Room that longer ones leave behind is taken back. */
export class PackedLists {
  #values = new Int32Array(FIRST_VALUES);
  #used = 0;
  /** What is used and belongs to no list. */
  #wasted = 0;
  /** By list: where it begins, how long it is, how long it may get there. */
  #start = new Float64Array(FIRST_LISTS);
  #length = new Uint16Array(FIRST_LISTS);
  #room = new Uint16Array(FIRST_LISTS);
  #lists = 0;

  get bytes(): number {
    const { byteLength } = this.#values;
    return byteLength + this.#start.byteLength + this.#length.byteLength + this.#room.byteLength;
  }

  /** The values of a list, until one is set. */
  get(list: number): Int32Array {
    return this.#values.subarray(this.#start[list], this.#start[list] + this.#length[list]);
  }

  /** Sets a list that there is, or the one after the last. @param values 65,535 at most */
  set(list: number, values: readonly number[]): void {
    if (list === this.#lists) this.#add();
    if (values.length > this.#room[list]) this.#move(list, values.length);
    this.#values.set(values, this.#start[list]);
    this.#length[list] = values.length;
  }

  #add(): void {
    if (this.#lists === this.#start.length) {
      this.#start = doubled(this.#start);
      this.#length = doubled(this.#length);
      this.#room = doubled(this.#room);
    }
    this.#lists++;
  }

  #move(list: number, room: number): void {
    this.#wasted += this.#room[list];
    this.#length[list] = 0;
    this.#room[list] = 0;
    if (2 * this.#wasted > this.#used) this.#compact();
    while (this.#used + room > this.#values.length) this.#values = doubled(this.#values);
    this.#start[list] = this.#used;
    this.#room[list] = room;
    this.#used += room;
  }

  #compact(): void {
    const packed = new Int32Array(this.#values.length);
    let used = 0;
    for (let list = 0; list < this.#lists; list++) {
      packed.set(this.get(list), used);
      this.#start[list] = used;
      this.#room[list] = this.#length[list];
      used += this.#length[list];
    }
    this.#values = packed;
    this.#used = used;
    this.#wasted = 0;
  }
}
