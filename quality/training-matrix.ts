import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { emptyGeneration, type Generation } from '../shared/cooccurrence/generation.ts';
import type { PinFacts } from '../shared/cooccurrence/facts.ts';
import type { FeatureBatch } from '../shared/features/batch.ts';
import type { FeatureContext, Lane } from '../shared/features/feature.ts';
import { FEATURE_NAMES, FEATURES } from '../shared/features/table.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { featureContext, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { FeatureStage } from '../workers/features/stage.ts';
import { inBatches } from './batches.ts';
import { factsOf, generationOf, withoutAnnotations } from './corpus-facts.ts';
import { withAncestors, type LabelledCorpus } from './corpus.ts';
import { draw } from './draw.ts';
import { simulatedAnnotations } from './simulated-annotations.ts';

/** Folds of the cross-fit: a training row reads a store that was built without the annotations of its fold. */
const FOLDS = 5;

/** How a training Pin is shown to the model. Serving meets all three. */
const VARIANTS = [
  // A Pin that nobody annotated, in a corpus that is known.
  { name: 'plain', share: 0.65 },
  // The same on a store that is empty: a first run, a new taxonomy, a new kind of corpus.
  { name: 'cold', share: 0.1 },
  // A Pin with annotations.
  { name: 'annotated', share: 0.25 },
] as const;

type Variant = (typeof VARIANTS)[number]['name'];

/** Share of the examples of which only what the instant lane knows is shown. */
const INSTANT_SHARE = 0.2;

export interface MatrixOptions {
  /** Share of the training Pins that become rows; all of them are in the store. */
  share: number;
  /** Dense indexes of interests that must not occur in any row. */
  heldOut: ReadonlySet<number>;
  onProgress?: (pins: number, total: number) => void;
}

/** What was written to the directory: meta.json, features.f32, labels.u8, as train/fit.py reads them. */
export interface Matrix {
  pins: number;
  rows: number;
  positives: number;
}

/**
 * Exports the training matrix: for each Pin of the train part its candidates' features and, for each, whether people
 * gave the interest, or one below it.
 */
export async function exportMatrix(
  directory: string,
  corpus: LabelledCorpus,
  artefacts: TaxonomyArtefacts,
  parameters: { params: Record<string, unknown>; rounds: number },
  { share, heldOut, onProgress }: MatrixOptions,
): Promise<Matrix> {
  await mkdir(directory, { recursive: true });
  const writer = new MatrixWriter(directory);
  const chosen = corpus.split.train.filter((pin) => draw(pin.id, 'in matrix') < share);
  const fold = (pin: Pin): number => Math.floor(draw(pin.id, 'fold') * FOLDS);

  const annotated = [...factsOf(corpus.pins, artefacts)];
  const bare = [...factsOf(corpus.pins.map(withoutAnnotations), artefacts)];
  const isTrain = new Set(corpus.split.train);
  const coldContext = featureContext(artefacts, emptyGeneration(corpus.taxonomy));

  let done = 0;
  for (let f = 0; f < FOLDS; f++) {
    const facts = corpus.pins.map((pin, i): PinFacts =>
      isTrain.has(pin) && fold(pin) === f ? bare[i] : annotated[i],
    );
    const generation = generationOf(facts, corpus.taxonomy);
    const context = featureContext(artefacts, generation);
    const own = chosen.filter((pin) => fold(pin) === f);
    for (const { name } of VARIANTS) {
      const shown = own.filter((pin) => variantOf(pin) === name);
      const extractor = new Extractor(artefacts, name === 'cold' ? coldContext : context);
      for (const lane of ['batch', 'instant'] as const) {
        const inLane = shown.filter(
          (pin) => (draw(pin.id, 'lane') < INSTANT_SHARE ? 'instant' : 'batch') === lane,
        );
        for (const batch of inBatches(inLane)) {
          const pins = batch.map((pin) => show(pin, name, corpus));
          await writer.add(extractor.extract(pins, lane), corpus, heldOut);
          onProgress?.((done += batch.length), chosen.length);
        }
      }
    }
  }
  return { pins: chosen.length, ...(await writer.finish(parameters)) };
}

function variantOf(pin: Pin): Variant {
  let left = draw(pin.id, 'variant');
  for (const { name, share } of VARIANTS) if ((left -= share) < 0) return name;
  return 'plain';
}

function show(pin: Pin, variant: Variant, { labels, split, taxonomy }: LabelledCorpus): Pin {
  if (variant !== 'annotated') return withoutAnnotations(pin);
  const other = split.train[Math.floor(draw(pin.id, 'other') * split.train.length)];
  return {
    ...pin,
    annotations: simulatedAnnotations(pin, labels.get(pin.id)!, labels.get(other.id)!, taxonomy),
  };
}

/** Candidates and features of Pins, on one generation. */
class Extractor {
  readonly #candidates: CandidateStage;
  readonly #context: FeatureContext;

  constructor(artefacts: TaxonomyArtefacts, context: FeatureContext) {
    const generation: Generation = context.generation;
    this.#candidates = new CandidateStage({ ...artefacts, generation });
    this.#context = context;
  }

  extract(pins: Pin[], lane: Lane): FeatureBatch {
    return new FeatureStage(this.#context, lane).process(this.#candidates.process({ pins }));
  }
}

class MatrixWriter {
  readonly #directory: string;
  readonly #features: WriteStream;
  readonly #labels: WriteStream;
  readonly #blocks: number[] = [];
  #positives = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#features = createWriteStream(join(directory, 'features.f32'));
    this.#labels = createWriteStream(join(directory, 'labels.u8'));
  }

  async add(batch: FeatureBatch, corpus: LabelledCorpus, heldOut: ReadonlySet<number>): Promise<void> {
    const rows = batch.interests.length;
    const kept: number[] = [];
    const labels: number[] = [];
    batch.pins.forEach((pin, p) => {
      const truth = withAncestors(corpus.labels.get(pin.id)!, corpus.taxonomy);
      for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
        if (heldOut.has(batch.interests[row])) continue;
        kept.push(row);
        labels.push(truth.has(batch.interests[row]) ? 1 : 0);
      }
    });
    const features = new Float32Array(kept.length * FEATURES.length);
    for (let f = 0; f < FEATURES.length; f++) {
      for (let k = 0; k < kept.length; k++)
        features[f * kept.length + k] = batch.features[f * rows + kept[k]];
    }
    this.#blocks.push(kept.length);
    for (const label of labels) this.#positives += label;
    await write(this.#features, new Uint8Array(features.buffer));
    await write(this.#labels, Uint8Array.from(labels));
  }

  async finish(parameters: {
    params: Record<string, unknown>;
    rounds: number;
  }): Promise<Omit<Matrix, 'pins'>> {
    for (const stream of [this.#features, this.#labels]) {
      stream.end();
      await once(stream, 'close');
    }
    const meta = {
      features: FEATURE_NAMES,
      categorical: FEATURES.filter(({ categorical }) => categorical).map(({ name }) => name),
      blocks: this.#blocks,
      ...parameters,
    };
    await writeFile(join(this.#directory, 'meta.json'), JSON.stringify(meta));
    return { rows: this.#blocks.reduce((sum, rows) => sum + rows, 0), positives: this.#positives };
  }
}

async function write(stream: WriteStream, bytes: Uint8Array): Promise<void> {
  if (bytes.length > 0 && !stream.write(bytes)) await once(stream, 'drain');
}
