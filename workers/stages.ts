import type { Lane } from '../shared/features/feature.ts';
import type { RankingModels } from '../shared/ranking/ranking-models.ts';
import type { Registry } from '../shared/registry/registry.ts';
import { batchOutput, type BatchTopic, type Output } from '../shared/stream/binding.ts';
import { Chain, type ChainSource } from '../shared/stream/chain.ts';
import { pinsTopic, PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import type { Stage, StageName } from '../shared/stream/stage.ts';
import type { Probe } from '../shared/stream/tally.ts';
import type { StageTaxonomy } from './artefacts.ts';
import { CandidateStage, MAX_DIRECT } from './candidates/stage.ts';
import { candidatesTopic } from './candidates/topic.ts';
import { HeaderChains, sourceOf, type StageArtefacts, type TaxonomyVersions } from './chains.ts';
import { FeatureStage } from './features/stage.ts';
import { featuresTopic } from './features/topic.ts';
import type { Generations } from './generations.ts';
import { probeOf } from './probe.ts';
import { RankingStage } from './ranking/stage.ts';
import { rankedTopic } from './ranking/topic.ts';
import { BATCH_PINS_TOPIC } from './replay.ts';
import type { TaxonomySource } from './taxonomy-source.ts';

export interface ChainedOptions<A extends StageTaxonomy> {
  registry: Registry;
  /** Some of candidates, features, ranking that follow each other. */
  stages: readonly StageName[];
  lane: Lane;
  taxonomies: TaxonomyVersions<A>;
  generations: Generations<A>;
  /** Needed where ranking is among the stages. */
  models: RankingModels | undefined;
}

/** What a pool of stages that follow each other reads, does and writes. */
export interface Chained {
  input: BatchTopic<unknown>;
  chain: ChainSource<unknown, unknown>;
  output: Output<unknown>;
  probe: Probe;
}

/** The stages, chained in memory, between the topics that the first reads and the last writes. */
export function chained<A extends StageTaxonomy>(options: ChainedOptions<A>): Chained {
  const { registry, stages, lane } = options;
  const parts = chainedFrom(stages);
  const [first, ...others] = parts;
  const source = sourceOf(options.taxonomies);
  const chain = new HeaderChains(stages, options, (artefacts) =>
    others.reduce((all, { stage }) => all.to(stage(artefacts)), Chain.of(first.stage(artefacts))),
  );
  return {
    input: first.reads(registry, source, lane),
    chain,
    output: batchOutput(parts[parts.length - 1].writes(registry, source)),
    probe: probeOf(source),
  };
}

/** True where a pool can have these stages, one after the other. */
export function areChained(stages: readonly StageName[]): boolean {
  return stages.length > 0 && String(chainedFrom(stages).map(({ name }) => name)) === String(stages);
}

/** A stage that hands on to the next: what it reads and writes on the log, and how it is made. */
interface ChainedStage {
  name: StageName;
  reads: (registry: Registry, source: TaxonomySource, lane: Lane) => BatchTopic<unknown>;
  writes: (registry: Registry, source: TaxonomySource) => BatchTopic<unknown>;
  stage: (artefacts: StageArtefacts) => Stage<unknown, unknown>;
}

/** What a stage makes is read by the next, or written to a topic, before it makes more. */
const PASSING = true;

/**
 * The stages that may be fused, in their order: each reads what the one before writes, whichever way it comes. Which
 * batch goes with which topic is fixed here; there is no type for a list of such pairs.
 */
const CHAINED: readonly ChainedStage[] = [
  {
    name: 'candidates',
    reads: (registry, _source, lane) => ({
      ...pinsTopic(registry),
      topic: lane === 'instant' ? PINS_TOPIC : BATCH_PINS_TOPIC,
    }),
    writes: (registry, source) => candidatesTopic(registry, source),
    stage: ({ taxonomy, generation }) => new CandidateStage({ ...taxonomy, generation }, MAX_DIRECT, PASSING),
  },
  {
    name: 'features',
    reads: (registry, source) => candidatesTopic(registry, source),
    writes: (registry, source) => featuresTopic(registry, source),
    stage: ({ lane, features }) => new FeatureStage(features(), lane, PASSING),
  },
  {
    name: 'ranking',
    reads: (registry, source) => featuresTopic(registry, source),
    writes: (registry, source) => rankedTopic(registry, source),
    stage: ({ taxonomy: { taxonomy }, model }) => new RankingStage(model!, taxonomy),
  },
];

/** As many of them as there are stages, from the first stage on. */
function chainedFrom(stages: readonly StageName[]): readonly ChainedStage[] {
  const from = CHAINED.findIndex(({ name }) => name === stages[0]);
  return from < 0 ? [] : CHAINED.slice(from, from + stages.length);
}
