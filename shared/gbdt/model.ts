import { P2iError } from '../errors/errors.ts';

/** What a numerical split does with a missing value (bits 2 and 3 of LightGBM's `decision_type`). */
export const MISSING_NONE = 0;
export const MISSING_ZERO = 1;
export const MISSING_NAN = 2;
export type MissingType = typeof MISSING_NONE | typeof MISSING_ZERO | typeof MISSING_NAN;

/**
 * |x| up to this is zero to LightGBM: `Booster.predict` flushes such values to 0 before it walks a tree, and a split of
 * missing type Zero takes them as missing. It is the float32 nearest to 1e-35 (kZeroThreshold in LightGBM's meta.h).
 */
export const ZERO_THRESHOLD = Math.fround(1e-35);

/** A leaf index has to fit a byte. */
const MAX_LEAVES = 256;

/**
 * One tree of `leaves` leaves and `leaves - 1` splits. Split 0 is the root. A child c is split c where c >= 0, leaf ~c
 * where c < 0. Every split and every leaf is reached exactly once.
 */
export interface Tree {
  readonly leaves: number;
  /** Per split: the index of the feature. */
  readonly feature: Int32Array;
  /** Per split: value <= threshold goes left; for a categorical split the index of its bitset. */
  readonly threshold: Float64Array;
  /** Per split: 1 where the split is categorical. */
  readonly categorical: Uint8Array;
  /** Per split: a MissingType; of no meaning where the split is categorical. */
  readonly missing: Uint8Array;
  /** Per split: 1 where a missing value goes left. */
  readonly defaultLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Per leaf, shrinkage included. */
  readonly leafValue: Float64Array;
  /** Bitset b is the words bitsetStart[b] (inclusive) to bitsetStart[b + 1] (exclusive): categories that go left. */
  readonly bitsetStart: Int32Array;
  readonly bitsetWords: Uint32Array;
  /** Scores do not need it, so that a file may lack it; a tree of a single leaf has none. */
  readonly counts: TreeCounts | undefined;
}

/** How many rows of the training data fell into each split and each leaf. */
export interface TreeCounts {
  /** Per split, at least 1. */
  readonly splits: Int32Array;
  /** Per leaf. */
  readonly leaves: Int32Array;
}

/** A LightGBM binary classifier: probability = 1 / (1 + exp(-sigmoid * sum of the trees' leaves)). */
export interface GbdtModel {
  /** In the order of the columns. */
  readonly featureNames: readonly string[];
  readonly sigmoid: number;
  readonly trees: readonly Tree[];
}

const DECISION_CATEGORICAL = 1;
const DECISION_DEFAULT_LEFT = 2;
const DECISION_MAX = (MISSING_NAN << 2) | DECISION_DEFAULT_LEFT | DECISION_CATEGORICAL;

const INTEGER = /^-?\d+$/;
const INFINITE = /^[-+]?inf$/;
const DECIMAL = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

/** `key=value` lines of one block, each with the line it stands on. */
type Fields = Map<string, { value: string; line: number }>;

/**
 * Parses LightGBM's text model (`Booster.save_model`, format v4) of objective `binary`.
 *
 * @param text the whole file
 * @param file the name that errors give
 * @throws P2iError MODEL_INVALID with `where` = `file:line` where the text is truncated or corrupt, or is a model that
 *   is not a single-output binary classifier with constant leaves
 */
export function parseModel(text: string, file: string): GbdtModel {
  return new ModelReader(text, file).read();
}

