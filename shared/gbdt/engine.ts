import { planBinning } from './binning.ts';
import type { BinningPlan, FeaturePlan, MissingRule, SplitTest } from './binning.ts';
import { ZERO_THRESHOLD } from './model.ts';
import type { GbdtModel, Tree } from './model.ts';
import { Code, I32, ModuleBuilder, V128 } from './wasm-emitter.ts';
import type { ValueType } from './wasm-emitter.ts';
import { addKernels, emitNextGroup, FEW_THRESHOLDS, packThresholds, RANK_FLIP } from './wasm-kernels.ts';
import type { Kernels } from './wasm-kernels.ts';

/** Rows that are binned and scored together: their planes stay in a near cache, and a branch is soon foreseen. */
const BLOCK_ROWS = 512;
/** A function scores trees of about this many splits, so that its code stays in the instruction cache over a block. */
const SPLITS_PER_FUNCTION = 480;
/** A subtree of that many splits is worth a branch around it. */
const PASSED_OVER = 24;
const GROUP = 16;
const PAGE = 65536;

/** A model as code, for any number of threads: `postMessage` hands it over without a copy. */
export interface CompiledModel {
  /** Features of a row. */
  readonly features: number;
  /** Those that the model splits on. */
  readonly used: Int32Array;
  /** Where in an engine's memory their columns, and the sums, lie, in bytes. */
  readonly columns: number;
  readonly sums: number;
  /** What an engine's memory begins with: thresholds and leaves. */
  readonly image: Uint8Array;
  readonly module: WebAssembly.Module;
}

/** Scores rows by a model compiled to WebAssembly SIMD. Not for concurrent use; its memory is its own. */
export interface GbdtEngine {
  /**
   * Raw scores, equal bit for bit to `referenceScore` of the rows as float64.
   *
   * @param columns column-major features of shape [features, stride]: feature j of row i is columns[j * stride + i],
   *   NaN where missing; features in the model's order
   * @param stride floats from one column to the next, at least `rows`
   * @param rows how many rows to score
   * @param out receives `rows` raw scores; `probability` of reference.ts turns one into a probability
   * @throws RangeError where an array is too short: a fault of the caller
   */
  score(columns: Float32Array, stride: number, rows: number, out: Float64Array): void;
}

/**
 * Generates and compiles a WebAssembly module for the model: 0.03 to 0.1 s for 300 trees, 0.5 s at the limit.
 *
 * All features are first binned to byte planes over the model's own thresholds (binning.ts). A tree then never walks:
 * each of its splits is decided for 16 rows by one comparison of bytes, and the index of the leaf is selected from the
 * bottom up. As leaves are numbered from left to right, the right subtree's index is the larger one, and selecting is
 * max(left, right & goesRight). A large subtree that none of the 16 rows reaches is passed over: neighbouring rows are
 * candidates of one Pin, and go the same ways. The leaves' float64 values are added in the order of the trees, which makes the sum exact.
 */
export function assembleModel(model: GbdtModel): CompiledModel {
  const plan = planBinning(model);
  const layout = layOut(model, plan);
  const module = new ModuleBuilder();
  const kernels = addKernels(module, { planeStride: BLOCK_ROWS, leafStride: layout.leafStride });
  const bin = addBin(module, kernels, layout);
  const chunks = cutIntoChunks(model.trees).map(({ from, to }) =>
    addTrees(module, kernels, layout, plan, model.trees, from, to),
  );
  const score = new Code().get(0).call(bin);
  for (const chunk of chunks) score.get(0).call(chunk);
  module.add([I32], [], score, 'score');

  const image = new Uint8Array(new SharedArrayBuffer(layout.pages * PAGE));
  fillMemory(image.buffer, model, layout);
  return {
    features: model.featureNames.length,
    used: Int32Array.from(layout.features, ({ plan: { feature } }) => feature),
    columns: layout.columns,
    sums: layout.sums,
    image,
    module: new WebAssembly.Module(module.encode(layout.pages)),
  };
}

/** An engine for this thread alone. */
export function compileModel(model: GbdtModel): GbdtEngine {
  return openEngine(assembleModel(model));
}

