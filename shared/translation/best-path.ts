import { doubled } from '../arrays/doubled.ts';
import type { TokenBuffer } from '../language/tokens.ts';
import type { Lattice } from './lattice.ts';

/** What each word of the text costs on top of how unlikely its translation is: so that phrases are preferred to their words. */
const WORD_COST = 1;

/** Finds the likeliest of all translations. Reused from text to text. */
export class BestPath {
  /** By node: what it costs to get there, and the arc that comes from the best way. */
  #cost = new Float64Array(64);
  #arc = new Int32Array(64);
  #before = new Int32Array(64);

  /** Adds the words of the best translation to `tokens`. */
  write(lattice: Lattice, tokens: TokenBuffer): void {
    const { nodes, firstArc, to, weight, word, firstWord, words } = lattice;
    while (this.#cost.length < nodes) {
      this.#cost = doubled(this.#cost);
      this.#arc = doubled(this.#arc);
      this.#before = doubled(this.#before);
    }
    this.#cost.fill(Infinity, 0, nodes);
    this.#cost[0] = 0;
    for (let node = 0; node < nodes; node++) {
      const isWord = node === 0 || word[node] !== word[node - 1];
      for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        const cost = this.#cost[node] - Math.log(weight[arc]) + (isWord ? WORD_COST : 0);
        if (cost >= this.#cost[to[arc]]) continue;
        this.#cost[to[arc]] = cost;
        this.#arc[to[arc]] = arc;
        this.#before[to[arc]] = node;
      }
    }
    // The way back becomes the way forward.
    let last = nodes - 1;
    let steps = 0;
    const path = this.#path;
    for (; last > 0; last = this.#before[last]) path[steps++] = this.#arc[last];
    while (steps-- > 0) {
      const arc = path[steps];
      for (let w = firstWord[arc]; w < firstWord[arc + 1]; w++) tokens.push(words[w]);
    }
  }

  readonly #path: number[] = [];
}
