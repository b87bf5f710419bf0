import { P2iError } from '../shared/errors/errors.ts';
import type { Lane } from '../shared/features/feature.ts';
import type { RankingModel } from '../shared/ranking/ranking-model.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { Store } from '../shared/store/store.ts';
import { batchOutput, type BatchTopic, type Output, type Sink } from '../shared/stream/binding.ts';
import { Chain, type ChainSource } from '../shared/stream/chain.ts';
import type { Log } from '../shared/stream/log.ts';
import type { Observer } from '../shared/stream/observer.ts';
import { pinsTopic, PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import { Pump } from '../shared/stream/pump.ts';
import type { Runnable } from '../shared/stream/run.ts';
import type { Stage, StageName } from '../shared/stream/stage.ts';
import { CandidateStage } from './candidates/stage.ts';
import { candidatesTopic } from './candidates/topic.ts';
import { chainFor, HeaderChains, type StageArtefacts, type TaxonomyVersions } from './chains.ts';
import { CooccurrenceRuns } from './cooccurrence/runs.ts';
import { CooccurrenceStage } from './cooccurrence/stage.ts';
import { FeatureStage } from './features/stage.ts';
import { featuresTopic } from './features/topic.ts';
import { PublishedResults } from './publishing/results.ts';
import { PublishingStage } from './publishing/stage.ts';
import { RankingStage } from './ranking/stage.ts';
import { rankedTopic } from './ranking/topic.ts';
import { BATCH_PINS_TOPIC } from './replay.ts';
import { taxonomyUnknown, type TaxonomySource } from './taxonomy-source.ts';

export interface WorkerOptions {
  log: Log;
  registry: Registry;
  /** One stage, or some of candidates, features, ranking that follow each other, fused. */
  stages: readonly StageName[];
  lane: Lane;
  taxonomies: TaxonomyVersions;
  /** The co-occurrence store; publishing keeps there what it has published. */
  store: Store;
  /** Needed where ranking is among the stages. */
  model?: RankingModel;
  observer?: Observer;
  /** Is told of each generation of the co-occurrence store that this worker has sealed. */
  onSealed?: (generation: number, run: string) => void;
}

/** A member of a pool. */
export interface Worker extends Runnable {
  /** The consumer group of the pool. */
  readonly group: string;
  readonly input: string;
  /** Leaves the group. */
  close(): Promise<void>;
}

/** The consumer group of a pool: `p2i-candidates`, `p2i-candidates-features-ranking-instant`. */
export function groupOf(stages: readonly StageName[], lane: Lane): string {
  return ['p2i', ...stages, ...(lane === 'instant' ? [lane] : [])].join('-');
}

/** @throws P2iError CONFIG_INVALID where no pool has these stages, or theirs not that lane */
export function checkPool(stages: readonly StageName[], lane: Lane): void {
  if (lane === 'instant' && stages[0] !== 'candidates')
    throw invalid('the instant lane begins with candidates');
  const names = chainedFrom(stages).map(({ name }) => name);
  if (!isAlone(stages) && String(names) !== String(stages))
    throw invalid(`${stages.join(',')} do not follow each other`);
}

/**
 * Opens a worker: it joins its pool's consumer group.
 *
 * @throws P2iError CONFIG_INVALID where the stages do not chain, the pool has no such lane, the model is missing, or a
 *   topic is not there or has other partitions
 */
export async function openWorker(options: WorkerOptions): Promise<Worker> {
  const { stages, lane, log, registry, store, model } = options;
  checkPool(stages, lane);
  const [first] = stages;
  const source = sourceOf(options.taxonomies);
  if (first === 'publishing') {
    const output = new PublishedResults(registry, source, log, store);
    const chain = chainFor(Chain.of(new PublishingStage()), options.taxonomies);
    return open(options, rankedTopic(registry, source), chain, output);
  }
  if (first === 'cooccurrence') {
    const input = candidatesTopic(registry, source);
    const partitions = await log.partitions(input.topic);
    const sink = new CooccurrenceRuns(store, source, partitions, options.onSealed ?? (() => undefined));
    return open(options, input, chainFor(Chain.of(new CooccurrenceStage()), options.taxonomies), sink);
  }
  const parts = chainedFrom(stages);
  if (stages.includes('ranking') && model === undefined) throw invalid('ranking needs a model');
  const chains = new HeaderChains(stages, options, (artefacts) =>
    parts
      .slice(1)
      .reduce(
        (chain, { stage }) => chain.to(stage(artefacts, model)),
        Chain.of(parts[0].stage(artefacts, model)),
      ),
  );
  const output = batchOutput(parts[parts.length - 1].writes(registry, source));
  return open(options, parts[0].reads(registry, source, lane), chains, output);
}

/** A stage that hands on to the next: what it reads and writes on the log, and how it is made. */
interface ChainedStage {
  name: StageName;
  reads: (registry: Registry, source: TaxonomySource, lane: Lane) => BatchTopic<unknown>;
  writes: (registry: Registry, source: TaxonomySource) => BatchTopic<unknown>;
  stage: (artefacts: StageArtefacts, model: RankingModel | undefined) => Stage<unknown, unknown>;
}

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
    stage: ({ taxonomy: { taxonomy, lexicalIndex }, generation }) =>
      new CandidateStage({ taxonomy, lexicalIndex, generation }),
  },
  {
    name: 'features',
    reads: (registry, source) => candidatesTopic(registry, source),
    writes: (registry, source) => featuresTopic(registry, source),
    stage: ({ lane, features }) => new FeatureStage(features(), lane),
  },
  {
    name: 'ranking',
    reads: (registry, source) => featuresTopic(registry, source),
    writes: (registry, source) => rankedTopic(registry, source),
    stage: ({ taxonomy: { taxonomy } }, model) => new RankingStage(model!, taxonomy),
  },
];