/** An engine of a compiled model: its code is shared, its memory its own. */
export function openEngine(compiled: CompiledModel): GbdtEngine {
  const instance = new WebAssembly.Instance(compiled.module);
  const memory = (instance.exports['memory'] as WebAssembly.Memory).buffer;
  new Uint8Array(memory).set(compiled.image);
  return new WasmEngine(compiled, memory, instance.exports['score'] as (rows: number) => void);
}

class WasmEngine implements GbdtEngine {
  readonly #features: number;
  readonly #used: Int32Array;
  readonly #columns: Float32Array;
  readonly #sums: Float64Array;
  readonly #run: (rows: number) => void;

  constructor(
    { features, used, columns, sums }: CompiledModel,
    memory: ArrayBuffer,
    run: (rows: number) => void,
  ) {
    this.#features = features;
    this.#used = used;
    this.#columns = new Float32Array(memory, columns, used.length * BLOCK_ROWS);
    this.#sums = new Float64Array(memory, sums, BLOCK_ROWS);
    this.#run = run;
  }

  score(columns: Float32Array, stride: number, rows: number, out: Float64Array): void {
    const features = this.#features;
    if (stride < rows || columns.length < (features - 1) * stride + rows) {
      throw new RangeError(
        `${columns.length} values do not hold ${features} columns of ${rows} rows, ${stride} apart`,
      );
    }
    if (out.length < rows) throw new RangeError(`${out.length} scores do not hold ${rows} rows`);
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - start);
      for (let i = 0; i < this.#used.length; i++) {
        const from = this.#used[i] * stride + start;
        this.#columns.set(columns.subarray(from, from + count), i * BLOCK_ROWS);
      }
      this.#sums.fill(0);
      this.#run(count);
      for (let i = 0; i < count; i++) out[start + i] = this.#sums[i];
    }
  }
}

/** Where everything is in the module's memory, in bytes. */
interface Layout {
  readonly features: readonly FeatureLayout[];
  readonly splats: number;
  readonly leafIndexes: number;
  readonly leaves: number;
  readonly leafStride: number;
  readonly sums: number;
  readonly columns: number;
  readonly planes: number;
  readonly pages: number;
}

interface FeatureLayout {
  readonly plan: FeaturePlan;
  readonly column: number;
  /** Per segment. */
  readonly thresholds: readonly { readonly packed: Float32Array; readonly address: number }[];
  readonly patternOf: number;
  readonly patterns: number;
}

function layOut(model: GbdtModel, plan: BinningPlan): Layout {
  let end = 0;
  const take = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const splats = take(256 * GROUP);
  const leafIndexes = take(SPLITS_PER_FUNCTION * GROUP);
  const sums = take(BLOCK_ROWS * 8);
  const columns = take(plan.features.length * BLOCK_ROWS * 4);
  const planes = take(plan.planes * BLOCK_ROWS);
  const features = plan.features.map((feature, index) => ({
    plan: feature,
    column: columns + index * BLOCK_ROWS * 4,
    thresholds: feature.segments.map((segment) => {
      const packed = packThresholds(segment.thresholds);
      return { packed, address: take(packed.byteLength) };
    }),
    patternOf: take(feature.categories?.patternOf.byteLength ?? 0),
    patterns: take(feature.categories?.patterns.byteLength ?? 0),
  }));
  const leafStride = 8 * model.trees.reduce((most, tree) => Math.max(most, tree.leaves), 1);
  const leaves = take(leafStride * model.trees.length);
  const pages = Math.ceil(end / PAGE);
  return { features, splats, leafIndexes, leaves, leafStride, sums, columns, planes, pages };
}

function fillMemory(memory: ArrayBufferLike, model: GbdtModel, layout: Layout): void {
  const bytes = new Uint8Array(memory);
  for (let value = 0; value < 256; value++) {
    bytes.fill(value, layout.splats + value * GROUP, layout.splats + (value + 1) * GROUP);
  }
  for (const { plan, thresholds, patternOf, patterns } of layout.features) {
    for (const { packed, address } of thresholds) new Float32Array(memory, address).set(packed);
    if (!plan.categories) continue;
    new Int32Array(memory, patternOf).set(plan.categories.patternOf);
    bytes.set(plan.categories.patterns, patterns);
  }
  model.trees.forEach((tree, index) => {
    const values = new Float64Array(memory, layout.leaves + index * layout.leafStride, tree.leaves);
    leavesLeftToRight(tree).forEach((leaf, position) => (values[position] = tree.leafValue[leaf]));
  });
}

