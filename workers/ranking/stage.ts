import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Stage } from '../../shared/stream/stage.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';
import { keepInterests, type ScoredInterest } from './keep.ts';

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
  readonly #taxonomy: TaxonomyTree;

  constructor(model: RankingModel, taxonomy: TaxonomyTree) {
    this.#model = model;
    this.#taxonomy = taxonomy;
  }

  process(batch: FeatureBatch): RankedBatch {
    const raw = this.#model.rawScores(batch);
    const pins = batch.pins.map(({ id, version, deleted }, p): RankedPin => {
      const scored: ScoredInterest[] = [];
      for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
        scored.push({ interest: batch.interests[row], score: this.#model.calibrate(raw[row]) });
      }
      return {
        id,
        version,
        deleted,
        interests: keepInterests(scored, this.#taxonomy, this.#model.manifest.keep),
      };
    });
    return { taxonomy: batch.taxonomy, model: this.#model.version, lane: batch.lane, pins };
  }
}
