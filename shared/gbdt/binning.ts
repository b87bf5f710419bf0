import { MISSING_NAN, MISSING_NONE, MISSING_ZERO, ZERO_THRESHOLD } from './model.ts';
import type { GbdtModel, Tree } from './model.ts';

/**
 * The plan by which a row becomes bytes that every split can be decided from.
 *
 * A *rank plane* holds, per row, how many of a feature's (at most 255) thresholds are below the value: value <=
 * threshold j is rank <= j, whatever the tree. A feature with more thresholds has them cut into ascending segments, a
 * plane each. What a split does with missing values is in the plane as well (`MissingRule`), so a feature has one plane
 * per segment and rule in use. A *category plane* holds, per row, for eight bitsets whether the value's category is in.
 */
export interface BinningPlan {
  readonly features: readonly FeaturePlan[];
  readonly planes: number;
  /** Per tree, per split. */
  readonly tests: readonly (readonly SplitTest[])[];
}

/** A numerical split goes right where rank > byte; a categorical one where (plane byte & byte) is 0. */
export interface SplitTest {
  readonly plane: number;
  readonly byte: number;
  readonly categorical: boolean;
}

export interface FeaturePlan {
  /** Index of the model's feature. */
  readonly feature: number;
  readonly segments: readonly RankSegment[];
  readonly categories: CategoryTable | undefined;
}

export interface RankSegment {
  /** Ascending, distinct, at most 255. */
  readonly thresholds: Float32Array;
  /** One plane per missing rule in use, at least one. */
  readonly planes: readonly { readonly rule: MissingRule; readonly plane: number }[];
}

/** Planes firstPlane to firstPlane + planeCount - 1. */
export interface CategoryTable {
  readonly firstPlane: number;
  readonly planeCount: number;
  /** Per category of 0..length-1 the index of its pattern; pattern 0, in no bitset, also stands for all others. */
  readonly patternOf: Int32Array;
  /** Per pattern one byte a plane; shape [patterns, planeCount]. */
  readonly patterns: Uint8Array;
}

/** What the plane holds for a missing value, and what counts as missing. */
export type MissingRule = 'nan-is-zero' | 'nan-left' | 'nan-right' | 'zero-left' | 'zero-right';

const MAX_THRESHOLDS = 255;
const BITSETS_PER_PLANE = 8;

export function planBinning(model: GbdtModel): BinningPlan {
  const thresholds = new Map<number, Set<number>>();
  const bitsets = new Map<number, Bitset[]>();
  for (const tree of model.trees) {
    for (let split = 0; split < tree.leaves - 1; split++) {
      const feature = tree.feature[split];
      if (tree.categorical[split]) getOrAdd(bitsets, feature, () => []).push({ tree, split });
      else getOrAdd(thresholds, feature, () => new Set()).add(float32Threshold(tree.threshold[split]));
    }
  }

  const allocator = new PlaneAllocator();
  const sorted = new Map(
    [...thresholds].map(([feature, values]) => [feature, Float32Array.from(values).sort()] as const),
  );
  const tests = model.trees.map((tree) => {
    const ofTree = new Array<SplitTest>(tree.leaves - 1);
    for (let split = 0; split < tree.leaves - 1; split++) {
      if (!tree.categorical[split]) ofTree[split] = allocator.rankTest(tree, split, sorted);
    }
    return ofTree;
  });

  const treeIndex = new Map(model.trees.map((tree, index) => [tree, index]));
  const features = [...new Set([...thresholds.keys(), ...bitsets.keys()])].sort((a, b) => a - b);
  const plans = features.map((feature): FeaturePlan => {
    const ofFeature = bitsets.get(feature);
    const categories = ofFeature && planCategories(ofFeature, allocator);
    ofFeature?.forEach(({ tree, split }, index) => {
      const plane = categories!.firstPlane + Math.floor(index / BITSETS_PER_PLANE);
      const byte = 1 << (index % BITSETS_PER_PLANE);
      tests[treeIndex.get(tree)!][split] = { plane, byte, categorical: true };
    });
    return { feature, segments: allocator.segmentsOf(feature, sorted), categories };
  });
  return { features: plans, planes: allocator.count, tests };
}

/**
 * The float32 t for which v <= t equals "v, with |v| <= ZERO_THRESHOLD taken as 0, <= threshold" for every float32 v:
 * the largest float32 that is not above the threshold, moved out of the flushed range.
 */
