/** A Pin with what it is ranked by. */
export interface Ranked {
  pin: number;
  score: number;
}

/** The k best of what is offered: the highest scores, of equal ones the lowest Pin numbers. A heap, its worst first. */
export class Best {
  readonly #k: number;
  readonly #heap: Ranked[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** The lowest score that is among the best; 0 while there is room. */
  get least(): number {
    return this.#heap.length < this.#k ? 0 : this.#heap[0].score;
  }

  offer(ranked: Ranked): void {
    if (this.#heap.length < this.#k) {
      this.#heap.push(ranked);
      this.#up(this.#heap.length - 1);
    } else if (isBetter(ranked, this.#heap[0])) {
      this.#heap[0] = ranked;
      this.#down();
    }
  }

  /** Best first. */
  ordered(): Ranked[] {
    return this.#heap.toSorted((a, b) => b.score - a.score || a.pin - b.pin);
  }

  #up(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0;) {
      const above = (at - 1) >> 1;
      if (!isBetter(heap[above], heap[at])) return;
      [heap[above], heap[at]] = [heap[at], heap[above]];
      at = above;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let at = 0; ;) {
      let worst = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < heap.length && isBetter(heap[worst], heap[below])) worst = below;
      if (worst === at) return;
      [heap[worst], heap[at]] = [heap[at], heap[worst]];
      at = worst;
    }
  }
}

function isBetter(a: Ranked, b: Ranked): boolean {
  return a.score > b.score || (a.score === b.score && a.pin < b.pin);
}
