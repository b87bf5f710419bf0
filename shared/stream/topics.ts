import { DEAD_LETTERS, REDRIVEN } from './dead-letters.ts';
import type { Log } from './log.ts';
import { LEDGER_TOPIC } from './receipts.ts';

/** How a topic is kept. */
export interface TopicSettings {
  /** One line. */
  meaning: string;
  /** `corpus`: as many partitions as p2i-pins, and every record in the partition of its input. Otherwise a number. */
  partitions: 'corpus' | number;
  /** Settings of Kafka's topics; the embedded log keeps everything. */
  config: Readonly<Record<string, string>>;
}

/** How the workers are: a heartbeat every few seconds from each. */
export const WORKERS_TOPIC = 'p2i-workers';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What stages hand to each other is gone within days: a replay of the corpus makes it again. */
function passing(hours: number, maxBytes: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(hours * HOUR_MS),
    'max.message.bytes': String(maxBytes),
  };
}

const FOREVER = { 'cleanup.policy': 'delete', 'retention.ms': '-1' };
const MIB = 1 << 20;

/** Largest record of any topic, bytes: a batch of features; a taxonomy with its names in every language. */
export const MAX_RECORD_BYTES = 32 * MIB;

/**
 * Every topic of P2I, on Kafka with COMMON_CONFIG too: `compression.type=zstd` holds the brokers to what our producers
 * send anyway, so that a foreign producer's records are kept compressed as well.
 */
export const TOPICS: Readonly<Record<string, TopicSettings>> = {
  'p2i-pins': {
    meaning: 'the corpus: the source of every replay',
    partitions: 'corpus',
    config: { ...FOREVER, 'max.message.bytes': String(8 * MIB) },
  },
  'p2i-batch-pins': {
    meaning: 'Pins of the runs, copied from p2i-pins',
    partitions: 'corpus',
    config: passing(48, 8 * MIB),
  },
  'p2i-candidates': {
    meaning: 'Pins with their candidate interests',
    partitions: 'corpus',
    config: passing(24, 16 * MIB),
  },
  'p2i-features': {
    meaning: 'the features of every candidate',
    partitions: 'corpus',
    config: passing(12, MAX_RECORD_BYTES),
  },
  'p2i-ranked': {
    meaning: 'the interests that either lane found, before the newest is published',
    partitions: 'corpus',
    config: passing(24, 8 * MIB),
  },
  'p2i-results': {
    meaning: 'the interests of every Pin, one record a Pin and taxonomy version',
    partitions: 'corpus',
    config: {
      'cleanup.policy': 'compact',
      // A deletion stays readable for longer than two daily runs take, so that a late consumer sees it.
      'delete.retention.ms': String(7 * DAY_MS),
    },
  },
  'p2i-results-shadow': {
    meaning: 'what shadow runs found, to be compared with what is published',
    partitions: 'corpus',
    config: {
      'cleanup.policy': 'delete',
      // Long enough to look at it and to decide.
      'retention.ms': String(7 * DAY_MS),
    },
  },
  'p2i-taxonomy': {
    meaning: 'published taxonomy versions',
    partitions: 1,
    config: { 'cleanup.policy': 'compact', 'max.message.bytes': String(MAX_RECORD_BYTES) },
  },
  [LEDGER_TOPIC]: {
    meaning: 'what was done with the Pins of each run: its ledger is added up from it',
    partitions: 'corpus',
    // Longer than any run takes: a ledger that is lost is added up again.
    config: { 'cleanup.policy': 'delete', 'retention.ms': String(14 * DAY_MS) },
  },
  [WORKERS_TOPIC]: {
    meaning: 'heartbeats of the workers: what `p2i status` reads',
    partitions: 1,
    // Only a segment that is full or old enough is deleted.
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(HOUR_MS),
      'segment.ms': String(HOUR_MS / 6),
    },
  },
  'p2i-runs': {
    meaning: 'runs and schedules: what each is to do, and its state',
    partitions: 1,
    config: { 'cleanup.policy': 'compact' },
  },
  'p2i-removals': {
    meaning: 'what the unsafe-content policy does with Pins: the newest decision of each',
    partitions: 'corpus',
    // As p2i-results: that a Pin was deleted stays readable for days.
    config: { 'cleanup.policy': 'compact', 'delete.retention.ms': String(7 * DAY_MS) },
  },
  'p2i-removals-audit': {
    meaning: 'each change of what the unsafe-content policy does with a Pin, and why',
    partitions: 'corpus',
    config: FOREVER,
  },
  'p2i-removals-policies': {
    meaning: 'which unsafe-content policy the decisions of each partition are by',
    partitions: 1,
    config: { 'cleanup.policy': 'compact' },
  },
  [DEAD_LETTERS]: {
    meaning: 'what failed, where, why, and the original bytes',
    partitions: 'corpus',
    // A letter holds a whole record, and says why.
    config: { ...FOREVER, 'max.message.bytes': String(MAX_RECORD_BYTES + MIB) },
  },
  [REDRIVEN]: {
    meaning: 'which dead letters were redriven, and when',
    partitions: 1,
    config: FOREVER,
  },
};

/**
 * Settings of every topic. Retention goes by the time of the broker: by that of the records, which is what they are
 * about, a Pin of last year would be deleted as soon as it is copied for a run.
 */
export const COMMON_CONFIG = { 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' };

/** How many partitions the topic has where the corpus has `corpus`. */
export function partitionsOf({ partitions }: TopicSettings, corpus: number): number {
  return partitions === 'corpus' ? corpus : partitions;
}

/** Makes every topic that is not there. @param corpus its partitions */
export async function createTopics(log: Log, corpus: number): Promise<void> {
  for (const [topic, settings] of Object.entries(TOPICS))
    await log.createTopic(topic, partitionsOf(settings, corpus));
}
