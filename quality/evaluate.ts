import type { Lane } from '../shared/features/feature.ts';
import type { Generation } from '../shared/cooccurrence/generation.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { featureContext, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { CandidateStage, MAX_DIRECT } from '../workers/candidates/stage.ts';
import { FeatureStage } from '../workers/features/stage.ts';
import { inBatches } from './batches.ts';
import { withAncestors, type LabelledCorpus } from './corpus.ts';
import { RankingAverage, type RankingFigures } from './metrics.ts';

/** All candidates of a Pin with their raw scores, best first. */
export interface RankedCandidates {
  pin: Pin;
  /** Dense indexes, best first. */
  interests: Int32Array;
  /** Raw scores, in the same order. */
  raw: Float64Array;
}

/** Ranks all candidates of the Pins by the stages that serve them; nothing is cut by the keep rule. */
export function* rankAll(
  pins: readonly Pin[],
  artefacts: TaxonomyArtefacts,
  generation: Generation,
  model: RankingModel,
  lane: Lane,
): Generator<RankedCandidates> {
  const candidates = new CandidateStage({ ...artefacts, generation });
  const features = new FeatureStage(featureContext(artefacts, generation), lane);
  for (const batch of inBatches(pins)) {
    const extracted = features.process(candidates.process({ pins: batch }));
    const raw = model.rawScores(extracted);
    for (let p = 0; p < batch.length; p++) {
      const from = extracted.start[p];
      const order = Int32Array.from({ length: extracted.start[p + 1] - from }, (_, i) => from + i);
      order.sort((a, b) => raw[b] - raw[a] || extracted.interests[a] - extracted.interests[b]);
      yield {
        pin: batch[p],
        interests: order.map((row) => extracted.interests[row]),
        raw: Float64Array.from(order, (row) => raw[row]),
      };
    }
  }
}

/** Figures of one lane. */
export interface LaneFigures {
  lane: Lane;
  /** Leaf suggestions against leaf labels: the headline. */
  leaves: RankingFigures;
  /** The same, over the Pins whose title no training Pin has. */
  newTitles: RankingFigures;
  /** By level: suggestions of that level against the labels of that level and the ancestors of deeper ones. */
  levels: Record<number, RankingFigures>;
  /** Mean share of a Pin's leaf labels among its candidates. */
  candidateRecall: number;
  meanCandidates: number;
}

/** Evaluates Pins that people labelled. */
export function evaluateLane(
  corpus: LabelledCorpus,
  pins: readonly Pin[],
  ranked: Iterable<RankedCandidates>,
  lane: Lane,
): LaneFigures {
  const { taxonomy, labels } = corpus;
  const trainTitles = new Set(corpus.split.train.map(({ title }) => title));
  const depth = taxonomy.level.reduce((max, level) => Math.max(max, level), 0);
  const leaves = new RankingAverage();
  const newTitles = new RankingAverage();
  const levels = Array.from({ length: depth }, () => new RankingAverage());
  let recall = 0;
  let candidates = 0;
  for (const { pin, interests } of ranked) {
    const given = labels.get(pin.id)!;
    const isLeaf = (interest: number): boolean => taxonomy.isLeaf[interest] === 1;
    const leafTruth = new Set([...given].filter(isLeaf));
    const leafRanked = [...interests].filter(isLeaf);
    leaves.add(leafRanked, leafTruth);
    if (!trainTitles.has(pin.title)) newTitles.add(leafRanked, leafTruth);
    const all = withAncestors(given, taxonomy);
    levels.forEach((average, l) => {
      const atLevel = (interest: number): boolean => taxonomy.level[interest] === l + 1;
      average.add([...interests].filter(atLevel), new Set([...all].filter(atLevel)));
    });
    const found = new Set(leafRanked);
    recall += [...leafTruth].filter((label) => found.has(label)).length / leafTruth.size;
    candidates += interests.length;
  }
  return {
    lane,
    leaves: leaves.figures(),
    newTitles: newTitles.figures(),
    levels: Object.fromEntries(levels.map((average, l) => [l + 1, average.figures()])),
    candidateRecall: recall / pins.length,
    meanCandidates: candidates / pins.length,
  };
}

/** One point of the curve of recall against the number of candidates. */
export interface RecallPoint {
  maxDirect: number;
  meanCandidates: number;
  recall: number;
}

/** Recall of leaf labels among the candidates, for growing limits of the candidates found directly. */
export function recallCurve(
  corpus: LabelledCorpus,
  pins: readonly Pin[],
  artefacts: TaxonomyArtefacts,
  generation: Generation,
): RecallPoint[] {
  const { taxonomy } = artefacts;
  return [5, 10, 20, 40, 60, MAX_DIRECT, 120, 160, 200].map((maxDirect) => {
    const stage = new CandidateStage({ ...artefacts, generation }, maxDirect);
    let recall = 0;
    let candidates = 0;
    for (const batch of inBatches(pins)) {
      const out = stage.process({ pins: batch });
      batch.forEach((pin, p) => {
        const found = new Set(out.interests.subarray(out.start[p], out.start[p + 1]));
        const truth = [...corpus.labels.get(pin.id)!].filter((index) => taxonomy.isLeaf[index]);
        recall += truth.filter((index) => found.has(index)).length / truth.length;
        candidates += found.size;
      });
    }
    return { maxDirect, meanCandidates: candidates / pins.length, recall: recall / pins.length };
  });
}
