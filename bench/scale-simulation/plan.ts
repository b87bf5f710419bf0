import { TOPICS } from '../../shared/stream/topics.ts';
import type { Values } from './inputs.ts';

export type Shape = 'fused' | 'pools';

/** What is planned for. */
export interface Load {
  /** Times the Pins that were asked for, those of a day and the new ones. */
  scale: number;
  shape: Shape;
}

/** A pool. */
export interface Pool {
  name: string;
  lane: 'batch' | 'instant' | 'both';
  /** Pins/s that it has to take. */
  rate: number;
  /** CPU seconds that a Pin takes. */
  cpu: number;
  /** Seconds of a worker that a Pin takes in full batches: CPU by threads, waiting, its share of a transaction. */
  seconds: number;
  /** Seconds of a worker that a Pin takes, and a transaction however few Pins it has. */
  service: number;
  /** Pins of a full batch: one transaction. */
  batch: number;
  threads: number;
  /** That the rate takes, as many partitions as there may be. */
  needed: number;
  /** As many as have the same number of partitions each, at least `needed`; no more than there are partitions. */
  workers: number;
}

/** Bytes a second of one topic, compressed: one copy. */
export interface TopicFlow {
  topic: string;
  written: number;
  read: number;
  /** Bytes that it keeps, one copy. */
  kept: number;
}

/** What the cleaner does for p2i-results in a day. */
export interface Compaction {
  /** Keys of one partition. */
  keys: number;
  /** Times it goes over a partition in a day with the map that brokers are shipped with. */
  passes: number;
  /** Bytes of map with which once is enough. */
  map: number;
  /** Bytes/s that a broker reads and writes for it, by then. */
  perBroker: number;
}

/** Dollars a day. */
export interface Cost {
  workers: number;
  brokers: number;
  disks: number;
  network: number;
}

export interface Plan extends Load {
  /** Pins/s of the daily run while it lasts. */
  batchRate: number;
  /** New Pins/s at the peak. */
  instantRate: number;
  partitions: number;
  /** Seconds that a transaction takes. */
  transaction: number;
  pools: readonly Pool[];
  flows: readonly TopicFlow[];
  brokers: number;
  /** What the number of brokers is for. */
  brokersFor: string;
  /** Bytes on disk, all copies. */
  disk: number;
  compaction: Compaction;
  /** Bytes that each publishing worker remembers. */
  remembered: number;
  /** Nodes of Redis Cluster that hold what is known of boards, and answer for each board of each Pin; no copies. */
  storeNodes: number;
  cost: Cost;
}

/** Topics that have a partition for each of the corpus’. */
const CORPUS_TOPICS = Object.values(TOPICS).filter(({ partitions }) => partitions === 'corpus').length;

const DAY_SECONDS = 86_400;
const HOUR_MS = 3_600_000;

/** What a load takes: docs/scale.md explains each step. */
export function planFor(load: Load, values: Values): Plan {
  const { scale, shape } = load;
  const batchRate = (scale * values.pinsADay) / (values.runHours * 3600);
  const instantRate = scale * values.newPinsASecond * values.instantPeak;
  const transaction = (values.transactionMs + values.replicationMs) / 1000;
  const batchPools = computingPools(load, batchRate, transaction, values);
  const partitions = partitionsFor(Math.max(...batchPools.map(({ needed }) => needed)), values);
  const pools = [
    ...batchPools,
    promptPool(instantDraft(instantRate, transaction, values), partitions, transaction, values),
    promptPool(
      publishingDraft(batchRate + instantRate, transaction, values),
      partitions,
      transaction,
      values,
    ),
  ].map((pool) => ({ ...pool, workers: evenly(pool.needed, partitions) }));
  const flows = flowsOf(load, batchRate, values);
  const disk = values.replication * sum(flows.map(({ kept }) => kept));
  const { count: brokers, why: brokersFor } = brokersOf(flows, partitions, disk, values);
  return {
    ...{ scale, shape, batchRate, instantRate, partitions, transaction, pools, flows },
    ...{ brokers, brokersFor, disk },
    remembered: (scale * values.pinsADay * values.rankBytes) / pools[pools.length - 1].workers,
    storeNodes: storeNodesFor(scale * values.pinsADay, batchRate + instantRate, values),
    compaction: compactionOf(scale, partitions, brokers, values),
    cost: costOf(pools, flows, brokers, disk, values),
  };
}

