import { doubled } from '../arrays/doubled.ts';
import { emitNextGroup } from '../gbdt/wasm-kernels.ts';
import { Code, I32, ModuleBuilder, V128 } from '../gbdt/wasm-emitter.ts';
import { dotProducts } from './dot-products.ts';

/** Numbers of a SIMD vector, and their bytes. */
const LANES = 4;
const LANE_BYTES = 16;
const PAGE = 65_536;

/**
 * How far a sum of products of the components of two unit vectors in 32-bit floats may be off, whatever the order: below
 * 100 components · 2^-24 (Higham 2002, section 3.1).
 */
const DOUBT = 1e-5;

/**
 * The rows of a matrix that lie near a vector. WebAssembly SIMD passes over all rows in 32-bit floats, which is nearly right;
 * the few that may be near are computed as `dotProducts` does, so that the answer is the same to the bit. Not for concurrent
 * use: it has a copy of the matrix in memory of its own.
 */
export class NearRows {
  readonly #matrix: Float32Array;
  readonly #vector: Float32Array;
  /** By row: the sums of every fourth product. */
  readonly #sums: Float32Array;
  readonly #rows: number;
  readonly #run: (rows: number) => void;
  /** Rows that may be near, and their products. */
  #found = new Int32Array(64);
  #products = new Float32Array(64);

  /** @param matrix unit vectors or zeros, row by row @param dimensions of a row: at most 100 */
  constructor(matrix: Float32Array, dimensions: number) {
    const rows = matrix.length / dimensions;
    const stride = LANES * Math.ceil(dimensions / LANES);
    const [vectorAt, rowsAt, sumsAt] = [0, 4 * stride, 4 * stride * (1 + rows)];
    const { memory, run } = instantiate(stride / LANES, rowsAt, sumsAt, sumsAt + LANE_BYTES * rows);
    const all = new Float32Array(memory, rowsAt, rows * stride);
    for (let row = 0; row < rows; row++)
      all.set(matrix.subarray(row * dimensions, (row + 1) * dimensions), row * stride);
    this.#matrix = matrix;
    this.#vector = new Float32Array(memory, vectorAt, dimensions);
    this.#sums = new Float32Array(memory, sumsAt, LANES * rows);
    this.#rows = rows;
    this.#run = run;
  }

  /**
   * @param vector a unit vector
   * @returns the rows whose dot product with the vector is above `least`, the nearest first, of equal ones the first
   */
  above(vector: Float32Array, least: number): { row: number; product: number }[] {
    if (this.#rows === 0) return [];
    this.#vector.set(vector);
    this.#run(this.#rows);
    const count = this.#filter(least - DOUBT);
    if (this.#products.length < count) this.#products = new Float32Array(this.#found.length);
    dotProducts(vector, this.#matrix, this.#found, 0, count, this.#products);
    const near: { row: number; product: number }[] = [];
    for (let i = 0; i < count; i++)
      if (this.#products[i] > least) near.push({ row: this.#found[i], product: this.#products[i] });
    return near.sort((a, b) => b.product - a.product || a.row - b.row);
  }

  /** Notes the rows whose sum is above. Returns how many. */
  #filter(least: number): number {
    const sums = this.#sums;
    let count = 0;
    for (let row = 0; row < this.#rows; row++) {
      const at = LANES * row;
      if (sums[at] + sums[at + 1] + sums[at + 2] + sums[at + 3] <= least) continue;
      if (count === this.#found.length) this.#found = doubled(this.#found);
      this.#found[count++] = row;
    }
    return count;
  }
}

/** @param groups of LANES numbers a row @param bytes of the memory */
function instantiate(
  groups: number,
  rowsAt: number,
  sumsAt: number,
  bytes: number,
): { memory: ArrayBuffer; run: (rows: number) => void } {
  const module = new ModuleBuilder();
  addMultiply(module, groups, rowsAt, sumsAt);
  const compiled = new WebAssembly.Module(module.encode(Math.ceil(bytes / PAGE)));
  const { exports } = new WebAssembly.Instance(compiled);
  return {
    memory: (exports['memory'] as WebAssembly.Memory).buffer,
    run: exports['multiply'] as (rows: number) => void,
  };
}

/** (rows): multiplies each row with the vector, which stands at 0 and is kept in registers or near them. */
function addMultiply(module: ModuleBuilder, groups: number, rowsAt: number, sumsAt: number): void {
  const [rows, done, from, to] = [0, 1, 2, 3];
  const part = (group: number): number => 4 + group;
  const code = new Code();
  for (let group = 0; group < groups; group++)
    code
      .i32(0)
      .memory('v128.load', LANE_BYTES * group)
      .set(part(group));
  code.i32(rowsAt).set(from).i32(sumsAt).set(to).loop();
  code.get(to);
  for (let group = 0; group < groups; group++) {
    code
      .get(from)
      .memory('v128.load', LANE_BYTES * group)
      .get(part(group))
      .op('f32x4.mul');
    if (group > 0) code.op('f32x4.add');
  }
  code.memory('v128.store');
  code
    .get(from)
    .i32(LANE_BYTES * groups)
    .op('i32.add')
    .set(from);
  code.get(to).i32(LANE_BYTES).op('i32.add').set(to);
  emitNextGroup(code, done, rows, 1);
  const locals = [I32, I32, I32, ...new Array<typeof V128>(groups).fill(V128)] as const;
  module.add([I32], locals, code, 'multiply');
}
