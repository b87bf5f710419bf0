import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { P2iError } from '../errors/errors.ts';
import type { FeatureBatch } from '../features/batch.ts';
import { FEATURE_NAMES, FEATURE_TABLE_VERSION } from '../features/table.ts';
import { GbdtExplainer } from '../gbdt/contributions.ts';
import { assembleModel, openEngine, type CompiledModel, type GbdtEngine } from '../gbdt/engine.ts';
import { exp } from '../gbdt/exp.ts';
import { parseModel, type GbdtModel } from '../gbdt/model.ts';

/** model.json: what a model is served with. */
const manifestSchema = z.strictObject({
  /** Version of the feature table that it was trained on. */
  featureTable: z.int(),
  /** Probability = 1 / (1 + exp(-(slope × raw + intercept))): Platt scaling, fitted on the valid part. */
  calibration: z.strictObject({ slope: z.number().positive(), intercept: z.number() }),
  keep: z.strictObject({
    /** Least score of an interest that is kept. */
    threshold: z.number().min(0).max(1),
    /** The most interests kept for a Pin, besides their ancestors. */
    most: z.int().positive(),
  }),
});

export type ModelManifest = z.infer<typeof manifestSchema>;

export const MODEL_FILE = 'model.txt';
export const MANIFEST_FILE = 'model.json';

/** What scores in another thread. */
export interface SharedRankingModel {
  version: string;
  manifest: ModelManifest;
  compiled: CompiledModel;
}

/** A trained LightGBM model with its calibration: raw features in, calibrated scores out. */
export class RankingModel {
  /** Hash of the model and its manifest: what results name. */
  readonly version: string;
  readonly manifest: ModelManifest;
  readonly #compiled: CompiledModel;
  readonly #engine: GbdtEngine;
  /** The model itself, and what names its text in errors; a thread that only scores has neither. */
  readonly #source: { model: GbdtModel; where: string } | undefined;
  #explainer: GbdtExplainer | undefined;

  private constructor(
    { version, manifest, compiled }: SharedRankingModel,
    source?: { model: GbdtModel; where: string },
  ) {
    this.version = version;
    this.manifest = manifest;
    this.#compiled = compiled;
    this.#engine = openEngine(compiled);
    this.#source = source;
  }

  /** One that scores as the model of another thread does. It does not explain. */
  static from(shared: SharedRankingModel): RankingModel {
    return new RankingModel(shared);
  }

  /** What another thread makes one like it of. */
  shared(): SharedRankingModel {
    const { version, manifest } = this;
    return { version, manifest, compiled: this.#compiled };
  }

  /** Loads and compiles the model of a directory. Throws MODEL_INVALID naming the file. */
  static async load(directory: string): Promise<RankingModel> {
    const [text, json] = await Promise.all([
      readModelFile(join(directory, MODEL_FILE)),
      readModelFile(join(directory, MANIFEST_FILE)),
    ]);
    return RankingModel.of(
      text,
      parseManifest(json, join(directory, MANIFEST_FILE)),
      join(directory, MODEL_FILE),
    );
  }

  /** Compiles a model. `where` names its text in errors. Throws MODEL_INVALID. */
  static of(text: string, manifest: ModelManifest, where: string): RankingModel {
    const model = parseModel(text, where);
    if (
      manifest.featureTable !== FEATURE_TABLE_VERSION ||
      String(model.featureNames) !== String(FEATURE_NAMES)
    ) {
      throw new P2iError(
        'MODEL_INVALID',
        `it was trained on version ${manifest.featureTable} of the feature table; this is version ${FEATURE_TABLE_VERSION}`,
        { where },
      );
    }
    const version = createHash('sha256')
      .update(text)
      .update(JSON.stringify(manifest))
      .digest('hex')
      .slice(0, 12);
    return new RankingModel({ version, manifest, compiled: assembleModel(model) }, { model, where });
  }

  /** Raw scores of every candidate of a batch: log-odds, equal to LightGBM's. */
  rawScores(batch: FeatureBatch): Float64Array {
    const rows = batch.interests.length;
    const raw = new Float64Array(rows);
    if (rows > 0) this.#engine.score(batch.features, rows, rows, raw);
    return raw;
  }

  /** Calibrated scores of every candidate of a batch. */
  scores(batch: FeatureBatch): Float64Array {
    const scores = this.rawScores(batch);
    const { slope, intercept } = this.manifest.calibration;
    for (let row = 0; row < scores.length; row++)
      scores[row] = 1 / (1 + exp(-(slope * scores[row] + intercept)));
    return scores;
  }

  /** The calibrated probability of a raw score. */
  calibrate(raw: number): number {
    const { slope, intercept } = this.manifest.calibration;
    return 1 / (1 + exp(-(slope * raw + intercept)));
  }

  /**
   * How far each feature of the table moved the score of one candidate of a batch (contributions.ts), in log-odds of the
   * calibrated score: with `expected` they sum to the log-odds of that score. A missing feature can move it too.
   * Takes about 2 ms. Throws MODEL_INVALID where the model's file lacks the counts that this needs.
   */
  contributions(batch: FeatureBatch, row: number): Float64Array {
    const rows = batch.interests.length;
    const values = FEATURE_NAMES.map((_, feature) => batch.features[feature * rows + row]);
    const { slope } = this.manifest.calibration;
    return this.#explain()
      .contributions(values)
      .map((contribution) => slope * contribution);
  }

  /** What every candidate starts from: the mean over the rows of training. Throws as `contributions` does. */
  get expected(): number {
    const { slope, intercept } = this.manifest.calibration;
    return slope * this.#explain().expected + intercept;
  }

  #explain(): GbdtExplainer {
    if (this.#source === undefined)
      throw new P2iError('INTERNAL', 'a model of another thread scores, and explains nothing');
    const { model, where } = this.#source;
    return (this.#explainer ??= new GbdtExplainer(model, where));
  }
}

async function readModelFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new P2iError('MODEL_INVALID', 'cannot be read', { where: path, cause });
  }
}

function parseManifest(json: string, where: string): ModelManifest {
  try {
    return manifestSchema.parse(JSON.parse(json));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : 'malformed JSON';
    throw new P2iError('MODEL_INVALID', problem, { where, cause });
  }
}
