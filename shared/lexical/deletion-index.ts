import { sharedInt32, sharedUint16 } from '../arrays/shared.ts';

/** Words by the letters that are left of them after deletions, in memory that threads may share. */
export interface DeletionIndexData {
  /** The most edits that it answers for. */
  readonly maxDistance: EditDistance;
  /** UTF-16 units of all words, one after another. */
  readonly letters: Uint16Array<SharedArrayBuffer>;
  /** Where each word starts in `letters`, and the end of the last. */
  readonly wordStart: Int32Array<SharedArrayBuffer>;
  /** Where each bucket starts in `postings`, in pairs, and the end of the last. A power of two of them. */
  readonly bucketStart: Int32Array<SharedArrayBuffer>;
  /** Pairs: the hash of a variant of a word, and the word as `packed` has it. */
  readonly postings: Int32Array<SharedArrayBuffer>;
}

export type EditDistance = 1 | 2;

export interface NearWord {
  /** Position in the list of words that the index was made of. */
  word: number;
  distance: number;
}

/** Letters of a word that deletions are made of: long words cost no more than short ones, and no word is missed. */
const PREFIX = 7;

/** What is left of PREFIX letters after no, one or two deletions. */
const MAX_VARIANTS = 1 + PREFIX + (PREFIX * (PREFIX - 1)) / 2;

/** Words that a posting can tell apart, and the length from which it tells none apart. */
const MAX_WORDS = 1 << 24;
const MAX_LENGTH = 63;

/**
 * Exact search for words within a small edit distance: symmetric deletion on the words' first letters (SymSpell, Garbe
 * 2012), each hit verified. Two words within d edits have a variant in common that at most d deletions make of each.
 * Distance is optimal string alignment: insertion, deletion, substitution, and the transposition of neighbours cost 1.
 *
 * A lookup makes no strings: variants are hashes, computed from those of the whole. Not for concurrent use; threads share
 * the data, and each has an index of its own over it.
 */
export class DeletionIndex {
  readonly #data: DeletionIndexData;
  readonly #shift: number;
  readonly #longest: number;
  readonly #variants = new Variants();
  /** The last lookup that saw each word. */
  readonly #seen: Uint32Array;
  #lookup = 0;
  readonly #query: Uint16Array;
  readonly #distance: BoundedDistance;

  /** Makes the data of an index. @throws RangeError for more than 2^24 words */
  static build(words: readonly string[], maxDistance: EditDistance): DeletionIndexData {
    if (words.length > MAX_WORDS) throw new RangeError(`${words.length} words are more than ${MAX_WORDS}`);
    const wordStart = sharedInt32(words.length + 1);
    words.forEach((word, i) => (wordStart[i + 1] = wordStart[i] + word.length));
    const letters = sharedUint16(wordStart[words.length]);
    words.forEach((word, i) => write(word, letters, wordStart[i]));

    const bits = Math.max(10, 32 - Math.clz32(words.length * (maxDistance === 1 ? 4 : 16)));
    const bucketStart = sharedInt32((1 << bits) + 1);
    const variants = new Variants();
    const eachPosting = (visit: (hash: number, bucket: number, posting: number) => void): void => {
      for (let word = 0; word < words.length; word++) {
        const length = wordStart[word + 1] - wordStart[word];
        variants.make(letters, wordStart[word], length, maxDistance);
        for (let v = 0; v < variants.count; v++) {
          const hash = variants.hashes[v];
          visit(hash, bucketOf(hash, 32 - bits), packed(word, length, variants.deletions(v)));
        }
      }
    };
    eachPosting((_, bucket) => bucketStart[bucket + 1]++);
    for (let b = 0; b < 1 << bits; b++) bucketStart[b + 1] += bucketStart[b];
    const postings = sharedInt32(2 * bucketStart[1 << bits]);
    const next = Int32Array.from(bucketStart);
    eachPosting((hash, bucket, posting) => {
      const at = 2 * next[bucket]++;
      postings[at] = hash;
      postings[at + 1] = posting;
    });
    return { maxDistance, letters, wordStart, bucketStart, postings };
  }

