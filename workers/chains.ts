import type { Generation } from '../shared/cooccurrence/generation.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { FeatureContext, Lane } from '../shared/features/feature.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { RankingModels } from '../shared/ranking/ranking-models.ts';
import type { Chain, ChainSource, Selected } from '../shared/stream/chain.ts';
import type { Headers } from '../shared/stream/log.ts';
import type { StageName } from '../shared/stream/stage.ts';
import type { TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';
import type { StageTaxonomy, TaxonomyArtefacts } from './artefacts.ts';
import { KEPT, type Generations } from './generations.ts';
import { GENERATION_HEADER, LANE_HEADER, MODEL_HEADER, TAXONOMY_HEADER } from './headers.ts';
import { taxonomyUnknown, type TaxonomySource } from './taxonomy-source.ts';

/** Taxonomy versions with what is built of them, which come and go while a worker runs. */
export interface TaxonomyVersions<A extends StageTaxonomy = TaxonomyArtefacts> {
  /** Those that are live, in the order of publishing. */
  versions(): readonly string[];
  artefacts(version: string): A | undefined;
  /** Takes up what has been published by now. */
  refresh(): Promise<void>;
}

/** What a stage is made with: one taxonomy version, one generation of the co-occurrence store, one lane, one model. */
export interface StageArtefacts {
  taxonomy: StageTaxonomy;
  generation: Generation;
  lane: Lane;
  /** Worked out at the first call: only feature extraction needs it. */
  features: () => FeatureContext;
  /** Where ranking is among the stages. */
  model: RankingModel | undefined;
}

export interface HeaderChainsOptions<A extends StageTaxonomy> {
  taxonomies: TaxonomyVersions<A>;
  /** Of the co-occurrence store. */
  generations: Generations<A>;
  /** Of records that do not name one. */
  lane: Lane;
  /** Where ranking is among the stages. */
  models?: RankingModels | undefined;
}

/**
 * The stages that a record's headers ask for. A record that names no taxonomy version, as those of the instant lane, is
 * classified by every live one; one that names no generation reads the newest of each version's taxonomy; one that names
 * no model is ranked by the first.
 */
export class HeaderChains<In, Out, A extends StageTaxonomy> implements ChainSource<In, Out> {
  readonly names: readonly StageName[];
  readonly #options: HeaderChainsOptions<A>;
  readonly #make: (artefacts: StageArtefacts) => Chain<In, Out>;
  readonly #chains = new Map<string, { of: A; chain: Chain<In, Out> }>();
  readonly #most: number;

  constructor(
    names: readonly StageName[],
    options: HeaderChainsOptions<A>,
    make: (artefacts: StageArtefacts) => Chain<In, Out>,
  ) {
    this.names = names;
    this.#options = options;
    this.#make = make;
    this.#most = KEPT * (options.models?.versions().length ?? 1);
  }

  /** @throws P2iError TAXONOMY_UNKNOWN, TAXONOMY_UNPUBLISHED, MODEL_UNKNOWN, GENERATION_UNKNOWN, STORE_UNAVAILABLE */
  async select(headers: Headers): Promise<readonly Selected<In, Out>[]> {
    const { taxonomies, generations, models } = this.#options;
    const model = models?.named(headers[MODEL_HEADER]);
    const named = headers[TAXONOMY_HEADER];
    const versions = named === undefined ? taxonomies.versions() : [named];
    if (versions.length === 0) throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
    const lane = (headers[LANE_HEADER] as Lane | undefined) ?? this.#options.lane;
    const selected: Selected<In, Out>[] = [];
    for (const version of versions) {
      const artefacts = await held(taxonomies, version);
      const generation = Number(headers[GENERATION_HEADER] ?? generations.newest(artefacts));
      selected.push({
        chain: await this.#chain(artefacts, generation, lane, model),
        headers: {
          [TAXONOMY_HEADER]: version,
          [GENERATION_HEADER]: String(generation),
          [LANE_HEADER]: lane,
        },
      });
    }
    return selected;
  }

  async #chain(
    artefacts: A,
    number: number,
    lane: Lane,
    model: RankingModel | undefined,
  ): Promise<Chain<In, Out>> {
    const { version } = artefacts.taxonomy;
    const key = `${version} ${number} ${lane} ${model?.version}`;
    const known = this.#chains.get(key);
    // A name that was retired and published anew is another taxonomy.
    if (known?.of === artefacts) return known.chain;
    const { generation, names } = await this.#options.generations.open(artefacts, number);
    const { taxonomy, textVectors } = artefacts;
    const features = (): FeatureContext => ({ taxonomy, textVectors, generation, names: names() });
    const chain = this.#make({ taxonomy: artefacts, generation, lane, features, model });
    if (this.#chains.size === this.#most) this.#chains.delete(this.#chains.keys().next().value!);
    this.#chains.set(key, { of: artefacts, chain });
    return chain;
  }
}

/** The taxonomies alone, for what only turns ids into indexes and back. */
export function sourceOf<T extends TaxonomyTree>(
  taxonomies: TaxonomyVersions<StageTaxonomy & { taxonomy: T }>,
): TaxonomySource<T> {
  return {
    taxonomy(version, where) {
      const held = taxonomies.artefacts(version);
      if (held === undefined) throw taxonomyUnknown(version, where);
      return held.taxonomy;
    },
  };
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

async function held<A extends StageTaxonomy>(taxonomies: TaxonomyVersions<A>, version: string): Promise<A> {
  const known = taxonomies.artefacts(version);
  if (known !== undefined) return known;
  // Published a moment ago, perhaps.
  await taxonomies.refresh();
  const found = taxonomies.artefacts(version);
  if (found === undefined) throw taxonomyUnknown(version);
  return found;
}
