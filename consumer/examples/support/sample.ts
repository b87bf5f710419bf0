import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PATHS } from '../../../cli/paths.ts';
import { RunProgress } from '../../../cli/run-progress.ts';
import { loadTextModels } from '../../../cli/text-models.ts';
import { readTate } from '../../../shared/pins/tate.ts';
import type { Pin } from '../../../shared/pins/pin.ts';
import { RankingModel } from '../../../shared/ranking/ranking-model.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { readTaxonomy, readTaxonomyBytes } from '../../../shared/taxonomy/read.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { EmbeddedRun } from '../../../workers/embedded-run.ts';
import { publishVersion } from '../../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../../workers/taxonomies/topic.ts';

/** What the examples read unless they are told otherwise. */
export const SAMPLE_STATE = join(import.meta.dirname, '../../../.p2i/sample');

/** The state of the whole sample: 69,202 Pins, half a minute the first time. */
export async function ensureSample(): Promise<string> {
  if (existsSync(SAMPLE_STATE)) return SAMPLE_STATE;
  process.stderr.write('classifying the bundled sample first, which takes half a minute\n');
  // A run that is killed leaves nothing that looks like a whole sample.
  const making = `${SAMPLE_STATE}.making`;
  await rm(making, { recursive: true, force: true });
  await makeSample(making, (await readTate(PATHS.tate)).pins);
  await rename(making, SAMPLE_STATE);
  return SAMPLE_STATE;
}

/** Makes the state of an embedded run over Pins of the bundled sample, with its taxonomy published. */
export async function makeSample(state: string, pins: readonly Pin[]): Promise<void> {
  await mkdir(state, { recursive: true });
  await classify(state, pins);
  await publishTaxonomy(state);
}

async function classify(state: string, pins: readonly Pin[]): Promise<void> {
  const progress = new RunProgress();
  const taxonomy = await readTaxonomy(PATHS.taxonomy);
  const embedded = await EmbeddedRun.open({
    ...{ state, schemas: PATHS.schemas, input: stream(pins) },
    artefacts: taxonomyArtefacts(taxonomy, await loadTextModels()),
    model: await RankingModel.load(PATHS.model),
    ...{ lane: 'batch', partitions: 1, pools: false },
    onRejected: (error) => {
      throw error;
    },
    onProgress: (step, done, total) => progress.update(step, done, total),
  });
  try {
    await embedded.execute();
    await embedded.finish();
  } finally {
    progress.stop();
    await embedded.close();
  }
}

async function publishTaxonomy(state: string): Promise<void> {
  const jsonl = await readTaxonomyBytes(PATHS.taxonomy);
  const version = packTaxonomy(jsonl, PATHS.taxonomy, { published: 0, reason: 'the bundled sample' });
  const log = await EmbeddedLog.open(join(state, 'log'));
  try {
    await publishVersion(log, new Registry(PATHS.schemas), version);
  } finally {
    await log.close();
  }
}

async function* stream(pins: readonly Pin[]): AsyncGenerator<Pin> {
  yield* pins;
}
