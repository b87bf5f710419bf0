import type { ErrorCode } from '../../shared/errors/errors.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import type { Phase } from '../../shared/stream/observer.ts';
import { WORKERS_TOPIC } from '../../shared/stream/topics.ts';

/** Value of p2i-workers. Exactly the fields of schemas/p2i-workers.avsc. */
export interface Heartbeat {
  /** Name of the worker, which no other process ever has. */
  worker: string;
  group: string;
  /** The topic that the pool reads. */
  topic: string;
  stages: string[];
  lane: Lane;
  host: string;
  pid: number;
  /** Of the program. */
  version: string;
  threads: number;
  /** Milliseconds since 1970. */
  started: number;
  at: number;
  /** Time that this heartbeat is about, which ends at `at`. */
  seconds: number;
  /** The worker was asked to stop: this is its last one. */
  leaving: boolean;
  /** Share of the time in which it did not wait for records, in [0, 1]. */
  busyShare: number;
  work: StageWork[];
  partitions: PartitionPlace[];
  /** Pins that an offset of its topic stood for lately; null where it has read nothing. */
  pinsPerOffset: number | null;
  /** What keeps it from working now. */
  failing: ErrorCode | null;
}

/** What a stage did in the time that a heartbeat is about. */
export interface StageWork {
  stage: string;
  pinsIn: number;
  pinsOut: number;
  pinsFailed: number;
  seconds: Partial<Record<Phase, number>>;
}

export interface PartitionPlace {
  partition: number;
  /** The offset from which the group goes on. */
  committed: number;
  /** The offset after everything that the partition holds. */
  end: number;
}

/** How often a worker says how it is, ms. */
export const HEARTBEAT_MS = 5000;

/** Appends a heartbeat. Durable once this resolves. @throws P2iError of the log */
export async function writeHeartbeat(log: Log, registry: Registry, heartbeat: Heartbeat): Promise<void> {
  const transaction = log.transaction();
  transaction.append(WORKERS_TOPIC, 0, {
    key: heartbeat.worker,
    timestamp: heartbeat.at,
    headers: {},
    value: registry.codec<Heartbeat>(WORKERS_TOPIC).encode(heartbeat),
  });
  await transaction.commit();
}

/**
 * The heartbeats since a time, oldest first; none where there is no such topic.
 *
 * @param since milliseconds since 1970
 * @throws P2iError of the log; REGISTRY_UNAVAILABLE
 */
export async function readHeartbeats(log: Log, registry: Registry, since: number): Promise<Heartbeat[]> {
  if ((await log.partitions(WORKERS_TOPIC)) === 0) return [];
  const [from] = await log.offsetsAt(WORKERS_TOPIC, since);
  const codec = registry.codec<Heartbeat>(WORKERS_TOPIC);
  const heartbeats: Heartbeat[] = [];
  for await (const { offset, value } of readAll(log, WORKERS_TOPIC, new Map([[0, from]]))) {
    // Of a worker that is newer than this program, perhaps.
    await registry.learn(value);
    heartbeats.push(codec.decode(value, `${WORKERS_TOPIC}-0@${offset}`));
  }
  return heartbeats;
}
