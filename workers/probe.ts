import type { CandidateBatch } from '../shared/candidates/batch.ts';
import {
  CANDIDATE_BOUNDS,
  count,
  emptyDistribution,
  NAMED_LEVELS,
  RESULT_BOUNDS,
  SCORE_BOUNDS,
  type CandidatesTally,
  type Distribution,
  type Probe,
  type RankingTally,
} from '../shared/stream/tally.ts';
import type { RankedBatch } from './ranking/stage.ts';
import type { TaxonomySource } from './taxonomy-source.ts';

/** Counts what candidate generation and ranking make: one pass over the Pins, and over the interests that are kept. */
export function probeOf(taxonomies: TaxonomySource): Probe {
  return (stage, made) => {
    if (stage === 'candidates') return candidatesTally(made as CandidateBatch);
    if (stage === 'ranking') return rankingTally(made as RankedBatch, taxonomies);
    return undefined;
  };
}

function candidatesTally({ pins, start }: CandidateBatch): CandidatesTally {
  const perPin = emptyDistribution(CANDIDATE_BOUNDS);
  let cut = 0;
  for (let p = 0; p < pins.length; p++) {
    if (pins[p].deleted) continue;
    count(perPin, CANDIDATE_BOUNDS, start[p + 1] - start[p]);
    cut += pins[p].cut;
  }
  return { stage: 'candidates', perPin, cut };
}

function rankingTally(batch: RankedBatch, taxonomies: TaxonomySource): RankingTally {
  const { ids, level: levels } = taxonomies.taxonomy(batch.taxonomy);
  const perPin = emptyDistribution(RESULT_BOUNDS);
  const scores: Distribution[] = [];
  const pins = new Map<number, { level: number; pins: number }>();
  for (const pin of batch.pins) {
    if (pin.deleted) continue;
    count(perPin, RESULT_BOUNDS, pin.interests.length);
    for (const { interest, score } of pin.interests) {
      const level = levels[interest];
      while (scores.length < level) scores.push(emptyDistribution(SCORE_BOUNDS));
      count(scores[level - 1], SCORE_BOUNDS, score);
      if (level > NAMED_LEVELS) continue;
      const of = pins.get(ids[interest]);
      if (of === undefined) pins.set(ids[interest], { level, pins: 1 });
      else of.pins++;
    }
  }
  return { stage: 'ranking', taxonomy: batch.taxonomy, perPin, scores, pins };
}
