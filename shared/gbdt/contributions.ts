import { P2iError } from '../errors/errors.ts';
import type { GbdtModel, Tree, TreeCounts } from './model.ts';
import { goesLeft } from './reference.ts';

/**
 * Says how far each feature moved a row's raw score from what is expected of any row: exact Shapley values by
 * path-dependent TreeSHAP (Lundberg, Erion and Lee 2018, "Consistent individualized feature attribution for tree
 * ensembles", algorithm 2), equal to `Booster.predict(pred_contrib=True)` up to rounding.
 *
 * There, a row reaches a leaf by a product over the features on the leaf's path: a feature that is known gives 1 where
 * the row passes all its splits, else 0; one that is unknown gives z, the share of the training rows that pass them.
 * A Shapley value averages what knowing the feature adds over all sets of others that are known. It equals the
 * integral, for t from 0 to 1, of what it adds where each other feature is known with chance t (Owen 1972, "Multilinear
 * extensions of games"). The integrand is a polynomial, of a degree below the number of features on the path: a
 * Gauss-Legendre rule of half as many points integrates it exactly. That takes one pass down each tree and one up, where
 * the published algorithm takes the square of the depth for each leaf and takes factors out again by subtraction.
 */
export class GbdtExplainer {
  readonly model: GbdtModel;
  /** The mean raw score of the training rows, by the trees' own counts; equal bit for bit to LightGBM's. */
  readonly expected: number;
  readonly #trees: readonly ExplainedTree[];
  readonly #scratch: Scratch;

  /**
   * @param where names the model in errors
   * @throws P2iError MODEL_INVALID where the model lacks the counts of training rows, which scores do not need
   */
  constructor(model: GbdtModel, where: string) {
    this.model = model;
    const rules = new Map<number, Rule>();
    const trees: ExplainedTree[] = [];
    let expected = 0;
    model.trees.forEach((tree, index) => {
      if (tree.leaves === 1) {
        expected += tree.leafValue[0];
        return;
      }
      if (!tree.counts) {
        const message = `tree ${index} has neither internal_count nor leaf_count, which contributions need`;
        throw new P2iError('MODEL_INVALID', message, { where });
      }
      expected += meanLeaf(tree, tree.counts);
      trees.push(layOut(tree, tree.counts, rules));
    });
    this.expected = expected;
    this.#trees = trees;
    const largest = (sizeOf: (tree: ExplainedTree) => number): number => Math.max(1, ...trees.map(sizeOf));
    this.#scratch = new Scratch(
      largest(({ node }) => node.length),
      largest(({ node, rule }) => node.length * rule.size),
    );
  }

  /**
   * @param row one value per feature of the model, NaN where missing
   * @returns one contribution a feature, which with `expected` sum to the row's raw score (up to rounding)
   */
  contributions(row: ArrayLike<number>): Float64Array {
    const out = new Float64Array(this.model.featureNames.length);
    for (const tree of this.#trees) addContributions(tree, row, this.#scratch, out);
    return out;
  }
}

/** In LightGBM's order of operations (Tree::ExpectedValue). */
function meanLeaf({ leafValue }: Tree, counts: TreeCounts): number {
  let mean = 0;
  for (let leaf = 0; leaf < leafValue.length; leaf++) {
    mean += (counts.leaves[leaf] / counts.splits[0]) * leafValue[leaf];
  }
  return mean;
}

/**
 * A tree's splits and leaves as nodes in preorder: node 0 is the root, the left child of node i is i + 1. With each node
 * goes the edge that leads to it; what there is of edge 0 stands for "no edge", which every row passes.
 */
interface ExplainedTree {
  readonly tree: Tree;
  readonly rule: Rule;
  /** Per node: the split, or ~leaf. */
  readonly node: Int32Array;
  readonly parent: Int32Array;
  /** Per edge: its feature. */
  readonly feature: Int32Array;
  /** Per edge: the nearest one above it of the same feature; 0 where there is none. */
  readonly prior: Int32Array;
  /** Per edge: the share of the parent's training rows that pass it. */
  readonly share: Float64Array;
  /** Per edge: the product of the shares of all edges of its feature from the root to it. */
  readonly unknown: Float64Array;
}

function layOut(tree: Tree, counts: TreeCounts, rules: Map<number, Rule>): ExplainedTree {
  const size = 2 * tree.leaves - 1;
  const node = new Int32Array(size);
  const parent = new Int32Array(size);
  const feature = new Int32Array(size);
  const prior = new Int32Array(size);
  const share = new Float64Array(size).fill(1);
  const unknown = new Float64Array(size).fill(1);
  /** Per node: how many features are on its path. */
  const features = new Uint8Array(size);
  const countOf = (child: number): number => (child >= 0 ? counts.splits[child] : counts.leaves[~child]);

  const pending = [tree.right[0], 0, tree.left[0], 0]; // pairs of a child and its parent's index
  for (let i = 1; i < size; i++) {
    const above = pending.pop()!;
    const child = pending.pop()!;
    node[i] = child;
    parent[i] = above;
    feature[i] = tree.feature[node[above]];
    let edge = above;
    while (edge > 0 && feature[edge] !== feature[i]) edge = parent[edge];
    prior[i] = edge;
    share[i] = countOf(child) / countOf(node[above]);
    unknown[i] = share[i] * unknown[edge];
    features[i] = features[above] + (edge === 0 ? 1 : 0);
    if (child >= 0) pending.push(tree.right[child], i, tree.left[child], i);
  }
  const points = Math.ceil(features.reduce((most, count) => Math.max(most, count)) / 2);
  let rule = rules.get(points);
  if (!rule) rules.set(points, (rule = gaussLegendre(points)));
  return { tree, rule, node, parent, feature, prior, share, unknown };
}

