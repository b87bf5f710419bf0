/**
 * Cuts small arrays, one after another, out of large ones: memory of its own for each costs more than what is in it, to
 * take and to give back. What is cut is nobody else's; a large one lives as long as any part of it.
 */
export class Slab<A extends Float32Array | Float64Array> {
  readonly #make: (length: number) => A;
  readonly #length: number;
  #whole: A;
  #used = 0;

  /** @param length of a large one */
  constructor(make: (length: number) => A, length: number) {
    this.#make = make;
    this.#length = length;
    this.#whole = make(0);
  }

  /** An array of zeros. */
  take(length: number): A {
    if (this.#used + length > this.#whole.length) {
      this.#whole = this.#make(Math.max(length, this.#length));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return this.#whole.subarray(from, this.#used) as A;
  }

  /** A copy of the first of some values. */
  copyOf(values: A, length: number): A {
    const copy = this.take(length);
    for (let i = 0; i < length; i++) copy[i] = values[i];
    return copy;
  }
}
