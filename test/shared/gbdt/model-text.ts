/** A tree as a test writes it: nested splits with leaves as plain numbers. */
export type Node = number | NumericalSplit | CategoricalSplit;

export interface NumericalSplit {
  feature: number;
  threshold: number;
  missing: 'none' | 'zero' | 'nan';
  defaultLeft: boolean;
  left: Node;
  right: Node;
}

export interface CategoricalSplit {
  feature: number;
  categories: number[];
  left: Node;
  right: Node;
}

/** LightGBM's text of a model of these trees, as `Booster.save_model` writes it; i + 1 training rows fell into leaf i. */
export function modelText(features: number, trees: readonly Node[], sigmoid = '1'): string {
  const columns = Array.from({ length: features }, (_, i) => i);
  const blocks = trees.map(treeText);
  return [
    'tree',
    'version=v4',
    'num_class=1',
    'num_tree_per_iteration=1',
    'label_index=0',
    `max_feature_idx=${features - 1}`,
    `objective=binary sigmoid:${sigmoid}`,
    `feature_names=${columns.map((i) => `f${i}`).join(' ')}`,
    `feature_infos=${columns.map(() => '[0:1]').join(' ')}`,
    `tree_sizes=${blocks.map((block) => block.length).join(' ')}`,
    '',
    ...blocks,
    'end of trees',
    '',
    'feature_importances:',
    '',
    'parameters:',
    'end of parameters',
    '',
  ].join('\n');
}

function treeText(root: Node, index: number): string {
  const leaves: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const splits: { feature: number; threshold: string; decision: number }[] = [];
  const counts: number[] = [];
  const boundaries = [0];
  const words: number[] = [];
  const countOf = (child: number): number => (child >= 0 ? counts[child] : ~child + 1);
  const add = (node: Node): number => {
    if (typeof node === 'number') return ~(leaves.push(node) - 1);
    const id = splits.push(describe(node, boundaries, words)) - 1;
    left[id] = add(node.left);
    right[id] = add(node.right);
    counts[id] = countOf(left[id]) + countOf(right[id]);
    return id;
  };
  add(root);
  const bitsets = boundaries.length - 1;
  return [
    `Tree=${index}`,
    `num_leaves=${leaves.length}`,
    `num_cat=${bitsets}`,
    `split_feature=${splits.map(({ feature }) => feature).join(' ')}`,
    `threshold=${splits.map(({ threshold }) => threshold).join(' ')}`,
    `decision_type=${splits.map(({ decision }) => decision).join(' ')}`,
    `left_child=${left.join(' ')}`,
    `right_child=${right.join(' ')}`,
    `leaf_value=${leaves.join(' ')}`,
    `leaf_count=${leaves.map((_, leaf) => leaf + 1).join(' ')}`,
    `internal_count=${counts.join(' ')}`,
    ...(bitsets > 0 ? [`cat_boundaries=${boundaries.join(' ')}`, `cat_threshold=${words.join(' ')}`] : []),
    'is_linear=0',
    'shrinkage=0.1',
    '',
    '',
  ].join('\n');
}

function describe(
  node: NumericalSplit | CategoricalSplit,
  boundaries: number[],
  words: number[],
): { feature: number; threshold: string; decision: number } {
  if ('categories' in node) {
    const bits = new Uint32Array(Math.floor(Math.max(...node.categories) / 32) + 1);
    for (const category of node.categories) bits[category >>> 5] |= 1 << (category & 31);
    words.push(...bits);
    boundaries.push(words.length);
    return { feature: node.feature, threshold: String(boundaries.length - 2), decision: 1 };
  }
  const missing = { none: 0, zero: 1, nan: 2 }[node.missing];
  const threshold = Number.isFinite(node.threshold)
    ? String(node.threshold)
    : node.threshold > 0
      ? 'inf'
      : '-inf';
  return { feature: node.feature, threshold, decision: (missing << 2) | (node.defaultLeft ? 2 : 0) };
}
