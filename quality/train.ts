import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { P2iError } from '../shared/errors/errors.ts';
import { FEATURE_TABLE_VERSION } from '../shared/features/table.ts';
import {
  MANIFEST_FILE,
  MODEL_FILE,
  RankingModel,
  type ModelManifest,
} from '../shared/ranking/ranking-model.ts';
import { ensureTrainer } from '../train/venv.ts';
import type { TaxonomyArtefacts } from '../workers/artefacts.ts';
import { bestThreshold, calibrationError, fitCalibration, type Judged } from './calibrate.ts';
import { factsOf, generationOf } from './corpus-facts.ts';
import { withAncestors, type LabelledCorpus } from './corpus.ts';
import { rankAll } from './evaluate.ts';
import { exportMatrix, type Matrix } from './training-matrix.ts';

/** LightGBM's parameters; chosen on the valid part. */
const PARAMS = { num_leaves: 63, learning_rate: 0.08, min_data_in_leaf: 100, seed: 1, num_threads: 2 };
const ROUNDS = 300;

/** The most interests kept for a Pin, besides their ancestors. */
const MOST_KEPT = 25;

export type TrainingStep = 'matrix' | 'fit' | 'calibrate';

export interface TrainOptions {
  corpus: LabelledCorpus;
  artefacts: TaxonomyArtefacts;
  /** Share of the training Pins in the matrix, in (0, 1]. */
  share: number;
  heldOut: ReadonlySet<number>;
  /** Directory that gets model.txt and model.json. */
  output: string;
  onProgress: (step: TrainingStep, done: number, total: number) => void;
}

export interface TrainSummary extends Matrix {
  manifest: ModelManifest;
  /** Expected calibration error on the valid part, before and after. */
  calibrationError: { before: number; after: number };
  /** Share of the gain, by feature. */
  gain: Record<string, number>;
}

/** Exports the matrix, fits official LightGBM, calibrates on the valid part, and writes the model. Throws TRAINING_FAILED. */
export async function train(options: TrainOptions): Promise<TrainSummary> {
  const { corpus, artefacts, share, heldOut, output, onProgress } = options;
  const python = await ensureTrainer();
  const directory = await mkdtemp(join(tmpdir(), 'p2i-matrix-'));
  try {
    const matrix = await exportMatrix(
      directory,
      corpus,
      artefacts,
      { params: PARAMS, rounds: ROUNDS },
      {
        share,
        heldOut,
        onProgress: (done, total) => onProgress('matrix', done, total),
      },
    );
    const modelFile = join(directory, MODEL_FILE);
    const gain = await fit(python, directory, modelFile, (done) => onProgress('fit', done, ROUNDS));
    const text = await readFile(modelFile, 'utf8');

    onProgress('calibrate', 0, 1);
    const uncalibrated: ModelManifest = {
      featureTable: FEATURE_TABLE_VERSION,
      calibration: { slope: 1, intercept: 0 },
      keep: { threshold: 0, most: MOST_KEPT },
    };
    const judged = judge(corpus, artefacts, RankingModel.of(text, uncalibrated, modelFile));
    const calibration = fitCalibration(judged);
    const before = judged.raw.map((raw) => 1 / (1 + Math.exp(-raw)));
    const after = judged.raw.map(
      (raw) => 1 / (1 + Math.exp(-(calibration.slope * raw + calibration.intercept))),
    );
    const threshold = bestThreshold(after, judged.right);
    const manifest = { ...uncalibrated, calibration, keep: { threshold, most: MOST_KEPT } };
    await mkdir(output, { recursive: true });
    await writeFile(join(output, MODEL_FILE), text);
    await writeFile(join(output, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    onProgress('calibrate', 1, 1);
    return {
      ...matrix,
      manifest,
      gain,
      calibrationError: {
        before: calibrationError(before, judged.right),
        after: calibrationError(after, judged.right),
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Scores every candidate of the valid part as serving would. */
function judge(corpus: LabelledCorpus, artefacts: TaxonomyArtefacts, model: RankingModel): Judged {
  const generation = generationOf(factsOf(corpus.pins, artefacts), corpus.taxonomy);
  const raw: number[] = [];
  const right: number[] = [];
  for (const ranked of rankAll(corpus.split.valid, artefacts, generation, model, 'batch')) {
    const truth = withAncestors(corpus.labels.get(ranked.pin.id)!, corpus.taxonomy);
    ranked.interests.forEach((interest, i) => {
      raw.push(ranked.raw[i]);
      right.push(truth.has(interest) ? 1 : 0);
    });
  }
  return { raw: Float64Array.from(raw), right: Uint8Array.from(right) };
}

const FIT = join(import.meta.dirname, '../train/fit.py');

/** Runs train/fit.py. Returns the share of the gain by feature. */
async function fit(
  python: string,
  matrix: string,
  model: string,
  onRound: (round: number) => void,
): Promise<Record<string, number>> {
  const trainer = spawn(python, [FIT, matrix, model], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface({ input: trainer.stderr }).on('line', (line) => errors.push(line));
  const exit = new Promise<number | null>((resolve, reject) => {
    trainer.once('error', reject);
    trainer.once('close', resolve);
  });
  let gain: Record<string, number> = {};
  for await (const line of createInterface({ input: trainer.stdout })) {
    const message = JSON.parse(line) as { round?: number; gain?: Record<string, number> };
    if (message.round !== undefined) onRound(message.round);
    if (message.gain !== undefined) ({ gain } = message);
  }
  if ((await exit) !== 0) {
    throw new P2iError('TRAINING_FAILED', errors.slice(-3).join(' | ') || 'the trainer was killed', {
      where: FIT,
    });
  }
  return gain;
}
