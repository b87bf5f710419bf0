import type { Generation } from '../../shared/cooccurrence/generation.ts';
import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { Pin, PinBatch } from '../../shared/pins/pin.ts';
import type { RankingModel } from '../../shared/ranking/ranking-model.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { MemoryStore } from '../../shared/store/memory.ts';
import { batchOutput, type Output } from '../../shared/stream/binding.ts';
import type { Headers, Log, NewRecord } from '../../shared/stream/log.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { inBatches } from '../../quality/batches.ts';
import { featureContext, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import { CandidateStage } from '../../workers/candidates/stage.ts';
import { candidatesTopic } from '../../workers/candidates/topic.ts';
import { FeatureStage } from '../../workers/features/stage.ts';
import { featuresTopic } from '../../workers/features/topic.ts';
import {
  GENERATION_HEADER,
  LANE_HEADER,
  MODEL_HEADER,
  ORDER_HEADER,
  RUN_HEADER,
  TAXONOMY_HEADER,
} from '../../workers/headers.ts';
import { PublishedResults } from '../../workers/publishing/results.ts';
import { RankingStage, type RankedBatch } from '../../workers/ranking/stage.ts';
import { rankedTopic } from '../../workers/ranking/topic.ts';
import { oneTaxonomy } from '../../workers/taxonomy-source.ts';
import { GENERATION } from './tate.ts';

/** What the stages are made with, and where their values' schemas are. */
export interface ContentOptions {
  pins: readonly Pin[];
  artefacts: TaxonomyArtefacts;
  generation: Generation;
  model: RankingModel;
  registry: Registry;
  /** Any: publishing looks into the topic only when it takes up a partition. */
  log: Log;
}

/** What goes over a topic: batches, and the records of each. */
export interface Content<Batch> {
  topic: string;
  batches: Batch[];
  /** Those of one batch together. */
  records: NewRecord[][];
}

/** What a run puts on each topic for some Pins of one partition. */
export interface PipelineContent {
  pins: Content<PinBatch>;
  candidates: Content<CandidateBatch>;
  features: Content<FeatureBatch>;
  ranked: Content<RankedBatch>;
  /** One record a Pin. */
  results: Content<RankedBatch>;
}

/** Runs the real stages with the real codecs. */
export function pipelineContent(options: ContentOptions): PipelineContent {
  const { artefacts, generation, model, registry, log } = options;
  const { taxonomy, lexicalIndex } = artefacts;
  const taxonomies = oneTaxonomy(taxonomy);
  const candidateStage = new CandidateStage({ taxonomy, lexicalIndex, generation });
  const featureStage = new FeatureStage(featureContext(artefacts, generation), 'batch');
  const rankingStage = new RankingStage(model, taxonomy);
  const headers = {
    [RUN_HEADER]: '2026-01-31',
    [ORDER_HEADER]: '1769817600000',
    [LANE_HEADER]: 'batch',
    [TAXONOMY_HEADER]: taxonomy.version,
    [MODEL_HEADER]: model.version,
    [GENERATION_HEADER]: String(GENERATION),
  };

  const pins = [...inBatches(options.pins)].map((batch): PinBatch => ({ pins: batch }));
  const candidates = pins.map((batch) => candidateStage.process(batch));
  const features = candidates.map((batch) => featureStage.process(batch));
  const ranked = features.map((batch) => rankingStage.process(batch));
  const results = new PublishedResults(registry, taxonomies, log, new MemoryStore());
  return {
    pins: contentOf(batchOutput(pinsTopic(registry)), pins, {}),
    candidates: contentOf(batchOutput(candidatesTopic(registry, taxonomies)), candidates, headers),
    features: contentOf(batchOutput(featuresTopic(registry, taxonomies)), features, headers),
    ranked: contentOf(batchOutput(rankedTopic(registry, taxonomies)), ranked, headers),
    results: contentOf(results, ranked, headers),
  };
}

function contentOf<Batch>(output: Output<Batch>, batches: Batch[], headers: Headers): Content<Batch> {
  const origin = { partition: 0, timestamp: 0, headers };
  const records = batches.map((batch) =>
    Array.from(output.encode(batch, '0', origin), ({ key, value }) => ({
      ...{ key, timestamp: origin.timestamp, headers, value },
    })),
  );
  return { topic: output.topic, batches, records };
}
