import { Code, F32, I32, V128 } from './wasm-emitter.ts';
import type { ModuleBuilder } from './wasm-emitter.ts';

/**
 * The functions of the engine's module that no model changes. Columns are float32, planes bytes; both hold a block of
 * rows, and every function works on whole groups of 16 rows: it may read and write up to the next multiple of 16.
 */
export interface Kernels {
  /** (column, rows, thresholds, plane): ranks among up to 15 thresholds; see `packThresholds`. */
  readonly rankFew: number;
  /** (column, rows, thresholds, plane): ranks among up to 255 thresholds. */
  readonly rankMany: number;
  /** (column, rows, source plane, plane, limit: f32, byte): the byte where !(|value| > limit), else the source. */
  readonly substitute: number;
  /** (column, rows, patternOf, its length, patterns, planeCount, first plane) */
  readonly categories: number;
  /** (16 float64 sums, leaf values, trees, leaf indexes): adds each tree's leaf to the sums, in the order of trees. */
  readonly addLeaves: number;
}

export interface KernelLayout {
  /** Bytes from one plane to the next. */
  readonly planeStride: number;
  /** Bytes from one tree's leaf values to the next's. */
  readonly leafStride: number;
}

/** The most thresholds that one step of `rankFew` tells apart; `rankMany` takes two steps. */
export const FEW_THRESHOLDS = 15;
const PIVOTS = 16;

export function addKernels(module: ModuleBuilder, layout: KernelLayout): Kernels {
  return {
    rankFew: addRank(module, false),
    rankMany: addRank(module, true),
    substitute: addSubstitute(module),
    categories: addCategories(module, layout.planeStride),
    addLeaves: addAddLeaves(module, layout.leafStride),
  };
}

/**
 * Thresholds as the rank kernels read them. Few: 16 floats. Many: first every 16th as pivots, then all, filled up
 * with Infinity, which no value is above.
 */
export function packThresholds(thresholds: Float32Array): Float32Array {
  if (thresholds.length <= FEW_THRESHOLDS) {
    const packed = new Float32Array(PIVOTS).fill(Infinity);
    packed.set(thresholds);
    return packed;
  }
  const packed = new Float32Array(PIVOTS + (Math.floor(thresholds.length / 16) + 1) * 16).fill(Infinity);
  for (let pivot = 0; pivot * 16 + 15 < thresholds.length; pivot++) {
    packed[pivot] = thresholds[pivot * 16 + 15];
  }
  packed.set(thresholds, PIVOTS);
  return packed;
}

/** Ranks are stored with their top bit flipped, as bytes compare faster signed. */
export const RANK_FLIP = 0x80;

/** Four rows of the value before them, as those of a Pin's own features are among its candidates, need no ranking. */
function addRank(module: ModuleBuilder, many: boolean): number {
  const [column, rows, thresholds, plane] = [0, 1, 2, 3];
  const [row, rank, flipped, value] = [4, 5, 6, 7];
  const code = new Code();
  const rankOf = (offset: number): void => {
    code.get(column).memory('v128.load32_splat', offset).set(value);
    emitCountBelow(code, value, () => code.get(thresholds));
    if (many) {
      code.tee(rank).i32(4).op('i32.shl');
      emitCountBelow(code, value, () => {
        code
          .get(thresholds)
          .get(rank)
          .i32(6)
          .op('i32.shl')
          .op('i32.add')
          .i32(PIVOTS * 4)
          .op('i32.add');
      });
      code.op('i32.add');
    }
    code.i32(RANK_FLIP).op('i32.xor').set(flipped);
  };
  rankOf(0);
  code.loop();
  code.get(column).memory('v128.load').get(value).op('i32x4.eq').op('i32x4.all_true').if();
  code.get(plane).get(row).op('i32.add').get(flipped).i32(0x01010101).op('i32.mul').memory('i32.store');
  code.op('else');
  for (let i = 0; i < 4; i++) {
    rankOf(i * 4);
    code.get(plane).get(row).op('i32.add').get(flipped).memory('i32.store8', i);
  }
  code.op('end').get(column).i32(16).op('i32.add').set(column);
  emitNextGroup(code, row, rows, 4);
  return module.add([I32, I32, I32, I32], [I32, I32, I32, V128], code);
}

/** Pushes how many of 16 ascending floats are below the value. */
function emitCountBelow(code: Code, value: number, pushAddress: () => void): void {
  for (let half = 0; half < 2; half++) {
    for (let quarter = 0; quarter < 2; quarter++) {
      pushAddress();
      code
        .memory('v128.load', (half * 2 + quarter) * 16)
        .get(value)
        .op('f32x4.lt');
    }
    code.op('i16x8.narrow_i32x4_s');
  }
  code.op('i8x16.narrow_i16x8_s').op('i8x16.bitmask').op('i32.popcnt');
}