function leavesLeftToRight(tree: Tree): number[] {
  if (tree.leaves === 1) return [0];
  const leaves: number[] = [];
  const pending = [0];
  while (pending.length > 0) {
    const node = pending.pop()!;
    if (node < 0) leaves.push(~node);
    else pending.push(tree.right[node], tree.left[node]);
  }
  return leaves;
}

/** Emits the function (rows) that fills all planes from the columns. */
function addBin(module: ModuleBuilder, kernels: Kernels, layout: Layout): number {
  const code = new Code();
  const planeAddress = (plane: number): number => layout.planes + plane * BLOCK_ROWS;
  for (const { plan, column, thresholds, patternOf, patterns } of layout.features) {
    plan.segments.forEach(({ thresholds: values, planes }, index) => {
      const rank = values.length <= FEW_THRESHOLDS ? kernels.rankFew : kernels.rankMany;
      const ranks = planeAddress(planes[0].plane);
      code.i32(column).get(0).i32(thresholds[index].address).i32(ranks).call(rank);
      // The first plane holds the plain ranks until the others are made from it.
      for (const { rule, plane } of [...planes.slice(1), planes[0]]) {
        if (plane === planes[0].plane && rule === 'nan-left') continue; // NaN has rank 0 already
        const { limit, byte } = substitution(rule, values);
        code.i32(column).get(0).i32(ranks).i32(planeAddress(plane)).f32(limit);
        code.i32(byte ^ RANK_FLIP).call(kernels.substitute);
      }
    });
    if (!plan.categories) continue;
    const { patternOf: categories, planeCount, firstPlane } = plan.categories;
    code.i32(column).get(0).i32(patternOf).i32(categories.length).i32(patterns).i32(planeCount);
    code.i32(planeAddress(firstPlane)).call(kernels.categories);
  }
  return module.add([I32], [], code);
}

/** Values v with !(|v| > limit) get the rank `byte`: 0 goes left at every split, 255 right. A limit below 0 is NaN only. */
function substitution(rule: MissingRule, thresholds: Float32Array): { limit: number; byte: number } {
  switch (rule) {
    case 'nan-is-zero':
      return { limit: -1, byte: thresholds.reduce((below, threshold) => below + (threshold < 0 ? 1 : 0), 0) };
    case 'nan-left':
      return { limit: -1, byte: 0 };
    case 'nan-right':
      return { limit: -1, byte: 255 };
    case 'zero-left':
      return { limit: ZERO_THRESHOLD, byte: 0 };
    case 'zero-right':
      return { limit: ZERO_THRESHOLD, byte: 255 };
  }
}

function cutIntoChunks(trees: readonly Tree[]): { from: number; to: number }[] {
  const chunks: { from: number; to: number }[] = [];
  let from = 0;
  let splits = 0;
  trees.forEach((tree, index) => {
    // A tree of one leaf counts as a split: its index takes room in leafIndexes as well.
    const size = Math.max(tree.leaves - 1, 1);
    if (splits > 0 && splits + size > SPLITS_PER_FUNCTION) {
      chunks.push({ from, to: index });
      from = index;
      splits = 0;
    }
    splits += size;
  });
  if (splits > 0) chunks.push({ from, to: trees.length });
  return chunks;
}

/** Emits the function (rows) that adds the leaves of trees from..to-1 to the sums. */
function addTrees(
  module: ModuleBuilder,
  kernels: Kernels,
  layout: Layout,
  plan: BinningPlan,
  trees: readonly Tree[],
  from: number,
  to: number,
): number {
  const [rows, row] = [0, 1];
  const code = new Code();
  const locals = new Locals(row + 1);
  code.loop();
  for (let index = from; index < to; index++) {
    code.i32(0);
    emitLeafIndex({ code, locals, layout, tree: trees[index], tests: plan.tests[index], row });
    code.memory('v128.store', layout.leafIndexes + (index - from) * GROUP);
  }
  code.get(row).i32(3).op('i32.shl').i32(layout.sums).op('i32.add');
  code
    .i32(layout.leaves + from * layout.leafStride)
    .i32(to - from)
    .i32(layout.leafIndexes);
  code.call(kernels.addLeaves);
  emitNextGroup(code, row, rows);
  return module.add([I32], [I32, ...locals.types], code);
}

