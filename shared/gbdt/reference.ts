import { exp } from './exp.ts';
import { MISSING_NAN, MISSING_ZERO, ZERO_THRESHOLD } from './model.ts';
import type { GbdtModel, Tree } from './model.ts';

/**
 * The scorer to read and to hold the engine to: it walks each tree as LightGBM does (Tree::NumericalDecision and
 * Tree::CategoricalDecision in its include/LightGBM/tree.h) and equals `Booster.predict` bit for bit.
 *
 * @param row one value per feature of the model, NaN where missing
 * @returns the raw score (log-odds over sigmoid), equal to `Booster.predict(row, raw_score=True)`
 */
export function referenceScore(model: GbdtModel, row: ArrayLike<number>): number {
  let sum = 0;
  for (const tree of model.trees) sum += tree.leafValue[leafOf(tree, row)];
  return sum;
}

/** The probability of a raw score, equal to `Booster.predict(row)`. */
export function probability(model: GbdtModel, raw: number): number {
  return 1 / (1 + exp(-model.sigmoid * raw));
}

/** The index of the leaf that the row falls into. */
export function leafOf(tree: Tree, row: ArrayLike<number>): number {
  if (tree.leaves === 1) return 0;
  let node = 0;
  while (node >= 0) node = goesLeft(tree, node, row) ? tree.left[node] : tree.right[node];
  return ~node;
}

/** True where the split sends the row left. */
export function goesLeft(tree: Tree, split: number, row: ArrayLike<number>): boolean {
  const given = row[tree.feature[split]];
  const value = Math.abs(given) <= ZERO_THRESHOLD ? 0 : given;
  return tree.categorical[split]
    ? inBitset(tree, tree.threshold[split], value)
    : numericalGoesLeft(tree, split, value);
}

function numericalGoesLeft(tree: Tree, split: number, given: number): boolean {
  const missing = tree.missing[split];
  const value = Number.isNaN(given) && missing !== MISSING_NAN ? 0 : given;
  if ((missing === MISSING_ZERO && value === 0) || Number.isNaN(value)) return tree.defaultLeft[split] === 1;
  return value <= tree.threshold[split];
}

/** A category is the value cut to an integer; NaN, negative and unknown categories are in no bitset. */
function inBitset(tree: Tree, bitset: number, value: number): boolean {
  const category = Math.trunc(value);
  if (!(category >= 0 && category <= 0x7fffffff)) return false;
  const word = tree.bitsetStart[bitset] + (category >>> 5);
  return word < tree.bitsetStart[bitset + 1] && ((tree.bitsetWords[word] >>> (category & 31)) & 1) === 1;
}
