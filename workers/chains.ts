import { Generation, sealedGeneration } from '../shared/cooccurrence/generation.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { FeatureContext, Lane } from '../shared/features/feature.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { Store } from '../shared/store/store.ts';
import type { Chain, ChainSource, Selected } from '../shared/stream/chain.ts';
import type { Headers } from '../shared/stream/log.ts';
import type { StageName } from '../shared/stream/stage.ts';
import { featureContext, type TaxonomyArtefacts } from './artefacts.ts';
import { GENERATION_HEADER, LANE_HEADER, MODEL_HEADER, TAXONOMY_HEADER } from './headers.ts';
import { taxonomyUnknown } from './taxonomy-source.ts';

/** Taxonomy versions with all that is built of them, which come and go while a worker runs. */
export interface TaxonomyVersions {
  /** Those that are live, in the order of publishing. */
  versions(): readonly string[];
  artefacts(version: string): TaxonomyArtefacts | undefined;
  /** Takes up what has been published by now. */
  refresh(): Promise<void>;
}

/** What a stage is made with: one taxonomy version, one generation of the co-occurrence store, one lane. */
export interface StageArtefacts {
  taxonomy: TaxonomyArtefacts;
  generation: Generation;
  lane: Lane;
  /** Worked out at the first call: only feature extraction needs it. */
  features: () => FeatureContext;
}

export interface HeaderChainsOptions {
  taxonomies: TaxonomyVersions;
  /** The co-occurrence store. */
  store: Store;
  /** Of records that do not name one. */
  lane: Lane;
  /** Held where ranking is among the stages. */
  model?: RankingModel;
}

/** Chains kept: two generations of a few versions. */
const KEPT = 8;

/**
 * The stages that a record's headers ask for. A record that names no taxonomy version, as those of the instant lane, is
 * classified by every live one; one that names no generation reads the newest.
 */
export class HeaderChains<In, Out> implements ChainSource<In, Out> {
  readonly names: readonly StageName[];
  readonly #options: HeaderChainsOptions;
  readonly #make: (artefacts: StageArtefacts) => Chain<In, Out>;
  readonly #chains = new Map<string, Chain<In, Out>>();

  constructor(
    names: readonly StageName[],
    options: HeaderChainsOptions,
    make: (artefacts: StageArtefacts) => Chain<In, Out>,
  ) {
    this.names = names;
    this.#options = options;
    this.#make = make;
  }

  /** @throws P2iError TAXONOMY_UNKNOWN, TAXONOMY_UNPUBLISHED, MODEL_UNKNOWN, GENERATION_UNKNOWN, STORE_UNAVAILABLE */
  async select(headers: Headers): Promise<readonly Selected<In, Out>[]> {
    const { taxonomies, store, model } = this.#options;
    const modelNamed = headers[MODEL_HEADER];
    if (model !== undefined && modelNamed !== undefined && modelNamed !== model.version)
      throw new P2iError('MODEL_UNKNOWN', `it names ${modelNamed}; this worker holds ${model.version}`);

    const named = headers[TAXONOMY_HEADER];
    const versions = named === undefined ? taxonomies.versions() : [named];
    if (versions.length === 0) throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
    const generation = Number(headers[GENERATION_HEADER] ?? sealedGeneration(store));
    const lane = (headers[LANE_HEADER] as Lane | undefined) ?? this.#options.lane;
    const selected: Selected<In, Out>[] = [];
    for (const version of versions) {
      selected.push({
        chain: this.#chain(await held(taxonomies, version), generation, lane),
        headers: {
          [TAXONOMY_HEADER]: version,
          [GENERATION_HEADER]: String(generation),
          [LANE_HEADER]: lane,
        },
      });
    }
    return selected;
  }

  #chain(taxonomy: TaxonomyArtefacts, number: number, lane: Lane): Chain<In, Out> {
    const key = `${taxonomy.taxonomy.version} ${number} ${lane}`;
    let chain = this.#chains.get(key);
    if (chain !== undefined) return chain;
    const generation = new Generation(this.#options.store, taxonomy.taxonomy, number);
    chain = this.#make({ taxonomy, generation, lane, features: () => featureContext(taxonomy, generation) });
    if (this.#chains.size === KEPT) this.#chains.delete(this.#chains.keys().next().value!);
    this.#chains.set(key, chain);
    return chain;
  }
}

/** One chain for every record, whose taxonomy version has to be held for the record to be read. */
export function chainFor<In, Out>(chain: Chain<In, Out>, taxonomies: TaxonomyVersions): ChainSource<In, Out> {
  return {
    names: chain.names,
    async select(headers) {
      if (headers[TAXONOMY_HEADER] !== undefined) await held(taxonomies, headers[TAXONOMY_HEADER]);
      return chain.select();
    },
  };
}

async function held(taxonomies: TaxonomyVersions, version: string): Promise<TaxonomyArtefacts> {
  const known = taxonomies.artefacts(version);
  if (known !== undefined) return known;
  // Published a moment ago, perhaps.
  await taxonomies.refresh();
  const found = taxonomies.artefacts(version);
  if (found === undefined) throw taxonomyUnknown(version);
  return found;
}