type Draft = Omit<Pool, 'needed' | 'workers'>;

function poolOf(draft: Draft, workers: number): Pool {
  const needed = Math.ceil(workers);
  return { ...draft, needed, workers: needed };
}

/** Workers that are busy for no more than the planned share of their time. */
function busyWorkers({ rate, seconds }: Draft, utilisation: number): number {
  return (rate * seconds) / utilisation;
}

/** With 4,096 partitions for 1,958 workers, some would have three, and half as much again to do as the others. */
function evenly(needed: number, partitions: number): number {
  return Math.ceil(partitions / Math.max(1, Math.floor(partitions / needed)));
}

/**
 * A pool that new Pins go through: as many workers as let each get around its partitions in time. A cycle T takes a
 * transaction c for each of P / W partitions, and the service s of what came meanwhile: T = c P/W + s T rate/W.
 */
function promptPool(draft: Draft, partitions: number, transaction: number, values: Values): Pool {
  const cycle = values.instantCycleMs / 1000;
  const prompt = draft.rate * draft.service + (partitions * transaction) / cycle;
  return poolOf(draft, Math.max(prompt, busyWorkers(draft, values.promptUtilisation)));
}

/** Those of the daily run: the copy of the corpus, then the stages. */
function computingPools({ shape }: Load, rate: number, transaction: number, values: Values): Pool[] {
  const stages: Record<string, number> =
    shape === 'fused'
      ? { fused: values.fusedMicros }
      : {
          candidates: values.candidatesMicros,
          features: values.featuresMicros,
          ranking: values.rankingMicros,
        };
  const replay = (values.replaySecondsAGb * values.plainPinBytes) / 1e9;
  return [
    draftOf('replay', rate, replay, values.copiedPins, 1, transaction),
    ...Object.entries(stages).map(([name, micros]) => {
      const cpu = micros * values.fullPin * 1e-6;
      return draftOf(name, rate, cpu, values.recordPins, values.threadsAWorker, transaction);
    }),
  ].map((draft) => poolOf(draft, busyWorkers(draft, values.utilisation)));
}

function draftOf(
  name: string,
  rate: number,
  cpu: number,
  batch: number,
  threads: number,
  transaction: number,
): Draft {
  const service = cpu / threads;
  return { name, lane: 'batch', rate, cpu, batch, threads, service, seconds: service + transaction / batch };
}

/** New Pins are few in a batch: nothing is gained from threads. */
function instantDraft(rate: number, transaction: number, values: Values): Draft {
  const cpu = values.fusedMicros * values.fullPin * 1e-6;
  return { ...draftOf('instant', rate, cpu, values.recordPins, 1, transaction), lane: 'instant' };
}

function publishingDraft(rate: number, transaction: number, values: Values): Draft {
  const cpu = values.publishingMicros * 1e-6;
  const draft = draftOf('publishing', rate, cpu, values.publishedPins, 1, transaction);
  const wait = values.storeWaitMicros * 1e-6;
  return { ...draft, lane: 'both', service: draft.service + wait, seconds: draft.seconds + wait };
}

/** A power of two with room for twice the workers, within what a cluster holds. */
function partitionsFor(workers: number, values: Values): number {
  const most = values.replicasACluster / (values.replication * CORPUS_TOPICS);
  return 2 ** Math.min(Math.ceil(Math.log2(2 * workers)), Math.floor(Math.log2(most)));
}

