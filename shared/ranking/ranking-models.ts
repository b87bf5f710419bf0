import { P2iError } from '../errors/errors.ts';
import { RankingModel, type SharedRankingModel } from './ranking-model.ts';

/** The ranking models that a worker holds, at least one. A record names one by its version, or none. */
export class RankingModels {
  readonly #first: RankingModel;
  readonly #byVersion: ReadonlyMap<string, RankingModel>;

  /** @param others each of another version */
  constructor(first: RankingModel, ...others: readonly RankingModel[]) {
    this.#first = first;
    this.#byVersion = new Map([first, ...others].map((model) => [model.version, model]));
  }

  /**
   * Loads and compiles the models of directories, at least one.
   * @throws P2iError MODEL_INVALID naming the file; CONFIG_INVALID where two of them hold the same model
   */
  static async load([directory, ...others]: readonly [string, ...string[]]): Promise<RankingModels> {
    const first = await RankingModel.load(directory);
    const directories = new Map([[first.version, directory]]);
    const models = [];
    for (const other of others) {
      const model = await RankingModel.load(other);
      const holder = directories.get(model.version);
      if (holder !== undefined) {
        const message = `${holder} and ${other} hold the same model, ${model.version}`;
        throw new P2iError('CONFIG_INVALID', message, { where: '--model' });
      }
      directories.set(model.version, other);
      models.push(model);
    }
    return new RankingModels(first, ...models);
  }

  /** Those that score as the models of another thread do. */
  static from([first, ...others]: SharedRankingModels): RankingModels {
    return new RankingModels(RankingModel.from(first), ...others.map((shared) => RankingModel.from(shared)));
  }

  /** What another thread makes some like them of. */
  shared(): SharedRankingModels {
    const [first, ...others] = this.#byVersion.values();
    return [first.shared(), ...others.map((model) => model.shared())];
  }

  /** The first one's comes first. */
  versions(): readonly string[] {
    return [...this.#byVersion.keys()];
  }

  /** The model of that version; the first where none is named. @throws P2iError MODEL_UNKNOWN */
  named(version: string | undefined): RankingModel {
    if (version === undefined) return this.#first;
    const model = this.#byVersion.get(version);
    if (model !== undefined) return model;
    throw new P2iError(
      'MODEL_UNKNOWN',
      `it names ${version}; this worker holds ${this.versions().join(', ')}`,
    );
  }
}

/** What scores in another thread. */
export type SharedRankingModels = readonly [SharedRankingModel, ...SharedRankingModel[]];