  /** @param data what `build` made */
  constructor(data: DeletionIndexData) {
    const words = data.wordStart.length - 1;
    this.#data = data;
    this.#shift = 1 + Math.clz32(data.bucketStart.length - 1);
    this.#seen = new Uint32Array(words);
    let longest = 0;
    for (let word = 0; word < words; word++)
      longest = Math.max(longest, data.wordStart[word + 1] - data.wordStart[word]);
    this.#longest = longest;
    this.#query = new Uint16Array(longest + data.maxDistance);
    this.#distance = new BoundedDistance(longest + data.maxDistance);
  }

  /**
   * Words at most `distance` edits away, the nearest first, then by position.
   *
   * @throws RangeError where the index was made for fewer edits
   */
  near(query: string, distance: EditDistance): NearWord[] {
    const { maxDistance, letters, wordStart, bucketStart, postings } = this.#data;
    if (distance > maxDistance) throw new RangeError(`the index answers for ${maxDistance} edits at most`);
    const found: NearWord[] = [];
    const length = query.length;
    if (length > this.#longest + distance) return found;
    const lookup = this.#nextLookup();
    write(query, this.#query, 0);
    const variants = this.#variants;
    variants.make(this.#query, 0, length, distance);
    for (let v = 0; v < variants.count; v++) {
      const hash = variants.hashes[v];
      const bucket = bucketOf(hash, this.#shift);
      const end = 2 * bucketStart[bucket + 1];
      for (let p = 2 * bucketStart[bucket]; p < end; p += 2) {
        if (postings[p] !== hash) continue;
        const posting = postings[p + 1];
        if (!mayBeNear(posting, length, distance)) continue;
        const word = posting >>> 8;
        if (this.#seen[word] === lookup) continue;
        this.#seen[word] = lookup;
        const start = wordStart[word];
        const d = this.#distance.of(
          this.#query,
          length,
          letters,
          start,
          wordStart[word + 1] - start,
          distance,
        );
        if (d <= distance) found.push({ word, distance: d });
      }
    }
    return found.length < 2 ? found : found.sort((a, b) => a.distance - b.distance || a.word - b.word);
  }

  #nextLookup(): number {
    this.#lookup = (this.#lookup + 1) >>> 0;
    if (this.#lookup === 0) {
      this.#seen.fill(0);
      this.#lookup = 1;
    }
    return this.#lookup;
  }
}

function write(word: string, letters: Uint16Array, start: number): void {
  for (let i = 0; i < word.length; i++) letters[start + i] = word.charCodeAt(i);
}

/** A word with what can be told of it without a look at it: 24 bits, length 6 bits, deletions 2 bits. */
function packed(word: number, length: number, deletions: number): number {
  return (word << 8) | (Math.min(length, MAX_LENGTH) << 2) | deletions;
}

/** False where more edits than `distance` lie between the posting's word and a query of that length. */
function mayBeNear(posting: number, length: number, distance: number): boolean {
  if ((posting & 3) > distance) return false;
  const wordLength = (posting >>> 2) & MAX_LENGTH;
  return Math.abs(wordLength - length) <= distance || (wordLength === MAX_LENGTH && length > MAX_LENGTH);
}

/** Of as many buckets as 32 - shift bits tell apart. */
function bucketOf(hash: number, shift: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> shift;
}

const SEED = 0x811c9dc5;
const BASE = 0x01000193;
/** Powers of BASE modulo 2^32. */
const POWERS = new Int32Array(PREFIX + 1);
POWERS[0] = 1;
for (let i = 1; i <= PREFIX; i++) POWERS[i] = Math.imul(POWERS[i - 1], BASE);

/** Hashes of what is left of a word's first letters after deletions: with the fewest deletions first. Reused. */
class Variants {
  readonly hashes = new Int32Array(MAX_VARIANTS);
  count = 0;
  /** Of these with at most one deletion. */
  #few = 0;
  /** The polynomial hash of the first i letters. */
  readonly #prefixes = new Int32Array(PREFIX + 1);

  /** How many deletions make a variant. */
  deletions(variant: number): number {
    return variant === 0 ? 0 : variant < this.#few ? 1 : 2;
  }

  /**
   * Of letters that repeat, the first are deleted: any others leave the same. A letter taken out at i takes its term out
   * of every hash from there on, and what came before moves up by one power.
   */
  make(letters: Uint16Array, start: number, wordLength: number, deletions: EditDistance): void {
    const { hashes } = this;
    const prefixes = this.#prefixes;
    const length = Math.min(wordLength, PREFIX);
    prefixes[0] = SEED;
    for (let i = 0; i < length; i++)
      prefixes[i + 1] = (Math.imul(prefixes[i], BASE) + letters[start + i]) | 0;
    let count = 0;
    hashes[count++] = prefixes[length];
    for (let i = 0; i < length; i++) {
      if (i > 0 && letters[start + i] === letters[start + i - 1]) continue;
      hashes[count++] =
        (prefixes[length] - Math.imul(prefixes[i + 1] - prefixes[i], POWERS[length - 1 - i])) | 0;
    }
    this.#few = count;
    if (deletions === 2) {
      let one = 0;
      for (let i = 0; i < length - 1; i++) {
        if (i > 0 && letters[start + i] === letters[start + i - 1]) continue;
        const without = hashes[++one];
        const gone = prefixes[i + 1] - prefixes[i];
        for (let j = i + 1; j < length; j++) {
          if (j > i + 1 && letters[start + j] === letters[start + j - 1]) continue;
          const before = prefixes[j] - Math.imul(gone, POWERS[j - 1 - i]);
          const including = prefixes[j + 1] - Math.imul(gone, POWERS[j - i]);
          hashes[count++] = (without - Math.imul(including - before, POWERS[length - 1 - j])) | 0;
        }
      }
    }
    this.count = count;
  }
}

/** Optimal string alignment distance of two words, as far as a small limit. Its rows are reused. */
class BoundedDistance {
  #beforeLast: Uint8Array;
  #last: Uint8Array;
  #row: Uint8Array;

  /** @param longest letters of the longest word */
  constructor(longest: number) {
    [this.#beforeLast, this.#last, this.#row] = [1, 2, 3].map(() => new Uint8Array(longest + 2));
  }

  /** @returns any number above `limit` where the distance is */
  of(
    a: Uint16Array,
    aLength: number,
    b: Uint16Array,
    bStart: number,
    bLength: number,
    limit: EditDistance,
  ): number {
    const shorter = Math.min(aLength, bLength);
    let same = 0;
    while (same < shorter && a[same] === b[bStart + same]) same++;
    let aEnd = aLength;
    let bEnd = bStart + bLength;
    while (aEnd > same && bEnd > bStart + same && a[aEnd - 1] === b[bEnd - 1]) {
      aEnd--;
      bEnd--;
    }
    const from = bStart + same;
    const n = aEnd - same;
    const m = bEnd - from;
    if (n === 0 || m === 0) return n + m;
    if (n === 1 && m === 1) return 1;
    if (n === 2 && m === 2 && a[same] === b[from + 1] && a[same + 1] === b[from]) return 1;
    return limit === 1 ? 2 : this.#banded(a, same, n, b, from, m, limit);
  }

  /** Only alignments that leave the diagonal by `limit` at most can be within it (Ukkonen 1985). */
  #banded(
    a: Uint16Array,
    aFrom: number,
    n: number,
    b: Uint16Array,
    bFrom: number,
    m: number,
    limit: number,
  ): number {
    if (Math.abs(n - m) > limit) return limit + 1;
    for (let j = 0; j <= Math.min(m, limit); j++) this.#last[j] = j;
    this.#last[limit + 1] = limit + 1;
    for (let i = 1; i <= n; i++) {
      const row = this.#row;
      const last = this.#last;
      const low = Math.max(1, i - limit);
      const high = Math.min(m, i + limit);
      // What lies outside the band is above the limit.
      row[low - 1] = low === 1 ? i : limit + 1;
      let least = row[low - 1];
      const letter = a[aFrom + i - 1];
      for (let j = low; j <= high; j++) {
        const other = b[bFrom + j - 1];
        let d = last[j - 1];
        if (letter !== other) {
          d = Math.min(d, last[j], row[j - 1]) + 1;
          if (i > 1 && j > 1 && letter === b[bFrom + j - 2] && a[aFrom + i - 2] === other)
            d = Math.min(d, this.#beforeLast[j - 2] + 1);
        }
        row[j] = d;
        if (d < least) least = d;
      }
      if (least > limit) return limit + 1;
      row[high + 1] = limit + 1;
      this.#row = this.#beforeLast;
      this.#beforeLast = last;
      this.#last = row;
    }
    return this.#last[m];
  }
}

/**
 * Optimal string alignment distance, the plain way: what the index is held to. Any number above `limit` where it is more
 * than that.
 */
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
