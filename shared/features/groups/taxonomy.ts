import { EVIDENCE_INDEX, EVIDENCE_WIDTH, SOURCE } from '../../candidates/evidence.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

const SHARED = { lanes: LANES } as const;
const PRIOR = EVIDENCE_INDEX.prior;

/** Where the candidate stands in the tree, and what stands around it among the Pin's candidates. */
export const taxonomyGroup: FeatureGroup = {
  name: 'taxonomy',
  features: [
    { name: 'level', unit: '1..10', meaning: 'level of the interest', ...SHARED },
    { name: 'isLeaf', unit: '0 or 1', meaning: 'the interest has no children', ...SHARED },
    {
      name: 'l1Share',
      unit: 'share',
      meaning: "of all candidates' prior, the share under the same level-1 interest",
      ...SHARED,
    },
    {
      name: 'parentPrior',
      unit: 'ratio',
      meaning: "the parent's prior over the candidate's own, where it is a candidate",
      ...SHARED,
    },
    {
      name: 'childrenPrior',
      unit: 'ratio',
      meaning: "the best child's prior over the candidate's own, where one is a candidate",
      ...SHARED,
    },
    {
      name: 'siblingShare',
      unit: 'share',
      meaning: "of the prior of the candidates with the same parent, the candidate's own",
      ...SHARED,
    },
    { name: 'foundAsAncestor', unit: '0 or 1', meaning: 'a descendant is a candidate too', ...SHARED },
  ],
  fill(
    batch,
    { taxonomy },
    [level, isLeaf, l1Share, parentPrior, childrenPrior, siblingShare, foundAsAncestor],
  ) {
    const { start, interests, sources, evidence } = batch;
    const { parent, l1 } = taxonomy;
    const { own, byL1, byParent, bestChild } = scratchOf(taxonomy.size);
    for (let p = 0; p < batch.pins.length; p++) {
      const from = start[p];
      const to = start[p + 1];
      let total = 0;
      for (let row = from, at = from * EVIDENCE_WIDTH + PRIOR; row < to; row++, at += EVIDENCE_WIDTH) {
        const interest = interests[row];
        const prior = evidence[at];
        const above = parent[interest];
        own[interest] = prior;
        total += prior;
        byL1[l1[interest]] += prior;
        byParent[above + 1] += prior;
        if (above >= 0 && prior > bestChild[above]) bestChild[above] = prior;
      }
      for (let row = from; row < to; row++) {
        const interest = interests[row];
        const above = parent[interest];
        const prior = own[interest];
        const isWeighed = prior !== 0 && total !== 0;
        level[row] = taxonomy.level[interest];
        isLeaf[row] = taxonomy.isLeaf[interest];
        foundAsAncestor[row] = sources[row] & SOURCE.ancestor ? 1 : 0;
        l1Share[row] = total === 0 ? NaN : byL1[l1[interest]] / total;
        parentPrior[row] = isWeighed && above >= 0 && own[above] > 0 ? own[above] / prior : NaN;
        childrenPrior[row] = isWeighed && bestChild[interest] > 0 ? bestChild[interest] / prior : NaN;
        siblingShare[row] = isWeighed ? prior / byParent[above + 1] : NaN;
      }
      for (let row = from; row < to; row++) {
        const interest = interests[row];
        const above = parent[interest];
        own[interest] = 0;
        byL1[l1[interest]] = 0;
        byParent[above + 1] = 0;
        if (above >= 0) bestChild[above] = 0;
      }
    }
  },
};

/** Sums over a Pin's candidates by interest, all zero between Pins: only a Pin's own are written, read and cleared. */
interface Scratch {
  own: Float32Array;
  byL1: Float32Array;
  /** By the parent's index + 1: the roots' is 0. */
  byParent: Float32Array;
  bestChild: Float32Array;
}

let scratch: Scratch | undefined;

/** Grows to the largest taxonomy. */
function scratchOf(size: number): Scratch {
  if (scratch === undefined || scratch.own.length < size) {
    scratch = {
      own: new Float32Array(size),
      byL1: new Float32Array(size),
      byParent: new Float32Array(size + 1),
      bestChild: new Float32Array(size),
    };
  }
  return scratch;
}