/** Local variables of a function that is being emitted, each used again when it is given back. */
class Locals {
  readonly types: ValueType[] = [];
  readonly #first: number;
  readonly #free = new Map<ValueType, number[]>([
    [I32, []],
    [V128, []],
  ]);

  /** @param first number of the first of them */
  constructor(first: number) {
    this.#first = first;
  }

  take(type: ValueType): number {
    return this.#free.get(type)!.pop() ?? this.#first + this.types.push(type) - 1;
  }

  giveBack(local: number): void {
    this.#free.get(this.types[local - this.#first])!.push(local);
  }
}

interface TreeCode {
  code: Code;
  locals: Locals;
  layout: Layout;
  tree: Tree;
  tests: readonly SplitTest[];
  /** Local of the first of the 16 rows. */
  row: number;
}

/** Pushes the positions, from left to right, of the leaves of 16 rows. */
function emitLeafIndex({ code, locals, layout, tree, tests, row }: TreeCode): void {
  const splits = splitsBelow(tree);
  const pushSplat = (byte: number): Code => code.i32(0).memory('v128.load', layout.splats + byte * GROUP);
  const pushGoesRight = ({ plane, byte, categorical }: SplitTest): void => {
    code.get(row).memory('v128.load', layout.planes + plane * BLOCK_ROWS);
    if (categorical) {
      pushSplat(byte).op('v128.and');
      pushSplat(0).op('i8x16.eq');
    } else {
      pushSplat(byte ^ RANK_FLIP).op('i8x16.gt_s');
    }
  };
  const isPassedOver = (node: number): boolean => node >= 0 && splits[node] >= PASSED_OVER;

  /**
   * Emits the subtree whose first leaf has position `first` and returns how many leaves it has. What it pushes for rows
   * that do not reach it, nobody selects: it is one of its own positions, or 0.
   *
   * @param reached local of a bit per row that reaches it; undefined where all do, or nothing below is passed over
   */
  const emit = (node: number, first: number, reached?: number): number => {
    if (node < 0) {
      pushSplat(first);
      return 1;
    }
    const left = tree.left[node];
    const right = tree.right[node];
    if (left < 0 && right < 0) {
      pushSplat(first);
      pushGoesRight(tests[node]);
      code.op('i8x16.sub'); // goesRight is -1
      return 2;
    }
    // A left leaf at position 0 is what the mask leaves of the right subtree anyway.
    const leftIsZero = left < 0 && first === 0;
    let leavesLeft = 1;
    let leavesRight: number;
    if (isPassedOver(left) || isPassedOver(right)) {
      const goesRight = locals.take(V128);
      pushGoesRight(tests[node]);
      code.set(goesRight);
      if (!leftIsZero) leavesLeft = emitChild(left, first, goesRight, 'left', reached);
      leavesRight = emitChild(right, first + leavesLeft, goesRight, 'right', reached);
      code.get(goesRight);
      locals.giveBack(goesRight);
    } else {
      if (!leftIsZero) leavesLeft = emit(left, first);
      leavesRight = emit(right, first + leavesLeft);
      pushGoesRight(tests[node]);
    }
    code.op('v128.and');
    if (!leftIsZero) code.op('i8x16.max_u');
    return leavesLeft + leavesRight;
  };

  /** As `emit`, but passes over a large subtree that no row reaches. */
  const emitChild = (
    node: number,
    first: number,
    goesRight: number,
    side: 'left' | 'right',
    reached: number | undefined,
  ): number => {
    if (!isPassedOver(node)) return emit(node, first);
    const reaches = locals.take(I32);
    code.get(goesRight).op('i8x16.bitmask');
    if (side === 'left') code.i32(0xffff).op('i32.xor');
    if (reached !== undefined) code.get(reached).op('i32.and');
    code.tee(reaches).if(V128);
    const leaves = emit(node, first, reaches);
    code.op('else');
    pushSplat(0).op('end');
    locals.giveBack(reaches);
    return leaves;
  };

  emit(tree.leaves === 1 ? -1 : 0, 0);
}

/** How many splits the subtree of each split has. */
function splitsBelow(tree: Tree): Int32Array {
  const splits = new Int32Array(tree.leaves - 1);
  const count = (node: number): number => {
    if (node < 0) return 0;
    splits[node] = 1 + count(tree.left[node]) + count(tree.right[node]);
    return splits[node];
  };
  if (tree.leaves > 1) count(0);
  return splits;
}
