import { existsSync } from 'node:fs';
import { emptyGeneration, Generation, newestGeneration } from '../../shared/cooccurrence/generation.ts';
import { P2iError } from '../../shared/errors/errors.ts';
import { parsePin } from '../../shared/pins/parse.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import type { Store } from '../../shared/store/store.ts';
import { readTaxonomy } from '../../shared/taxonomy/read.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import {
  featureContext,
  readTextModels,
  taxonomyArtefacts,
  type TextModels,
} from '../../workers/artefacts.ts';
import { CandidateStage, MAX_DIRECT } from '../../workers/candidates/stage.ts';
import { FeatureStage } from '../../workers/features/stage.ts';
import { scoredInterests, type ScoredInterest } from '../../workers/publishing/topic.ts';
import { RankingStage } from '../../workers/ranking/stage.ts';
import { warmUpTexts } from './warm-up.ts';

/** Characters (UTF-16 code units) of a query that are read: what follows its last whole word within them is left out. */
export const MAX_QUERY_CHARACTERS = 256;

/** What queries are read by: the same artefacts as the pipeline's. */
export interface QueryArtefacts {
  /** Its JSONL file, which may be compressed with zstd; or a version of the subscription (`PublishedTaxonomy.newest`). */
  taxonomy: string | Taxonomy;
  /** Directory of the ranking model. */
  model: string;
  /** Directory of the languages. */
  languages: string;
  /** Directory of the text vectors. */
  textVectors: string;
  /**
   * Directory of the co-occurrence store, of which the newest generation is read; others may write to it. Absent: a query
   * has the interests that it names, and not those that Pins with its words are about.
   */
  cooccurrence?: string;
}

/** The three stages, of one taxonomy version and generation. */
interface Stages {
  taxonomy: Taxonomy;
  generation: number;
  candidates: CandidateStage;
  features: FeatureStage;
  ranking: RankingStage;
}

/**
 * Q2I: what a search query is about, by the same three stages as a Pin. A query is a Pin that has a title and nothing else, in
 * the instant lane, for which the model was trained to do without what only time brings: engagement and country.
 *
 * One query at a time, on the thread that asks; each thread has one of its own.
 */
export class QueryInterests {
  readonly #models: TextModels;
  readonly #model: RankingModel;
  readonly #store: Store | undefined;
  #stages: Stages;

  private constructor(models: TextModels, model: RankingModel, store: Store | undefined, taxonomy: Taxonomy) {
    this.#models = models;
    this.#model = model;
    this.#store = store;
    this.#stages = this.#build(taxonomy);
  }

  /**
   * Loads the artefacts and reads some names of interests and some words of each language, so that the first query is as fast
   * as later ones: seconds, and half a gigabyte with all languages that P2I brings.
   *
   * @throws P2iError INPUT_UNREADABLE, TAXONOMY_INVALID, MODEL_INVALID, ARTEFACT_INVALID; STORE_UNAVAILABLE, also where
   *   there is no store in the directory
   */
  static async open(artefacts: QueryArtefacts): Promise<QueryInterests> {
    const { taxonomy, cooccurrence } = artefacts;
    const model = await RankingModel.load(artefacts.model);
    const models = await readTextModels(artefacts);
    const version = typeof taxonomy === 'string' ? await readTaxonomy(taxonomy) : taxonomy;
    const store = cooccurrence === undefined ? undefined : openStore(cooccurrence);
    try {
      return new QueryInterests(models, model, store, version);
    } catch (error) {
      await store?.close();
      throw error;
    }
  }

  /** The version that the interests are of. */
  get taxonomy(): Taxonomy {
    return this.#stages.taxonomy;
  }

  /** Number of the generation of the co-occurrence store that is read; 0: the empty one. */
  get generation(): number {
    return this.#stages.generation;
  }

  /**
   * Takes up another taxonomy version, or the newest generation of the store, or both; nothing happens where both are in use.
   * A store keeps two generations: call it after each daily run. The thread is busy for a second or two.
   *
   * @throws P2iError STORE_UNAVAILABLE; the old ones stay in use then
   */
  takeUp(taxonomy: Taxonomy = this.taxonomy): void {
    const newest = this.#store === undefined ? 0 : newestGeneration(this.#store, taxonomy);
    if (taxonomy === this.taxonomy && newest === this.generation) return;
    this.#stages = this.#build(taxonomy);
  }

  /**
   * The interests of a query, each with its ancestors: what a Pin of that title would get, under the same threshold and limit.
   * Takes some tenths of a millisecond, and a few where words are new.
   *
   * @param text as it was typed. None where it is empty, or says nothing that the taxonomy has; lone surrogates are taken for
   *   U+FFFD; of a text above MAX_QUERY_CHARACTERS the beginning is read
   * @param language its BCP-47 tag. Absent: found out, which is less sure the shorter the text is
   * @returns best first
   * @throws P2iError PIN_INVALID where the language is no BCP-47 tag; STORE_UNAVAILABLE
   */
  queryToInterests(text: string, language?: string): ScoredInterest[] {
    return classify(pinOf(text, language), this.#stages);
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  #build(taxonomy: Taxonomy): Stages {
    const artefacts = taxonomyArtefacts(taxonomy, this.#models);
    const generation =
      this.#store === undefined ? emptyGeneration(taxonomy) : new Generation(this.#store, taxonomy);
    const stages = {
      ...{ taxonomy, generation: generation.number },
      candidates: new CandidateStage({ ...artefacts, generation }, MAX_DIRECT, true),
      features: new FeatureStage(featureContext(artefacts, generation), 'instant', true),
      ranking: new RankingStage(this.#model, taxonomy),
    };
    for (const { text, language } of warmUpTexts(taxonomy, this.#models.languages))
      classify(pinOf(text, language), stages);
    return stages;
  }
}

function classify(pin: Pin, { taxonomy, candidates, features, ranking }: Stages): ScoredInterest[] {
  const ranked = ranking.process(features.process(candidates.process({ pins: [pin] })));
  return scoredInterests(ranked.pins[0].interests, taxonomy);
}

/** A query as a Pin. */
function pinOf(text: string, language: string | undefined): Pin {
  return parsePin({ id: 'query', title: shortened(text), language }, 'the query').pin;
}

/** The whole words at the beginning of a text, as far as MAX_QUERY_CHARACTERS; of one long word, its beginning. */
function shortened(text: string): string {
  if (text.length <= MAX_QUERY_CHARACTERS) return text;
  const beginning = text.slice(0, MAX_QUERY_CHARACTERS + 1);
  const end = beginning.search(/\s\S*$/u);
  return end > 0 ? beginning.slice(0, end) : beginning.slice(0, -1).replace(/[\ud800-\udbff]$/, '');
}

/** LMDB would make a store where there is none. */
function openStore(directory: string): Store {
  if (!existsSync(directory))
    throw new P2iError('STORE_UNAVAILABLE', 'there is no co-occurrence store', { where: directory });
  return new LmdbStore(directory);
}
