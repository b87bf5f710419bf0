/**
 * Exact search for words within a small edit distance: symmetric deletion (SymSpell, Garbe 2012) on the words' first
 * letters, in typed arrays, each hit verified. Distance is optimal string alignment: insertion, deletion, substitution,
 * and the transposition of neighbours cost 1.
 */

/** Letters of a word that deletions are made of: distance 2 stays exact, and long words cost no more than short ones. */
const PREFIX = 7;

export interface NearWord {
  /** Position in the list of words that the index was made of. */
  word: number;
  distance: number;
}

export class DeletionIndex {
  readonly #words: readonly string[];
  readonly #maxDistance: number;
  /** Open hash table of buckets: variants hash to a bucket, whose words are `#postings[#start[b]] ..`. */
  readonly #start: Int32Array;
  readonly #postings: Int32Array;
  readonly #mask: number;

  constructor(words: readonly string[], maxDistance: number) {
    this.#words = words;
    this.#maxDistance = maxDistance;
    let buckets = 1024;
    while (buckets < words.length * 16) buckets *= 2;
    this.#mask = buckets - 1;
    const count = new Int32Array(buckets + 1);
    this.#eachVariant((bucket) => count[bucket + 1]++);
    for (let b = 0; b < buckets; b++) count[b + 1] += count[b];
    this.#start = count;
    this.#postings = new Int32Array(count[buckets]);
    const next = count.slice();
    this.#eachVariant((bucket, word) => (this.#postings[next[bucket]++] = word));
  }

  /** Words at most `distance` edits away, the nearest first, then by position. */
  near(query: string, distance: number): NearWord[] {
    if (distance > this.#maxDistance)
      throw new RangeError(`the index holds distances to ${this.#maxDistance}`);
    const seen = new Set<number>();
    const found: NearWord[] = [];
    for (const variant of deletions(query.slice(0, PREFIX), distance)) {
      const bucket = hash(variant) & this.#mask;
      for (let p = this.#start[bucket]; p < this.#start[bucket + 1]; p++) {
        const word = this.#postings[p];
        if (seen.has(word)) continue;
        seen.add(word);
        if (Math.abs(this.#words[word].length - query.length) > distance) continue;
        const d = alignmentDistance(query, this.#words[word], distance);
        if (d <= distance) found.push({ word, distance: d });
      }
    }
    return found.sort((a, b) => a.distance - b.distance || a.word - b.word);
  }

  #eachVariant(visit: (bucket: number, word: number) => void): void {
    for (let word = 0; word < this.#words.length; word++) {
      for (const variant of deletions(this.#words[word].slice(0, PREFIX), this.#maxDistance)) {
        visit(hash(variant) & this.#mask, word);
      }
    }
  }
}

/** The text and all that is left of it after up to `depth` deletions, each once. */
function deletions(text: string, depth: number): Set<string> {
  const all = new Set([text]);
  let frontier = [text];
  for (let d = 0; d < depth; d++) {
    const next: string[] = [];
    for (const from of frontier) {
      for (let i = 0; i < from.length; i++) {
        const shorter = from.slice(0, i) + from.slice(i + 1);
        if (all.has(shorter)) continue;
        all.add(shorter);
        next.push(shorter);
      }
    }
    frontier = next;
  }
  return all;
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h ^ (h >>> 15);
}

/** Optimal string alignment distance; any number above `limit` where it is more than that. */
export function alignmentDistance(a: string, b: string, limit: number): number {
  let beforeLast = new Uint16Array(b.length + 1);
  let last = Uint16Array.from(beforeLast, (_, j) => j);
  let row = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let d = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
      ) {
        d = Math.min(d, beforeLast[j - 2] + 1);
      }
      row[j] = d;
      if (d < least) least = d;
    }
    if (least > limit) return limit + 1;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length];
}
