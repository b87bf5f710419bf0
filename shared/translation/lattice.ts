import { doubled } from '../arrays/doubled.ts';

/**
 * The ways to translate a text, as a graph that runs forward: a path from node 0 to the last node is a translation. Each
 * word of the text begins at a node; so does each part of a word. Reused from text to text.
 */
export class Lattice {
  nodes = 0;
  /** By node: its first arc; the end of the last node's arcs behind them. */
  firstArc = new Int32Array(64);
  /** By node: the word of the text that begins there or that it lies in. */
  word = new Int32Array(64);
  arcs = 0;
  /** By arc: the node it leads to. */
  to = new Int32Array(256);
  /** By arc: how likely that translation is, in (0, 1]. */
  weight = new Float32Array(256);
  /** By arc: its first English word; the end of the last arc's words behind them. */
  firstWord = new Int32Array(256);
  /** Numbers of the vocabulary. */
  words = new Int32Array(256);
  /** Words of the text. */
  length = 0;

  /** Starts a text of so many words. */
  clear(length: number): void {
    this.nodes = 0;
    this.arcs = 0;
    this.length = length;
  }

  /** Opens the next node, whose arcs are added before the next one is opened. */
  openNode(word: number): number {
    if (this.nodes + 1 >= this.firstArc.length) {
      this.firstArc = doubled(this.firstArc);
      this.word = doubled(this.word);
    }
    this.word[this.nodes] = word;
    this.firstArc[this.nodes] = this.arcs;
    this.firstArc[this.nodes + 1] = this.arcs;
    return this.nodes++;
  }

  /** Adds an arc from the node that was opened last; its words are added next. */
  openArc(to: number, weight: number): void {
    if (this.arcs + 1 >= this.to.length) {
      this.to = doubled(this.to);
      this.weight = doubled(this.weight);
      this.firstWord = doubled(this.firstWord);
    }
    this.to[this.arcs] = to;
    this.weight[this.arcs] = weight;
    this.firstWord[this.arcs + 1] = this.firstWord[this.arcs];
    this.firstArc[this.nodes] = ++this.arcs;
  }

  /** Adds an English word to the arc that was opened last. */
  addWord(number: number): void {
    const at = this.firstWord[this.arcs]++;
    if (at === this.words.length) this.words = doubled(this.words);
    this.words[at] = number;
  }
}
