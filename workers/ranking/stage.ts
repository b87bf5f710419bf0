import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Stage } from '../../shared/stream/stage.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { KeepRule, type ScoredInterest } from './keep.ts';

/** A Pin with the interests it is about. */
export interface RankedPin {
  id: string;
  version: number;
  deleted: boolean;
  /** Best first. */
  interests: ScoredInterest[];
}

export interface RankedBatch {
  taxonomy: string;
  model: string;
  lane: Lane;
  pins: RankedPin[];
}

/** Ranking: scores every candidate with the one model, and keeps the best. */
export class RankingStage implements Stage<FeatureBatch, RankedBatch> {
  readonly name = 'ranking';
  readonly #model: RankingModel;
  readonly #keepRule: KeepRule;

  constructor(model: RankingModel, taxonomy: TaxonomyTree) {
    this.#model = model;
    this.#keepRule = new KeepRule(taxonomy, model.manifest.keep);
  }

  process(batch: FeatureBatch): RankedBatch {
    const { start, interests } = batch;
    const scores = this.#model.scores(batch);
    const pins = batch.pins.map(({ id, version, deleted }, p): RankedPin => ({
      ...{ id, version, deleted },
      interests: this.#keepRule.keep(interests, scores, start[p], start[p + 1]),
    }));
    return { taxonomy: batch.taxonomy, model: this.#model.version, lane: batch.lane, pins };
  }
}
