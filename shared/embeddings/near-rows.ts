import { doubled } from '../arrays/doubled.ts';
import { emitNextGroup } from '../gbdt/wasm-kernels.ts';
import { Code, I32, ModuleBuilder } from '../gbdt/wasm-emitter.ts';
import { dotProducts } from './dot-products.ts';

/** Rows that are multiplied side by side. */
const ROWS = 4;
/** Components that are multiplied at once, and their bytes: of such a block of rows, and of the vector. */
const PAIR = 2;
const PAIR_OF_ROWS_BYTES = PAIR * ROWS;
const PAIR_BYTES = 4;
const SUM_BYTES = 4;
const PAGE = 65_536;

/** The greatest integers that a component of a row, and one of the vector, are told by: 1,000 products fit 32 bits. */
const ROW_STEPS = 127;
const VECTOR_STEPS = 16_383;

/** How far a product of `dotProducts` may be off, for the order of its sums (Higham 2002, section 3.1). */
const ROUNDING = 1e-4;

/**
 * The rows of a matrix that lie near a vector. WebAssembly SIMD passes over all rows in 8-bit integers, which tells how large
 * a product can be at most; the few that may be large enough are computed as `dotProducts` does, so that the answer is the
 * same to the bit. Not for concurrent use: it has a copy of the matrix in memory of its own, a fourth of its size.
 */
export class NearRows {
  readonly #matrix: Float32Array;
  readonly #rows: number;
  /** What a step of a row's components is worth. */
  readonly #step: number;
  /** The most that the components of a row come to, their signs left out. */
  readonly #weight: number;
  readonly #vector: Int16Array;
  /** By row: its product in steps. */
  readonly #sums: Int32Array;
  readonly #multiply: (blocks: number) => void;
  /** Rows that may be near, and their products. */
  #found = new Int32Array(64);
  #products = new Float32Array(64);

  /** @param matrix row by row, no row longer than 1 @param dimensions of a row: at most 1,000 */
  constructor(matrix: Float32Array, dimensions: number) {
    const rows = matrix.length / dimensions;
    const pairs = Math.ceil(dimensions / PAIR);
    const blocks = Math.ceil(rows / ROWS);
    const rowsAt = PAIR_BYTES * pairs;
    const sumsAt = rowsAt + PAIR_OF_ROWS_BYTES * pairs * blocks;
    const { memory, multiply } = instantiate(pairs, rowsAt, sumsAt, sumsAt + SUM_BYTES * ROWS * blocks);
    this.#matrix = matrix;
    this.#rows = rows;
    this.#step = greatest(matrix) / ROW_STEPS;
    this.#weight = Math.sqrt(dimensions) * (1 + this.#step * Math.sqrt(dimensions));
    this.#vector = new Int16Array(memory, 0, PAIR * pairs);
    this.#sums = new Int32Array(memory, sumsAt, ROWS * blocks);
    this.#multiply = multiply;
    const packed = new Int8Array(memory, rowsAt, PAIR_OF_ROWS_BYTES * pairs * blocks);
    for (let row = 0; row < rows; row++) {
      const block = PAIR_OF_ROWS_BYTES * pairs * Math.floor(row / ROWS) + PAIR * (row % ROWS);
      for (let k = 0; k < dimensions; k++) {
        const at = block + PAIR_OF_ROWS_BYTES * Math.floor(k / PAIR) + (k % PAIR);
        packed[at] = Math.round(matrix[row * dimensions + k] / this.#step);
      }
    }
  }

  /**
   * @param vector not longer than 1
   * @returns the rows whose dot product with the vector is above `least`, the nearest first, of equal ones the first
   */
  above(vector: Float32Array, least: number): { row: number; product: number }[] {
    if (this.#rows === 0) return [];
    const count = this.#candidates(vector, least);
    if (this.#products.length < count) this.#products = new Float32Array(this.#found.length);
    dotProducts(vector, this.#matrix, this.#found, 0, count, this.#products);
    const near: { row: number; product: number }[] = [];
    for (let i = 0; i < count; i++)
      if (this.#products[i] > least) near.push({ row: this.#found[i], product: this.#products[i] });
    return near.sort((a, b) => b.product - a.product || a.row - b.row);
  }

  /** Notes the rows whose product may be above. Returns how many. */
  #candidates(vector: Float32Array, least: number): number {
    const step = greatest(vector) / VECTOR_STEPS;
    let weight = 0;
    for (let k = 0; k < vector.length; k++) {
      this.#vector[k] = Math.round(vector[k] / step);
      weight += Math.abs(vector[k]);
    }
    this.#multiply(Math.ceil(this.#rows / ROWS));
    // Each component is off by half a step at most.
    const doubt = (this.#step * weight + step * this.#weight) / 2 + ROUNDING;
    const leastSum = (least - doubt) / (this.#step * step);
    const sums = this.#sums;
    let count = 0;
    for (let row = 0; row < this.#rows; row++) {
      if (sums[row] <= leastSum) continue;
      if (count === this.#found.length) this.#found = doubled(this.#found);
      this.#found[count++] = row;
    }
    return count;
  }
}

/** The greatest component, its sign left out; 1 where all are 0. */
function greatest(vector: Float32Array): number {
  let most = 0;
  for (let k = 0; k < vector.length; k++) most = Math.max(most, Math.abs(vector[k]));
  return most || 1;
}

/** @param bytes of the memory */
function instantiate(
  pairs: number,
  rowsAt: number,
  sumsAt: number,
  bytes: number,
): { memory: ArrayBuffer; multiply: (blocks: number) => void } {
  const module = new ModuleBuilder();
  addMultiply(module, pairs, rowsAt, sumsAt);
  const compiled = new WebAssembly.Module(module.encode(Math.ceil(bytes / PAGE)));
  const { exports } = new WebAssembly.Instance(compiled);
  return {
    memory: (exports['memory'] as WebAssembly.Memory).buffer,
    multiply: exports['multiply'] as (blocks: number) => void,
  };
}

/** (blocks): multiplies the rows of each block with the vector, which stands at 0. */
function addMultiply(module: ModuleBuilder, pairs: number, rowsAt: number, sumsAt: number): void {
  const [blocks, done, from, to] = [0, 1, 2, 3];
  const code = new Code();
  code.i32(rowsAt).set(from).i32(sumsAt).set(to).loop();
  code.get(to);
  for (let pair = 0; pair < pairs; pair++) {
    code
      .get(from)
      .memory('v128.load8x8_s', PAIR_OF_ROWS_BYTES * pair)
      .i32(0)
      .memory('v128.load32_splat', PAIR_BYTES * pair)
      .op('i32x4.dot_i16x8_s');
    if (pair > 0) code.op('i32x4.add');
  }
  code.memory('v128.store');
  code
    .get(from)
    .i32(PAIR_OF_ROWS_BYTES * pairs)
    .op('i32.add')
    .set(from);
  code
    .get(to)
    .i32(SUM_BYTES * ROWS)
    .op('i32.add')
    .set(to);
  emitNextGroup(code, done, blocks, 1);
  module.add([I32], [I32, I32, I32], code, 'multiply');
}