class ModelReader {
  readonly #file: string;
  readonly #lines: string[];
  /** Index of the next unread line; the last line read has this as its 1-based number. */
  #at = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = text.split(/\r?\n/);
  }

  read(): GbdtModel {
    if (this.#lines[this.#at++]?.trim() !== 'tree') {
      throw this.#invalid('not a LightGBM text model: the first line must be "tree"');
    }
    const header = this.#readBlock();
    const headerLine = this.#at;
    this.#require(header, headerLine, 'version', 'v4');
    this.#require(header, headerLine, 'num_class', '1');
    this.#require(header, headerLine, 'num_tree_per_iteration', '1');
    const averaged = header.get('average_output');
    if (averaged) throw this.#invalid('a random forest (average_output) is not supported', averaged.line);
    const sigmoid = this.#readObjective(header, headerLine);
    const features = this.#integerField(header, headerLine, 'max_feature_idx', 0, 1 << 20) + 1;
    const featureNames = this.#words(header, headerLine, 'feature_names', features);
    this.#words(header, headerLine, 'feature_infos', features);
    const sizes = this.#field(header, headerLine, 'tree_sizes');
    const announced = sizes.value.trim() === '' ? 0 : sizes.value.trim().split(/ +/).length;

    const trees: Tree[] = [];
    for (;;) {
      this.#skipBlank();
      const line = this.#lines[this.#at++];
      if (line === undefined) throw this.#invalid('truncated: "end of trees" is missing');
      if (line === 'end of trees') break;
      if (line !== `Tree=${trees.length}`) {
        throw this.#invalid(
          `expected "Tree=${trees.length}" or "end of trees", found "${line.slice(0, 40)}"`,
        );
      }
      trees.push(this.#readTree(features));
    }
    if (trees.length !== announced) {
      throw this.#invalid(
        `tree_sizes announces ${announced} trees, the file holds ${trees.length}`,
        sizes.line,
      );
    }
    return { featureNames, sigmoid, trees };
  }

  /** Reads up to and over the next blank line, the end of the file included. */
  #readBlock(): Fields {
    const fields: Fields = new Map();
    for (;;) {
      const line = this.#lines[this.#at++];
      if (line === undefined || line === '') return fields;
      const equals = line.indexOf('=');
      const key = equals < 0 ? line : line.slice(0, equals);
      if (fields.has(key)) throw this.#invalid(`${key} is given twice`);
      fields.set(key, { value: equals < 0 ? '' : line.slice(equals + 1), line: this.#at });
    }
  }

  #skipBlank(): void {
    while (this.#lines[this.#at] === '' && this.#at < this.#lines.length - 1) this.#at++;
  }

  #readObjective(header: Fields, headerLine: number): number {
    const { value, line } = this.#field(header, headerLine, 'objective');
    const [name, ...options] = value.trim().split(/ +/);
    if (name !== 'binary') throw this.#invalid(`objective "${name}" is not supported, only "binary"`, line);
    const given = options.find((option) => option.startsWith('sigmoid:'))?.slice('sigmoid:'.length);
    const sigmoid = given !== undefined && DECIMAL.test(given) ? readSigmoid(given) : NaN;
    if (!(sigmoid > 0 && sigmoid < Infinity))
      throw this.#invalid('objective needs sigmoid:<positive number>', line);
    return sigmoid;
  }

  #readTree(features: number): Tree {
    const start = this.#at;
    const fields = this.#readBlock();
    const leaves = this.#integerField(fields, start, 'num_leaves', 1, MAX_LEAVES);
    const bitsets = this.#integerField(fields, start, 'num_cat', 0, MAX_LEAVES - 1);
    const linear = fields.get('is_linear');
    if (linear && linear.value !== '0') throw this.#invalid('linear trees are not supported', linear.line);
    const leafValue = Float64Array.from(this.#decimals(fields, start, 'leaf_value', leaves));
    // shrinkage is applied to leaf_value already and is the last line of a tree: its absence means a truncated block.
    this.#field(fields, start, 'shrinkage');
    const splits = leaves - 1;
    if (splits === 0) return singleLeaf(leafValue);

    const decisions = this.#integers(fields, start, 'decision_type', splits, 0, DECISION_MAX);
    const feature = this.#integers(fields, start, 'split_feature', splits, 0, features - 1);
    const threshold = this.#thresholds(fields, start, splits);
    const left = this.#integers(fields, start, 'left_child', splits, -leaves, splits - 1);
    const right = this.#integers(fields, start, 'right_child', splits, -leaves, splits - 1);
    const bitsetStart = bitsets > 0 ? this.#readBitsetStarts(fields, start, bitsets) : [0];
    const words = bitsetStart.at(-1)!;
    const bitsetWords =
      bitsets > 0 ? this.#integers(fields, start, 'cat_threshold', words, 0, 0xffffffff) : [];

    const categorical = decisions.map((decision) => decision & DECISION_CATEGORICAL);
    for (let split = 0; split < splits; split++) {
      const bitset = threshold[split];
      if (categorical[split] === 0 || (Number.isInteger(bitset) && bitset >= 0 && bitset < bitsets)) continue;
      const line = this.#field(fields, start, 'threshold').line;
      throw this.#invalid(`split ${split} names bitset ${bitset} of ${bitsets}`, line);
    }
    this.#checkShape(fields, start, left, right);
    return {
      leaves,
      feature: Int32Array.from(feature),
      threshold: Float64Array.from(threshold),
      categorical: Uint8Array.from(categorical),
      missing: Uint8Array.from(decisions, (decision) => decision >> 2),
      defaultLeft: Uint8Array.from(decisions, (decision) => (decision & DECISION_DEFAULT_LEFT) >> 1),
      left: Int32Array.from(left),
      right: Int32Array.from(right),
      leafValue,
      bitsetStart: Int32Array.from(bitsetStart),
      bitsetWords: Uint32Array.from(bitsetWords),
      counts: this.#readCounts(fields, start, leaves),
    };
  }

  /** Undefined where the file has none; a damaged list is a damaged file, like any other. */
  #readCounts(fields: Fields, start: number, leaves: number): TreeCounts | undefined {
    if (!fields.has('internal_count') && !fields.has('leaf_count')) return undefined;
    const splitCounts = this.#integers(fields, start, 'internal_count', leaves - 1, 1, 0x7fffffff);
    const leafCounts = this.#integers(fields, start, 'leaf_count', leaves, 0, 0x7fffffff);
    return { splits: Int32Array.from(splitCounts), leaves: Int32Array.from(leafCounts) };
  }

  #readBitsetStarts(fields: Fields, start: number, bitsets: number): number[] {
    const starts = this.#integers(fields, start, 'cat_boundaries', bitsets + 1, 0, 0x7fffffff);
    if (starts[0] !== 0 || starts.some((word, i) => i > 0 && word < starts[i - 1])) {
      const line = this.#field(fields, start, 'cat_boundaries').line;
      throw this.#invalid('cat_boundaries must start at 0 and never decrease', line);
    }
    return starts;
  }

  /** Every split but the root, and every leaf, hangs under exactly one parent, and all hang under the root. */
  #checkShape(fields: Fields, start: number, left: number[], right: number[]): void {
    const splits = left.length;
    const seen = new Uint8Array(2 * splits + 1); // splits, then leaves
    const line = this.#field(fields, start, 'left_child').line;
    const pending = [0];
    let reached = 0;
    while (pending.length > 0) {
      const node = pending.pop()!;
      const slot = node >= 0 ? node : splits + ~node;
      if (seen[slot]++ > 0) {
        const name = node >= 0 ? `split ${node}` : `leaf ${~node}`;
        throw this.#invalid(`${name} has two parents: the tree is cyclic or shared`, line);
      }
      reached++;
      if (node >= 0) pending.push(left[node], right[node]);
    }
    if (reached !== seen.length) {
      throw this.#invalid(`only ${reached} of ${seen.length} splits and leaves hang under the root`, line);
    }
  }

  #field(fields: Fields, start: number, key: string): { value: string; line: number } {
    const field = fields.get(key);
    if (!field) throw this.#invalid(`${key} is missing`, start);
    return field;
  }

  #require(fields: Fields, start: number, key: string, expected: string): void {
    const { value, line } = this.#field(fields, start, key);
    if (value.trim() !== expected) {
      throw this.#invalid(`${key} is "${value.trim().slice(0, 40)}", only "${expected}" is supported`, line);
    }
  }

  #words(fields: Fields, start: number, key: string, count: number): string[] {
    const { value, line } = this.#field(fields, start, key);
    const words = value.trim() === '' ? [] : value.trim().split(/ +/);
    if (words.length !== count)
      throw this.#invalid(`${key} holds ${words.length} values, not ${count}`, line);
    return words;
  }

  #integers(fields: Fields, start: number, key: string, count: number, min: number, max: number): number[] {
    return this.#words(fields, start, key, count).map((word, i) => {
      const number = INTEGER.test(word) ? Number(word) : NaN;
      if (number >= min && number <= max) return number;
      const line = this.#field(fields, start, key).line;
      throw this.#invalid(`${key}[${i}] is "${word}", not an integer of ${min} to ${max}`, line);
    });
  }

  #integerField(fields: Fields, start: number, key: string, min: number, max: number): number {
    return this.#integers(fields, start, key, 1, min, max)[0];
  }

  #decimals(fields: Fields, start: number, key: string, count: number): number[] {
    return this.#words(fields, start, key, count).map((word, i) => {
      const number = DECIMAL.test(word) ? Number(word) : NaN;
      if (Number.isFinite(number)) return number;
      // A split of the missing from all others: LightGBM writes so, and C++ reads it back.
      if (key === 'threshold' && word === 'inf') return Infinity;
      const line = this.#field(fields, start, key).line;
      throw this.#invalid(`${key}[${i}] is "${word}", not a finite number`, line);
    });
  }

  /** Finite, or infinite: a split of all values from the missing ones. */
  #thresholds(fields: Fields, start: number, count: number): number[] {
    return this.#words(fields, start, 'threshold', count).map((word, i) => {
      if (INFINITE.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
      if (DECIMAL.test(word)) return Number(word);
      const line = this.#field(fields, start, 'threshold').line;
      throw this.#invalid(`threshold[${i}] is "${word}", not a number`, line);
    });
  }

  #invalid(message: string, line: number = this.#at): P2iError {
    // Reading past the end counts on; the place to look at is the last line.
    const where = `${this.#file}:${Math.min(line, this.#lines.length)}`;
    return new P2iError('MODEL_INVALID', message, { where });
  }
}

function singleLeaf(leafValue: Float64Array): Tree {
  const none = new Int32Array(0);
  return {
    leaves: 1,
    feature: none,
    threshold: new Float64Array(0),
    categorical: new Uint8Array(0),
    missing: new Uint8Array(0),
    defaultLeft: new Uint8Array(0),
    left: none,
    right: none,
    leafValue,
    bitsetStart: Int32Array.of(0),
    bitsetWords: new Uint32Array(0),
    counts: undefined,
  };
}

/**
 * LightGBM reads the sigmoid with its own, not correctly rounded, number reader (Common::Atof): digits before and after
 * the point are summed apart. 0.1 + 0.2 style last-bit differences would break equality with its probabilities.
 */
function readSigmoid(word: string): number {
  const [mantissa, exponent = '0'] = word.toLowerCase().split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const value = Number(whole) + Number(fraction) / 10 ** fraction.length;
  const scale = 10 ** Math.abs(Number(exponent));
  return Number(exponent) < 0 ? value / scale : value * scale;
}
