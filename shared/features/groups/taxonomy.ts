import { EVIDENCE_INDEX, EVIDENCE_WIDTH, SOURCE } from '../../candidates/evidence.ts';
import { LANES, type FeatureGroup } from '../feature.ts';

const SHARED = { lanes: LANES } as const;

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
    // Dense by interest; only a Pin's own candidates are written, read and cleared.
    const own = new Float32Array(taxonomy.size);
    const byL1 = new Float32Array(taxonomy.size);
    const byParent = new Float32Array(taxonomy.size + 1);
    const bestChild = new Float32Array(taxonomy.size);
    for (let p = 0; p < batch.pins.length; p++) {
      const from = batch.start[p];
      const to = batch.start[p + 1];
      let total = 0;
      for (let row = from; row < to; row++) {
        const interest = batch.interests[row];
        const prior = batch.evidence[row * EVIDENCE_WIDTH + EVIDENCE_INDEX.prior];
        const parent = taxonomy.parent[interest];
        own[interest] = prior;
        total += prior;
        byL1[taxonomy.l1[interest]] += prior;
        byParent[parent + 1] += prior;
        if (parent >= 0 && prior > bestChild[parent]) bestChild[parent] = prior;
      }
      for (let row = from; row < to; row++) {
        const interest = batch.interests[row];
        const parent = taxonomy.parent[interest];
        const prior = own[interest];
        level[row] = taxonomy.level[interest];
        isLeaf[row] = taxonomy.isLeaf[interest];
        foundAsAncestor[row] = batch.sources[row] & SOURCE.ancestor ? 1 : 0;
        if (total === 0) continue;
        l1Share[row] = byL1[taxonomy.l1[interest]] / total;
        if (prior === 0) continue;
        if (parent >= 0 && own[parent] > 0) parentPrior[row] = own[parent] / prior;
        if (bestChild[interest] > 0) childrenPrior[row] = bestChild[interest] / prior;
        siblingShare[row] = prior / byParent[parent + 1];
      }
      for (let row = from; row < to; row++) {
        const interest = batch.interests[row];
        const parent = taxonomy.parent[interest];
        own[interest] = 0;
        byL1[taxonomy.l1[interest]] = 0;
        byParent[parent + 1] = 0;
        if (parent >= 0) bestChild[parent] = 0;
      }
    }
  },
};