/** As many of them as there are stages, from the first stage on. */
function chainedFrom(stages: readonly StageName[]): readonly ChainedStage[] {
  const from = CHAINED.findIndex(({ name }) => name === stages[0]);
  return from < 0 ? [] : CHAINED.slice(from, from + stages.length);
}

/** The pools whose stage is never fused. */
function isAlone([stage, ...others]: readonly StageName[]): boolean {
  return (stage === 'publishing' || stage === 'cooccurrence') && others.length === 0;
}

/** Bytes of records in one transaction: some hundred Pins, so that its cost is small beside theirs. */
const POLL_BYTES = 1 << 18;
/** How long a step waits for records, ms: how soon an idle worker heeds that it is to stop. */
const WAIT_MS = 250;

async function open<In, Out>(
  { log, registry, stages, lane, observer }: WorkerOptions,
  input: BatchTopic<In>,
  chain: ChainSource<In, Out>,
  output: Output<Out> | Sink<Out>,
): Promise<Worker> {
  const group = groupOf(stages, lane);
  const pump = await Pump.open({
    log,
    registry,
    group,
    input,
    chain,
    output,
    start: lane === 'instant' ? 'latest' : 'earliest',
    pollBytes: POLL_BYTES,
    waitMs: WAIT_MS,
    ...(observer && { observer }),
  });
  return {
    group,
    input: input.topic,
    step: (signal) => pump.step(signal),
    progress: () => pump.progress(),
    close: () => pump.close(),
  };
}

/** The taxonomies alone, for what only turns ids into indexes and back. */
function sourceOf(taxonomies: TaxonomyVersions): TaxonomySource {
  return {
    taxonomy(version, where) {
      const held = taxonomies.artefacts(version);
      if (held === undefined) throw taxonomyUnknown(version, where);
      return held.taxonomy;
    },
  };
}

function invalid(message: string): P2iError {
  return new P2iError('CONFIG_INVALID', message, { where: '--stages' });
}
