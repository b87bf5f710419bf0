/** Few of many positions: ascending in an array. */
export class PositionList {
  #positions: Uint32Array;
  #size: number;

  /** @param positions ascending and distinct, nobody else's */
  constructor(positions: Uint32Array = new Uint32Array(0)) {
    this.#positions = positions;
    this.#size = positions.length;
  }

  get size(): number {
    return this.#size;
  }

  /** One more than the greatest. */
  get end(): number {
    return this.#size === 0 ? 0 : this.#positions[this.#size - 1] + 1;
  }

  has(position: number): boolean {
    return this.#holds(this.#place(position), position);
  }

  add(position: number): void {
    const at = position >= this.end ? this.#size : this.#place(position);
    if (this.#holds(at, position)) return;
    if (this.#size === this.#positions.length) this.#grow();
    this.#positions.copyWithin(at + 1, at, this.#size);
    this.#positions[at] = position;
    this.#size++;
  }

  delete(position: number): void {
    const at = this.#place(position);
    if (!this.#holds(at, position)) return;
    this.#positions.copyWithin(at, at + 1, this.#size);
    this.#size--;
  }

  /** All of them, until it changes. */
  view(): Uint32Array {
    return this.#positions.subarray(0, this.#size);
  }

  /** Ascending. @param skip how many to leave out at the beginning */
  *values(skip: number = 0): Generator<number, undefined> {
    for (let at = skip; at < this.#size; at++) yield this.#positions[at];
  }

  /** The first place whose position is not below. */
  #place(position: number): number {
    let [from, to] = [0, this.#size];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#positions[middle] < position) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #holds(at: number, position: number): boolean {
    return at < this.#size && this.#positions[at] === position;
  }

  #grow(): void {
    const grown = new Uint32Array(2 * this.#size + 2);
    grown.set(this.#positions);
    this.#positions = grown;
  }
}