function flowsOf({ scale, shape }: Load, batchRate: number, values: Values): TopicFlow[] {
  const instant = scale * values.newPinsASecond;
  const all = scale * values.pinsADay;
  /** @param rate Pins/s written @param readers that read it all */
  const flow = (topic: string, bytes: number, rate: number, readers: number): TopicFlow => {
    const hours = Number(TOPICS[topic].config['retention.ms']) / HOUR_MS;
    return { topic, written: bytes * rate, read: bytes * rate * readers, kept: (all * bytes * hours) / 24 };
  };
  const pins = values.pinBytes;
  const passing: [topic: string, bytes: number, readers: number][] =
    shape === 'fused'
      ? []
      : [
          // Features and co-occurrence.
          ['p2i-candidates', values.candidatesBytes, 2],
          ['p2i-features', values.featuresBytes, 1],
        ];
  return [
    // The replay and the instant lane read it.
    { topic: 'p2i-pins', written: pins * instant, read: pins * (batchRate + instant), kept: all * pins },
    flow('p2i-batch-pins', pins, batchRate, 1),
    ...passing.map(([topic, bytes, readers]) => flow(topic, bytes, batchRate, readers)),
    flow('p2i-ranked', values.rankedBytes, batchRate + instant, 1),
    {
      ...flow('p2i-results', values.resultsBytes, batchRate + instant, 1),
      // Until it is cleaned a partition has each key twice.
      kept: 2 * all * values.resultsBytes,
    },
  ];
}

function brokersOf(
  flows: readonly TopicFlow[],
  partitions: number,
  disk: number,
  values: Values,
): { count: number; why: string } {
  const { replication } = values;
  const written = sum(flows.map(({ written: of }) => of));
  const read = sum(flows.map(({ read: of }) => of));
  const needs: [why: string, brokers: number][] = [
    ['disk space', disk / (values.brokerDiskTb * 1e12)],
    ['disk writes', (written * replication) / (values.brokerDiskMb * 1e6)],
    ['network in', (written * replication) / (values.brokerNetworkMb * 1e6)],
    ['network out', (written * (replication - 1) + read) / (values.brokerNetworkMb * 1e6)],
    ['replicas', (partitions * CORPUS_TOPICS * replication) / values.replicasABroker],
  ];
  const [why, count] = needs.reduce((most, need) => (need[1] > most[1] ? need : most));
  return { count: Math.ceil(count), why };
}

/**
 * The cleaner reads what is clean and what came since, and writes what is clean anew. How much came it holds in a map of
 * 24 bytes a key, filled to 90 % (Kafka's SkimpyOffsetMap): what does not fit has to wait for the next pass, which
 * copies all that is clean once more.
 */
function compactionOf(scale: number, partitions: number, brokers: number, values: Values): Compaction {
  const keys = (scale * values.pinsADay) / partitions;
  const mapBytes = 24 / 0.9;
  const bytes = values.replication * scale * values.pinsADay * values.resultsBytes;
  return {
    keys,
    passes: Math.ceil((keys * mapBytes) / (values.cleanerMapMb * 2 ** 20)),
    map: keys * mapBytes,
    perBroker: (3 * bytes) / DAY_SECONDS / brokers,
  };
}

function costOf(
  pools: readonly Pool[],
  flows: readonly TopicFlow[],
  brokers: number,
  disk: number,
  values: Values,
): Cost {
  const threadHours = pools.map(
    ({ lane, workers, threads }) => workers * threads * (lane === 'batch' ? values.runHours : 24),
  );
  // The instant lane goes on all day; beside a run it is nothing.
  const written = sum(flows.map(({ written: of }) => of)) * values.runHours * 3600;
  return {
    workers: sum(threadHours) * values.threadHour,
    brokers: brokers * values.brokerThreads * 24 * values.threadHour,
    disks: ((disk / 1e9) * values.diskGbMonth) / 30,
    network: (written / 1e9) * values.crossings * values.crossZoneGb,
  };
}

/** The co-occurrence store that has learned from so many Pins. Bytes are those of LMDB. */
export interface StoreSize {
  pins: number;
  terms: number;
  /** What is read of terms, and what is built of them beside. */
  sealedTerms: number;
  buildingTerms: number;
  boards: number;
  sealedBoards: number;
  buildingBoards: number;
}

/** By Heaps' law for terms; boards are as many as the Pins have among them, but for those there are. */
export function storeSizeFor(pins: number, values: Values): StoreSize {
  const terms = values.termsFactor * pins ** values.termsExponent;
  const boards = Math.min(values.boards, pins * values.boardsAPin);
  const { lmdbOverhead } = values;
  return {
    ...{ pins, terms, boards },
    sealedTerms: terms * values.sealedTermBytes * lmdbOverhead,
    buildingTerms: terms * values.buildingTermBytes * lmdbOverhead,
    sealedBoards: boards * values.sealedBoardBytes * lmdbOverhead,
    buildingBoards: pins * values.sampleBytes * lmdbOverhead,
  };
}

