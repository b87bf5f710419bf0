/** A number that the plan and the simulation go by. */
export interface Input {
  value: number;
  unit: string;
  /** `asked`, or `measured` by a command of this repository or read in its code, or `assumed`. */
  kind: 'asked' | 'measured' | 'assumed';
  /** The command that measured it or the file that says so, or why it is assumed. */
  source: string;
}

/**
 * Every input of docs/scale.md. A figure that is measured anew is changed here, and
 * `node bench/scale-simulation.ts --doc docs/scale.md` works out the rest.
 */
export const INPUTS = {
  pinsADay: asked(200e9, 'Pins', 'the corpus, all of which a daily run classifies'),
  newPinsASecond: asked(10_000, 'Pins/s', 'the instant lane, on average'),
  runHours: asked(20, 'h', 'a daily run takes no longer, which leaves four hours to make good a bad night'),
  instantPeak: assumed(1.5, '× mean', 'people save in waves: the evening against the whole day'),

  fusedMicros: measured(133, 'CPU µs/Pin', 'bench/pools.ts: fused, platformatic, a Tate Pin'),
  candidatesMicros: measured(208, 'CPU µs/Pin', 'bench/pools.ts: pools, platformatic'),
  featuresMicros: measured(258, 'CPU µs/Pin', 'bench/pools.ts: pools, platformatic'),
  rankingMicros: measured(228, 'CPU µs/Pin', 'bench/pools.ts: pools, platformatic'),
  publishingMicros: measured(17, 'CPU µs/Pin', 'bench/pools.ts: fused, platformatic'),
  fullPin: measured(1.9, '× Tate Pin', 'bench/scale-inputs.ts: CPU of a Pin with everything, fused'),
  replaySecondsAGb: measured(
    14.5,
    'CPU s/GB',
    'bench/kafka-clients.ts: Pins, read-process-write, platformatic',
  ),
  learningMicros: measured(55, 'CPU µs/Pin', 'bench/scale-inputs.ts: to learn a Pin, all of Tate'),
  consumeSecondsAGb: measured(3, 'CPU s/GB', 'bench/kafka-clients.ts: features, consume, platformatic'),
  threadsAWorker: assumed(
    1,
    'cores',
    'a worker computes on one thread; with several, there are fewer members',
  ),
  utilisation: assumed(0.7, 'of a core', 'above that, one slow or lost worker makes the others late'),

  promptUtilisation: assumed(
    0.5,
    'of a core',
    'the same on the way of new Pins, whose slowest worker must keep up too',
  ),

  transactionMs: measured(
    7.5,
    'ms',
    'bench/kafka-clients.ts: one Pin in a transaction, median, platformatic',
  ),
  transactionSpread: measured(1.6, 'p99/p50', 'the same line: 12 ms against 7.5'),
  replicationMs: assumed(
    4,
    'ms',
    'three zones: two round trips of 1–2 ms to in-sync replicas; measured with one broker',
  ),
  fetchMs: measured(3.7, 'ms', 'bench/kafka-clients.ts: one Pin, produced to consumed, median, platformatic'),
  recordPins: measured(
    256,
    'Pins',
    'workers/ingest.ts: Pins of a record; a poll of 256 KiB takes one of them',
  ),
  copiedPins: measured(768, 'Pins', 'workers/replay.ts: three such records are the 1 MiB of a poll'),
  publishedPins: measured(1536, 'Pins', 'six records of p2i-ranked are the 256 KiB of a poll'),
  storeWaitMicros: assumed(
    80,
    'µs/Pin',
    'publishing reads a rank from NVMe, 4 KiB at depth 1: its store is larger than memory',
  ),
  instantCycleMs: assumed(
    350,
    'ms',
    'to go once around the partitions of a worker; twice that and four commits are below 1 s',
  ),

  pinBytes: measured(1336, 'B, zstd', 'bench/scale-inputs.ts: a Pin with everything, 256 floats of noise'),
  plainPinBytes: measured(1959, 'B', 'the same before compression'),
  candidatesBytes: measured(3111, 'B, zstd', 'bench/pools.ts'),
  plainCandidatesBytes: measured(11_920, 'B', 'bench/wire.ts'),
  featuresBytes: measured(2842, 'B, zstd', 'bench/pools.ts'),
  rankedBytes: measured(128, 'B, zstd', 'bench/pools.ts'),
  resultsBytes: measured(187, 'B, zstd', 'bench/pools.ts'),
  rankBytes: measured(314, 'B/Pin', 'bench/scale-inputs.ts: publishing’s LMDB file after two runs'),

  replication: assumed(3, 'copies', 'one a zone'),
  brokerDiskMb: assumed(
    500,
    'MB/s',
    'half of what NVMe or a striped gp3 writes: the cleaner and readers take the rest',
  ),
  brokerNetworkMb: assumed(900, 'MB/s', '60 % of 12.5 Gbit/s, each way'),
  brokerDiskTb: assumed(30, 'TB', 'a machine with four NVMe disks'),
  brokerThreads: assumed(16, 'threads', 'the machine that has these disks and that network'),
  replicasABroker: assumed(4000, 'replicas', 'Kafka’s rule of thumb'),
  replicasACluster: assumed(
    200_000,
    'replicas',
    'Kafka’s rule of thumb; KRaft was shown with more, not under transactions',
  ),
  brokersACluster: assumed(200, 'brokers', 'clusters above that are rare'),
  groupMembers: assumed(1000, 'members', 'an eager rebalance stops all of them; larger groups hardly settle'),
  cleanerMapMb: assumed(128, 'MiB', 'log.cleaner.dedupe.buffer.size as brokers are shipped'),
  storeSpaces: measured(
    16_384,
    'partitions',
    'MAX_SPACES of shared/store/lmdb.ts: all that a publishing worker ever had',
  ),
  countedPins: measured(2 ** 32, 'Pins', 'u32 of shared/cooccurrence/tally.ts'),

  termsFactor: measured(57.1, 'terms', 'bench/scale-inputs.ts: terms = factor × Pins^exponent, within 0.4 %'),
  termsExponent: measured(0.71, '', 'the same, from 8,579 to 69,202 Pins'),
  sealedTermBytes: measured(238, 'B', 'bench/scale-inputs.ts: hardly changes with the corpus'),
  buildingTermBytes: measured(373, 'B', 'bench/scale-inputs.ts'),
  sampleBytes: measured(164, 'B/Pin', 'bench/scale-inputs.ts: samples of boards, all of Tate'),
  sealedBoardBytes: measured(425, 'B', 'bench/scale-inputs.ts'),
  lmdbOverhead: measured(2.1, '× values', 'bench/scale-inputs.ts: LMDB’s file against the values in it'),
  learnedPins: assumed(500e6, 'Pins', 'one in 400 teaches a generation: 7,000 times Tate'),
  boards: assumed(10e9, 'boards', 'Pinterest has told of some 10^10'),
  boardsAPin: assumed(6, 'boards', 'as a Pin with everything has'),
  machineStoreGb: assumed(128, 'GB', 'memory of a machine, for the generation that its workers share'),
  storeNodeGb: assumed(256, 'GB', 'a node of Redis Cluster'),
  storeNodeReads: assumed(500_000, 'reads/s', 'a node of Redis Cluster, many keys a call'),

  rebalanceSeconds: assumed(
    3,
    's',
    'a heartbeat of 1 s, the batch in hand, and taking over transactional ids',
  ),
  sessionSeconds: measured(
    20,
    's',
    'SESSION_TIMEOUT_MS of shared/stream/kafka/client.ts: until a dead worker is missed',
  ),
  electionSeconds: assumed(10, 's', 'until the partitions of a dead broker have other leaders'),
  startSeconds: assumed(30, 's', 'to place a pod; the worker itself takes 2 s'),
  scalerSeconds: assumed(
    15,
    's',
    'between two looks at the lag; workers at most double in that time (Kubernetes’ default)',
  ),
  scalerTolerance: assumed(
    0.1,
    'of the workers',
    'a smaller difference changes nothing (Kubernetes’ default)',
  ),
  cooldownSeconds: assumed(300, 's', 'before workers are given back (Kubernetes’ and KEDA’s default)'),
  targetLagSeconds: assumed(60, 's', 'lag that one worker answers for: what it does in so long'),
  workerDeathsADay: assumed(0.1, 'a worker', 'one in ten days: spot machines, evictions, releases'),
  workerSpread: assumed(0.1, 'of its speed', 'neighbours on the machine'),

  threadHour: assumed(0.04, '$/h', 'on-demand list price, US region, as of 2025'),
  crossZoneGb: assumed(0.02, '$/GB', 'both directions, list price as of 2025'),
  crossings: assumed(3.33, 'a byte', 'to the leader 2/3, to two followers 2, to a reader 2/3'),
  diskGbMonth: assumed(0.08, '$/GB', 'network disk, list price as of 2025'),
} as const satisfies Record<string, Input>;

/** The bare numbers, by name. */
export type Values = Record<keyof typeof INPUTS, number>;

export const VALUES: Readonly<Values> = Object.fromEntries(
  Object.entries(INPUTS).map(([name, { value }]) => [name, value]),
) as Values;

function asked(value: number, unit: string, source: string): Input {
  return { value, unit, kind: 'asked', source };
}

function measured(value: number, unit: string, source: string): Input {
  return { value, unit, kind: 'measured', source };
}

function assumed(value: number, unit: string, source: string): Input {
  return { value, unit, kind: 'assumed', source };
}