/** What a pass over a tree notes, per node, and per node and point of the rule. */
class Scratch {
  /** 1 where a split sends the row left. */
  readonly left: Uint8Array;
  /** 1 where the row passes the edge and all above it of the same feature. */
  readonly passed: Uint8Array;
  /** For an edge that is passed: 1 / its factor. */
  readonly inverse: Float64Array;
  /** On the way down the chance to reach the node, on the way up the sum over the leaves below of chance × value. */
  readonly reach: Float64Array;

  constructor(nodes: number, points: number) {
    this.left = new Uint8Array(nodes);
    this.passed = new Uint8Array(nodes);
    this.inverse = new Float64Array(points);
    this.reach = new Float64Array(points);
  }
}

/**
 * A feature's factor in the chance to reach a node, where it is known with chance t, is z (1 - t) + t if the row passes
 * its splits, else z (1 - t). An edge replaces the factor of the prior edge of its feature, and so does what it
 * contributes: (1 - z) / factor or -1 / (1 - t), less the same of the prior edge, is after simplification
 * (prior z - z) / (factor × prior factor) where the row passes the edge, and -1 / ((1 - t) × prior factor) where it does not.
 */
function addContributions(
  { tree, rule, node, parent, feature, prior, share, unknown }: ExplainedTree,
  row: ArrayLike<number>,
  { left, passed, inverse, reach }: Scratch,
  out: Float64Array,
): void {
  const { size, known, unknownChance, weight, weightOfUnknown } = rule;
  passed[0] = 1;
  inverse.fill(1, 0, size);
  reach.fill(1, 0, size);
  for (let i = 1; i < node.length; i++) {
    const above = parent[i];
    const isLeft = i === above + 1;
    if (isLeft) left[above] = goesLeft(tree, node[above], row) ? 1 : 0;
    const couldPass = passed[prior[i]];
    passed[i] = couldPass & (isLeft ? left[above] : 1 - left[above]);
    const value = node[i] < 0 ? tree.leafValue[~node[i]] : 1;
    const [to, from, edge] = [i * size, above * size, prior[i] * size];
    if (passed[i] === 1) {
      const z = unknown[i];
      for (let q = 0; q < size; q++) {
        const factor = z * unknownChance[q] + known[q];
        inverse[to + q] = 1 / factor;
        reach[to + q] = reach[from + q] * value * factor * inverse[edge + q];
      }
    } else if (couldPass === 1) {
      const z = unknown[i] * value;
      for (let q = 0; q < size; q++)
        reach[to + q] = reach[from + q] * unknownChance[q] * z * inverse[edge + q];
    } else {
      const z = share[i] * value;
      for (let q = 0; q < size; q++) reach[to + q] = reach[from + q] * z;
    }
  }
  for (let i = node.length - 1; i > 0; i--) {
    const above = parent[i];
    const [to, from, edge] = [i * size, above * size, prior[i] * size];
    let sum = 0;
    if (passed[i] === 1) {
      for (let q = 0; q < size; q++) sum += weight[q] * reach[to + q] * inverse[edge + q] * inverse[to + q];
      out[feature[i]] += (unknown[prior[i]] - unknown[i]) * sum;
    } else if (passed[prior[i]] === 1) {
      for (let q = 0; q < size; q++) sum += weightOfUnknown[q] * reach[to + q] * inverse[edge + q];
      out[feature[i]] -= sum;
    }
    // The right child comes first, and replaces what its parent had on the way down.
    if (i === above + 1) for (let q = 0; q < size; q++) reach[from + q] += reach[to + q];
    else for (let q = 0; q < size; q++) reach[from + q] = reach[to + q];
  }
}

/** Points t in (0, 1) with weights: the sum of weight × f(t) is the integral of f from 0 to 1. */
interface Rule {
  readonly size: number;
  readonly known: Float64Array;
  /** 1 - t */
  readonly unknownChance: Float64Array;
  readonly weight: Float64Array;
  /** weight / (1 - t) */
  readonly weightOfUnknown: Float64Array;
}

/** The Gauss-Legendre rule, exact for polynomials of a degree up to 2 × size - 1: roots by Newton's method. */
function gaussLegendre(size: number): Rule {
  const rule = {
    size,
    known: new Float64Array(size),
    unknownChance: new Float64Array(size),
    weight: new Float64Array(size),
    weightOfUnknown: new Float64Array(size),
  };
  for (let q = 0; q < size; q++) {
    let x = Math.cos((Math.PI * (q + 0.75)) / (size + 0.5));
    let slope = NaN;
    for (let step = 0; step < 8; step++) {
      let [value, previous] = [1, 0]; // Legendre polynomials of one degree and of the one before, at x
      for (let degree = 1; degree <= size; degree++) {
        [value, previous] = [((2 * degree - 1) * x * value - (degree - 1) * previous) / degree, value];
      }
      slope = (size * (x * value - previous)) / (x * x - 1);
      x -= value / slope;
    }
    rule.known[q] = (1 + x) / 2;
    rule.unknownChance[q] = (1 - x) / 2;
    rule.weight[q] = 1 / ((1 - x * x) * slope * slope);
    rule.weightOfUnknown[q] = rule.weight[q] / rule.unknownChance[q];
  }
  return rule;
}