function storeNodesFor(pins: number, rate: number, values: Values): number {
  const bytes = storeSizeFor(pins, values).sealedBoards;
  const reads = rate * values.boardsAPin;
  return Math.ceil(Math.max(bytes / 1e9 / values.storeNodeGb, reads / values.storeNodeReads));
}

/** Something that holds only so much. */
export interface Limit {
  /** The same at every scale. */
  limit: string;
  /** It, and what it is at this scale. */
  what: string;
  needs: number;
  holds: number;
  unit: string;
  /** What the design does where it breaks. */
  then: string;
}

/** What breaks, the worst first. */
export function limitsOf(plan: Plan, values: Values): Limit[] {
  const { scale, partitions, batchRate, brokers } = plan;
  const pins = scale * values.pinsADay;
  const pool = (name: string): Pool => plan.pools.find((one) => one.name === name)!;
  const learning =
    values.learningMicros * 1e-6 + (values.consumeSecondsAGb * values.plainCandidatesBytes) / 1e9;
  const largest = plan.pools.reduce((most, one) => (one.needed > most.needed ? one : most));
  const store = storeSizeFor(pins, values);
  const limits: Limit[] = [
    {
      ...{ limit: 'learning', what: 'co-occurrence pool: one worker a store' },
      ...{ needs: batchRate * learning, holds: 1, unit: 'worker' },
      then: 'a run over one Pin in 400, by hash, teaches a generation; then a store for each shard of term hashes',
    },
    {
      ...{ limit: 'replay', what: 'a replay: one process' },
      ...{ needs: batchRate * pool('replay').seconds, holds: 1, unit: 'process' },
      then: 'jobs, one a range of partitions; better: fused workers read p2i-pins themselves, with a run’s headers',
    },
    {
      ...{ limit: 'counts', what: 'Pins that a generation counts' },
      ...{ needs: pins / 1e9, holds: values.countedPins / 1e9, unit: 'billion' },
      then: 'sampled learning stays far below; else f64 where there is u32',
    },
    {
      ...{ limit: 'generation', what: 'a generation in the memory of each machine' },
      ...{ needs: (store.sealedTerms + store.sealedBoards) / 1e9, holds: values.machineStoreGb, unit: 'GB' },
      then: 'terms of a sample stay in process; boards go to Redis Cluster, by hash',
    },
    {
      ...{ limit: 'cleaner', what: 'log cleaner’s map for a partition of p2i-results' },
      ...{ needs: plan.compaction.map / 2 ** 20, holds: values.cleanerMapMb, unit: 'MiB' },
      then: 'log.cleaner.dedupe.buffer.size for a whole partition a thread; publish only what changed',
    },
    {
      ...{ limit: 'group', what: `workers of the largest group (${largest.name})` },
      ...{ needs: largest.needed, holds: values.groupMembers, unit: 'members' },
      then: 'threads in a worker; KIP-848 groups, which do not stop every member',
    },
    {
      ...{ limit: 'partitions', what: 'workers of the largest group, one a partition' },
      ...{ needs: largest.needed, holds: partitions, unit: 'partitions' },
      then: 'threads in a worker; cells',
    },
    {
      ...{ limit: 'replicas', what: 'replicas, for twice as many partitions as workers' },
      needs: 2 * largest.needed * CORPUS_TOPICS * values.replication,
      ...{ holds: values.replicasACluster, unit: 'replicas' },
      then: 'cells; threads in a worker',
    },
    {
      ...{ limit: 'brokers', what: `brokers (for ${plan.brokersFor})` },
      ...{ needs: brokers, holds: values.brokersACluster, unit: 'brokers' },
      then: 'the corpus in tiered storage; no copy of it for a run; cells',
    },
    {
      ...{ limit: 'spaces', what: 'partitions that a publishing worker has' },
      ...{ needs: partitions / pool('publishing').workers, holds: values.storeSpaces, unit: 'partitions' },
      then: 'one space for all partitions: those that a worker had before count as well',
    },
  ];
  return limits.sort((a, b) => b.needs / b.holds - a.needs / a.holds);
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
