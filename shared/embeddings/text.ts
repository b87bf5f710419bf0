import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sharedUint8 } from '../arrays/shared.ts';
import { StringTable, type StringTableData } from '../arrays/string-table.ts';
import { P2iError } from '../errors/errors.ts';
import { normalise } from './projection.ts';

/** text-vectors.json */
const manifestSchema = z.object({
  format: z.literal(1),
  dimensions: z.int().positive(),
  pieces: z.int().positive(),
  /** What a unit of each dimension's bytes is worth. */
  scale: z.array(z.number().positive()),
});

const MANIFEST_FILE = 'text-vectors.json';
const PIECES_FILE = 'pieces.txt';
const VECTORS_FILE = 'vectors.i8';

/** Marks a piece that goes on a word that another began. */
const CONTINUES = '##';

/** Weight of a word whose weight is not known: a rare word's. */
const UNKNOWN_WEIGHT = 12;

/** Words remembered with their vectors: 17 MB, of which only what is used is taken up. */
const CACHE_WORDS = 1 << 16;

/** Words longer than that are no words; cutting them into pieces would take quadratic time. */
const MAX_WORD = 64;

/** Vectors in memory that threads share. */
export interface SharedTextVectors {
  /** What a unit of each dimension's bytes is worth. */
  scale: Float32Array;
  /** Pieces × dimensions, row by row. */
  bytes: Int8Array;
  /** A piece's number is its row. */
  pieces: StringTableData;
  /** Letters of the longest piece, its mark included. */
  longest: number;
}

/**
 * Static word vectors: a word is the mean of its WordPiece pieces (Wu et al. 2016: greedy, the longest first), a text the
 * weighted mean of its words. models/text-vectors/README.md says where they are from.
 */
export class TextVectors {
  readonly dimensions: number;
  readonly #shared: SharedTextVectors;
  readonly #pieces: StringTable;
  /** Row of the word's vector in `#vectors`; -1: no piece of the word is known. */
  readonly #cache = new Map<string, number>();
  readonly #vectors: Float32Array;

  private constructor(shared: SharedTextVectors) {
    this.dimensions = shared.scale.length;
    this.#shared = shared;
    this.#pieces = new StringTable(shared.pieces);
    this.#vectors = new Float32Array(CACHE_WORDS * this.dimensions);
  }

  /** The vectors of another thread. */
  static from(shared: SharedTextVectors): TextVectors {
    return new TextVectors(shared);
  }

  /** What another thread makes the same of. */
  shared(): SharedTextVectors {
    return this.#shared;
  }

  /** Loads a directory. Throws ARTEFACT_INVALID naming the file that is missing, truncated or of another format. */
  static load(directory: string): TextVectors {
    const { dimensions, pieces, scale } = readManifest(join(directory, MANIFEST_FILE));
    const words = read(join(directory, PIECES_FILE)).toString('utf8').trimEnd().split('\n');
    const vectors = read(join(directory, VECTORS_FILE));
    if (scale.length !== dimensions) throw invalid(join(directory, MANIFEST_FILE), `${scale.length} scales`);
    if (words.length !== pieces)
      throw invalid(join(directory, PIECES_FILE), `${words.length} of ${pieces} pieces`);
    if (vectors.length !== pieces * dimensions) {
      throw invalid(join(directory, VECTORS_FILE), `${vectors.length} of ${pieces * dimensions} bytes`);
    }
    const bytes = sharedUint8(vectors.length);
    bytes.set(vectors);
    return new TextVectors({
      scale: Float32Array.from(scale),
      bytes: new Int8Array(bytes.buffer),
      pieces: StringTable.build(words).data,
      longest: words.reduce((longest, piece) => Math.max(longest, piece.length), 0),
    });
  }

  /**
   * Writes the unit vector of the weighted mean of the words to `out` (length `dimensions`).
   * @param words normalised
   * @param weights one a word; null: all equal; NaN: the weight of a rare word
   * @returns false, and zeros, where no word has a vector
   */
  embed(words: readonly string[], weights: Float32Array | null, out: Float32Array): boolean {
    out.fill(0);
    const vectors = this.#vectors;
    for (let w = 0; w < words.length; w++) {
      const row = this.#cache.get(words[w]) ?? this.#meet(words[w]);
      if (row < 0) continue;
      const given = weights === null ? 1 : weights[w];
      const weight = Number.isNaN(given) ? UNKNOWN_WEIGHT : given;
      const at = row * out.length;
      for (let d = 0; d < out.length; d++) out[d] += weight * vectors[at + d];
    }
    return normalise(out);
  }

  /** Remembers a word: the mean of its pieces. @returns its row */
  #meet(word: string): number {
    const rows = this.#rows(word.slice(0, MAX_WORD));
    if (this.#cache.size === CACHE_WORDS) this.#cache.clear();
    const number = this.#cache.size;
    this.#cache.set(word, rows.length === 0 ? -1 : number);
    if (rows.length === 0) return -1;
    const { bytes, scale } = this.#shared;
    const vector = this.#vectors.subarray(number * this.dimensions, (number + 1) * this.dimensions);
    vector.fill(0);
    for (const row of rows) {
      const at = row * this.dimensions;
      for (let d = 0; d < vector.length; d++) vector[d] += (bytes[at + d] * scale[d]) / rows.length;
    }
    return number;
  }

  /** Rows of the word's pieces, up to where none fits. */
  #rows(word: string): number[] {
    const rows: number[] = [];
    let start = 0;
    while (start < word.length) {
      const prefix = start === 0 ? '' : CONTINUES;
      let end = Math.min(word.length, start + this.#shared.longest);
      let row = -1;
      while (end > start && (row = this.#pieces.find(prefix + word.slice(start, end))) < 0) end--;
      if (row < 0) break;
      rows.push(row);
      start = end;
    }
    return rows;
  }
}

function readManifest(path: string): z.infer<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(read(path).toString('utf8')));
  } catch (cause) {
    if (cause instanceof P2iError) throw cause;
    throw new P2iError('ARTEFACT_INVALID', 'is no manifest of text vectors of format 1', {
      where: path,
      cause,
    });
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'cannot be read', { where: path, cause });
  }
}

function invalid(where: string, has: string): P2iError {
  return new P2iError('ARTEFACT_INVALID', `is truncated or another's: it has ${has}`, { where });
}
