import { P2iError } from '../shared/errors/errors.ts';
import type { Lane } from '../shared/features/feature.ts';
import type { RankingModels } from '../shared/ranking/ranking-models.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { Store } from '../shared/store/store.ts';
import { Chain } from '../shared/stream/chain.ts';
import type { Log } from '../shared/stream/log.ts';
import type { Observer } from '../shared/stream/observer.ts';
import { Pump, type PumpOptions } from '../shared/stream/pump.ts';
import type { Runnable } from '../shared/stream/run.ts';
import type { StageName } from '../shared/stream/stage.ts';
import type { TextModels } from './artefacts.ts';
import { candidatesTopic } from './candidates/topic.ts';
import { chainFor, sourceOf, type TaxonomyVersions } from './chains.ts';
import { CooccurrenceRuns } from './cooccurrence/runs.ts';
import { CooccurrenceStage } from './cooccurrence/stage.ts';
import { StoreGenerations } from './generations.ts';
import { groupOf } from './pools/pool.ts';
import { PublishedResults } from './publishing/results.ts';
import { PublishingStage } from './publishing/stage.ts';
import { rankedTopic } from './ranking/topic.ts';
import { areChained, chained } from './stages.ts';
import { ThreadPool } from './threads/pool.ts';

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
  models?: RankingModels;
  observer?: Observer;
  /**
   * For stages that follow each other: threads that share their artefacts, the directory in which each opens the
   * store, and what the taxonomy versions were made with. Without it this thread does all the work.
   */
  threads?: { count: number; store: string; models: TextModels };
  /** Is told of each generation of the co-occurrence store that this worker has sealed. */
  onSealed?: (generation: number, run: string) => void;
}

/** A member of a pool. */
export interface Worker extends Runnable {
  /** The consumer group of the pool. */
  readonly group: string;
  readonly input: string;
  /** The partitions that it has now, each with the offset up to which it has committed. */
  places(): ReadonlyMap<number, number>;
  /** Leaves the group. */
  close(): Promise<void>;
}

/** @throws P2iError CONFIG_INVALID where no pool has these stages, or theirs not that lane */
export function checkPool(stages: readonly StageName[], lane: Lane): void {
  if (lane === 'instant' && stages[0] !== 'candidates')
    throw invalid('the instant lane begins with candidates');
  if (!isAlone(stages) && !areChained(stages)) throw invalid(`${stages.join(',')} do not follow each other`);
}

/**
 * Opens a worker: it joins its pool's consumer group.
 *
 * @throws P2iError CONFIG_INVALID where the stages do not chain, the pool has no such lane, the models are missing, or a
 *   topic is not there or has other partitions
 */
export async function openWorker(options: WorkerOptions): Promise<Worker> {
  const { stages, lane, log, registry, store, models } = options;
  checkPool(stages, lane);
  const [first] = stages;
  const source = sourceOf(options.taxonomies);
  if (first === 'publishing') {
    const output = new PublishedResults(registry, source, log, store);
    const chain = chainFor(Chain.of(new PublishingStage()), options.taxonomies);
    return open(options, { input: rankedTopic(registry, source), chain, output });
  }
  if (first === 'cooccurrence') {
    const input = candidatesTopic(registry, source);
    const partitions = await log.partitions(input.topic);
    const sink = new CooccurrenceRuns(store, source, partitions, options.onSealed ?? (() => undefined));
    const chain = chainFor(Chain.of(new CooccurrenceStage()), options.taxonomies);
    return open(options, { input, chain, output: sink });
  }
  if (stages.includes('ranking') && models === undefined) throw invalid('ranking needs a model');
  const { taxonomies, threads } = options;
  const generations = new StoreGenerations(store);
  const between = chained({ registry, stages, lane, taxonomies, generations, models });
  if (threads === undefined) return open(options, between);
  const pool = await ThreadPool.open({
    ...{ threads: threads.count, taxonomies, generations },
    ...(options.observer && { observer: options.observer }),
    data: {
      ...{ stages, lane, registry: registry.origin, store: threads.store },
      models: models?.shared(),
      textVectors: threads.models.textVectors.shared(),
      languages: threads.models.languages.shared(),
    },
  });
  try {
    return await open(options, between, pool);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** The pools whose stage is never fused. */
function isAlone([stage, ...others]: readonly StageName[]): boolean {
  return (stage === 'publishing' || stage === 'cooccurrence') && others.length === 0;
}

/** Bytes of records in one transaction: some hundred Pins, so that its cost is small beside theirs. */
const POLL_BYTES = 1 << 18;
/** How long a step waits for records, ms: how soon an idle worker heeds that it is to stop. */
const WAIT_MS = 250;

/** What a worker does, between what it reads and what it writes. */
type Between<In, Out> = Pick<PumpOptions<In, Out>, 'input' | 'chain' | 'output' | 'probe'>;

async function open<In, Out>(
  { log, registry, stages, lane, observer }: WorkerOptions,
  between: Between<In, Out>,
  pool?: ThreadPool,
): Promise<Worker> {
  const group = groupOf(stages, lane);
  const pump = await Pump.open({
    log,
    registry,
    group,
    ...between,
    start: lane === 'instant' ? 'latest' : 'earliest',
    pollBytes: POLL_BYTES,
    waitMs: WAIT_MS,
    ...(observer && { observer }),
    ...(pool && { work: pool }),
  });
  return {
    group,
    input: between.input.topic,
    step: (signal) => pump.step(signal),
    progress: () => pump.progress(),
    places: () => pump.places(),
    async close() {
      await pump.close();
      await pool?.close();
    },
  };
}

function invalid(message: string): P2iError {
  return new P2iError('CONFIG_INVALID', message, { where: '--stages' });
}
