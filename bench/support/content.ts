import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '../../cli/paths.ts';
import { inBatches } from '../../quality/batches.ts';
import { Generation } from '../../shared/cooccurrence/generation.ts';
import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import type { FeatureBatch } from '../../shared/features/batch.ts';
import type { PinBatch } from '../../shared/pins/pin.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { MemoryStore } from '../../shared/store/memory.ts';
import { batchOutput, type Output } from '../../shared/stream/binding.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import type { Headers, NewRecord } from '../../shared/stream/log.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { featureContext } from '../../workers/artefacts.ts';
import { CandidateStage } from '../../workers/candidates/stage.ts';
import { candidatesTopic } from '../../workers/candidates/topic.ts';
import { FeatureStage } from '../../workers/features/stage.ts';
import { featuresTopic } from '../../workers/features/topic.ts';
import { runHeaders } from '../../workers/headers.ts';
import { PublishedResults } from '../../workers/publishing/results.ts';
import { RankingStage, type RankedBatch } from '../../workers/ranking/stage.ts';
import { rankedTopic } from '../../workers/ranking/topic.ts';
import { oneTaxonomy } from '../../workers/taxonomy-source.ts';
import { GENERATION, learnTate, openTate, sampleOf } from './tate.ts';

/** What goes over a topic: batches, and the records of each. */
export interface Content<Batch> {
  topic: string;
  batches: Batch[];
  /** Those of one batch together. */
  records: NewRecord[][];
}

/** What a run puts on each topic for the sample of the Tate corpus, and what its values are read with. */
export interface PipelineContent {
  taxonomy: Taxonomy;
  registry: Registry;
  pins: Content<PinBatch>;
  candidates: Content<CandidateBatch>;
  features: Content<FeatureBatch>;
  ranked: Content<RankedBatch>;
  /** One record a Pin. */
  results: Content<RankedBatch>;
}

/** Runs the real stages with the real codecs. Takes about half a minute, most of it to learn from the corpus. */
export async function pipelineContent(): Promise<PipelineContent> {
  const tate = await openTate();
  const { artefacts } = tate;
  const { taxonomy } = artefacts;
  const store = new MemoryStore();
  learnTate(tate, store);
  const generation = new Generation(store, taxonomy);
  const model = await RankingModel.load(PATHS.model);
  const candidateStage = new CandidateStage({ ...artefacts, generation });
  const featureStage = new FeatureStage(featureContext(tate.artefacts, generation), 'batch');
  const rankingStage = new RankingStage(model, taxonomy);
  const headers = runHeaders({
    run: '2026-01-31',
    order: 1_769_817_600_000,
    lane: 'batch',
    taxonomy: taxonomy.version,
    model: model.version,
    generation: GENERATION,
  });
  const pins = [...inBatches(sampleOf(tate.pins))].map((batch): PinBatch => ({ pins: batch }));
  const candidates = pins.map((batch) => candidateStage.process(batch));
  const features = candidates.map((batch) => featureStage.process(batch));
  const ranked = features.map((batch) => rankingStage.process(batch));

  const registry = new Registry(PATHS.schemas);
  const taxonomies = oneTaxonomy(taxonomy);
  const directory = await mkdtemp(join(tmpdir(), 'p2i-bench-'));
  const log = await EmbeddedLog.open(directory);
  try {
    const results = new PublishedResults(registry, taxonomies, log, new MemoryStore());
    return {
      ...{ taxonomy, registry },
      pins: contentOf(batchOutput(pinsTopic(registry)), pins, {}),
      candidates: contentOf(batchOutput(candidatesTopic(registry, taxonomies)), candidates, headers),
      features: contentOf(batchOutput(featuresTopic(registry, taxonomies)), features, headers),
      ranked: contentOf(batchOutput(rankedTopic(registry, taxonomies)), ranked, headers),
      results: contentOf(results, ranked, headers),
    };
  } finally {
    await log.close();
    await rm(directory, { recursive: true });
  }
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