export function float32Threshold(threshold: number): number {
  if (threshold >= 0 && threshold < ZERO_THRESHOLD) return ZERO_THRESHOLD;
  if (threshold < 0 && threshold >= -ZERO_THRESHOLD) return nextFloat32Below(-ZERO_THRESHOLD);
  const nearest = Math.fround(threshold);
  return nearest > threshold ? nextFloat32Below(nearest) : nearest;
}

function nextFloat32Below(value: number): number {
  if (value === Infinity) return 3.4028234663852886e38;
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  bits[0] += value > 0 ? -1 : 1;
  return float[0];
}

class PlaneAllocator {
  count = 0;
  readonly #rankPlanes = new Map<number, Map<MissingRule, number>[]>();

  /** A run of planes in a row. */
  take(planes: number): number {
    const first = this.count;
    this.count += planes;
    return first;
  }

  rankTest(tree: Tree, split: number, sorted: ReadonlyMap<number, Float32Array>): SplitTest {
    const feature = tree.feature[split];
    const index = indexOfSorted(sorted.get(feature)!, float32Threshold(tree.threshold[split]));
    const segment = Math.floor(index / MAX_THRESHOLDS);
    const segments = getOrAdd(this.#rankPlanes, feature, () => []);
    const rules = (segments[segment] ??= new Map());
    const plane = getOrAdd(rules, missingRule(tree, split), () => this.take(1));
    return { plane, byte: index - segment * MAX_THRESHOLDS, categorical: false };
  }

  segmentsOf(feature: number, sorted: ReadonlyMap<number, Float32Array>): RankSegment[] {
    return (this.#rankPlanes.get(feature) ?? []).map((rules, segment) => ({
      thresholds: sorted.get(feature)!.subarray(segment * MAX_THRESHOLDS, (segment + 1) * MAX_THRESHOLDS),
      planes: [...rules].map(([rule, plane]) => ({ rule, plane })),
    }));
  }
}

function missingRule(tree: Tree, split: number): MissingRule {
  const left = tree.defaultLeft[split] === 1;
  switch (tree.missing[split]) {
    case MISSING_NAN:
      return left ? 'nan-left' : 'nan-right';
    case MISSING_ZERO:
      return left ? 'zero-left' : 'zero-right';
    case MISSING_NONE:
    default:
      return 'nan-is-zero';
  }
}

interface Bitset {
  tree: Tree;
  split: number;
}

/** Categories in exactly the same bitsets share a pattern, so that the table stays small however many there are. */
function planCategories(bitsets: readonly Bitset[], allocator: PlaneAllocator): CategoryTable {
  const planeCount = Math.ceil(bitsets.length / BITSETS_PER_PLANE);
  const members = new Map<number, Uint8Array>();
  let length = 0;
  bitsets.forEach(({ tree, split }, index) => {
    for (const category of categoriesOf(tree, split)) {
      const bytes = getOrAdd(members, category, () => new Uint8Array(planeCount));
      bytes[Math.floor(index / BITSETS_PER_PLANE)] |= 1 << (index % BITSETS_PER_PLANE);
      length = Math.max(length, category + 1);
    }
  });
  const none = new Uint8Array(planeCount);
  const patterns = new Map<string, { index: number; bytes: Uint8Array }>([
    [none.join(), { index: 0, bytes: none }],
  ]);
  const patternOf = new Int32Array(length);
  for (const [category, bytes] of members) {
    patternOf[category] = getOrAdd(patterns, bytes.join(), () => ({ index: patterns.size, bytes })).index;
  }
  const flat = new Uint8Array(patterns.size * planeCount);
  for (const { index, bytes } of patterns.values()) flat.set(bytes, index * planeCount);
  return { firstPlane: allocator.take(planeCount), planeCount, patternOf, patterns: flat };
}

function* categoriesOf(tree: Tree, split: number): Generator<number> {
  const bitset = tree.threshold[split];
  const start = tree.bitsetStart[bitset];
  for (let word = start; word < tree.bitsetStart[bitset + 1]; word++) {
    for (let bits = tree.bitsetWords[word]; bits !== 0; bits &= bits - 1) {
      yield (word - start) * 32 + 31 - Math.clz32(bits & -bits);
    }
  }
}

function indexOfSorted(values: Float32Array, wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