function addSubstitute(module: ModuleBuilder): number {
  const [column, rows, source, plane, limit, byte] = [0, 1, 2, 3, 4, 5];
  const [row, limits, bytes] = [6, 7, 8];
  const code = new Code();
  code.get(limit).op('f32x4.splat').set(limits).get(byte).op('i8x16.splat').set(bytes);
  code.loop();
  code.get(plane).get(row).op('i32.add');
  code.get(source).get(row).op('i32.add').memory('v128.load').get(bytes);
  for (let half = 0; half < 2; half++) {
    for (let quarter = 0; quarter < 2; quarter++) {
      code.get(column).get(row).i32(2).op('i32.shl').op('i32.add');
      code
        .memory('v128.load', (half * 2 + quarter) * 16)
        .op('f32x4.abs')
        .get(limits)
        .op('f32x4.gt');
    }
    code.op('i16x8.narrow_i32x4_s');
  }
  code.op('i8x16.narrow_i16x8_s').op('v128.bitselect').memory('v128.store');
  emitNextGroup(code, row, rows);
  return module.add([I32, I32, I32, I32, F32, I32], [I32, V128, V128], code);
}

function addCategories(module: ModuleBuilder, planeStride: number): number {
  const [column, rows, patternOf, length, patterns, planeCount, firstPlane] = [0, 1, 2, 3, 4, 5, 6];
  const [row, category, from, to, left] = [7, 8, 9, 10, 11];
  const code = new Code();
  code.loop();
  // NaN becomes category 0 by the saturating cut, hence the comparison: values in (-1, 0) are category 0, as in C.
  code.get(column).memory('f32.load').op('i32.trunc_sat_f32_s').set(category);
  code.i32(0).set(from);
  code
    .get(column)
    .memory('f32.load')
    .f32(-1)
    .op('f32.gt')
    .get(category)
    .get(length)
    .op('i32.lt_u')
    .op('i32.and');
  code.if();
  code.get(patternOf).get(category).i32(2).op('i32.shl').op('i32.add').memory('i32.load');
  code.get(planeCount).op('i32.mul').set(from).op('end');
  code.get(patterns).get(from).op('i32.add').set(from);
  code.get(firstPlane).get(row).op('i32.add').set(to).get(planeCount).set(left);
  code.loop();
  code.get(to).get(from).memory('i32.load8_u').memory('i32.store8');
  code.get(to).i32(planeStride).op('i32.add').set(to).get(from).i32(1).op('i32.add').set(from);
  code.get(left).i32(1).op('i32.sub').tee(left).branchIf(0).op('end');
  code.get(column).i32(4).op('i32.add').set(column);
  emitNextGroup(code, row, rows, 1);
  return module.add([I32, I32, I32, I32, I32, I32, I32], [I32, I32, I32, I32, I32], code);
}

function addAddLeaves(module: ModuleBuilder, leafStride: number): number {
  const [sums, leaves, trees, indexes] = [0, 1, 2, 3];
  const sum = (pair: number): number => 4 + pair;
  const pairs = [0, 1, 2, 3, 4, 5, 6, 7];
  const code = new Code();
  for (const pair of pairs)
    code
      .get(sums)
      .memory('v128.load', pair * 16)
      .set(sum(pair));
  code.loop();
  for (const pair of pairs) {
    code.get(sum(pair));
    emitLeafAddress(code, leaves, indexes, pair * 2 + 1);
    emitLeafAddress(code, leaves, indexes, pair * 2);
    code.memory('v128.load64_zero').load64Lane(1).op('f64x2.add').set(sum(pair));
  }
  code.get(leaves).i32(leafStride).op('i32.add').set(leaves).get(indexes).i32(16).op('i32.add').set(indexes);
  code.get(trees).i32(1).op('i32.sub').tee(trees).branchIf(0).op('end');
  for (const pair of pairs)
    code
      .get(sums)
      .get(sum(pair))
      .memory('v128.store', pair * 16);
  return module.add(
    [I32, I32, I32, I32],
    pairs.map(() => V128),
    code,
  );
}

function emitLeafAddress(code: Code, leaves: number, indexes: number, row: number): void {
  code.get(leaves).get(indexes).memory('i32.load8_u', row).i32(3).op('i32.shl').op('i32.add');
}

/** Ends the innermost loop, which goes on while there are rows. */
export function emitNextGroup(code: Code, row: number, rows: number, step = 16): void {
  code.get(row).i32(step).op('i32.add').tee(row).get(rows).op('i32.lt_u').branchIf(0).op('end');
}
