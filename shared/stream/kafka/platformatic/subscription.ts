import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Broker,
  type ConnectionPool,
  FetchIsolationLevels,
  fetchV13,
  ProtocolError,
  protocolErrorsCodesById,
} from '@platformatic/kafka';
import {
  type Fetched,
  FETCH_BYTES_PER_PARTITION,
  FETCH_WAIT_MS,
  type KafkaSubscription,
  type SubscribeOptions,
} from '../client.ts';
import { addressOf, check, type Cluster, FIRST_PAUSE_MS, LAST_PAUSE_MS, type Topic } from './cluster.ts';
import { gravest, withErrors } from './errors.ts';
import { Membership } from './membership.ts';
import { committedRecords } from './records.ts';

/** Where a partition is read next. An `advance` puts a new one in its place, which makes a fetch under way void. */
interface Position {
  readonly partition: number;
  readonly from: number;
  /** Not wanted: it is being fetched, or what was fetched waits or is out. */
  taken: boolean;
  /** The last fetch found nothing: the partition is read to its end. */
  atEnd: boolean;
}

/** A connection to a leader that carries one fetch at a time. */
interface Lane {
  readonly connections: ConnectionPool;
  readonly waitMs: number;
  busy: boolean;
}

/**
 * Fetches from each leader over two connections, for a broker answers a connection's requests in turn. One waits at the
 * broker for new records of the partitions that are read to their end; so the other, which fetches what was just asked
 * for, never waits behind it.
 */
export class PlatformaticSubscription implements KafkaSubscription {
  readonly #cluster: Cluster;
  readonly #options: SubscribeOptions;
  readonly #onClose: () => void;
  readonly #membership: Membership | undefined;
  readonly #closing = new AbortController();
  /** By partition that is assigned, once it is known where to read it. */
  #positions = new Map<number, Position>();
  /** Who leads the partitions, when it was last known. */
  #topic: Topic;
  #looking = false;
  /** By address of the leader. */
  readonly #lanes = new Map<string, { atEnd: Lane; behind: Lane }>();
  #failures = 0;
  #waiting: Fetched[] = [];
  /** Calls of `next` that nothing has been there for. */
  readonly #callers = new Set<PromiseWithResolvers<Fetched | undefined>>();
  #refused: Error | undefined;
  /** Counts assignments: the answer to an earlier one is void. */
  #assignment = 0;
  #asked: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, topic: Topic, options: SubscribeOptions, onClose: () => void) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    this.#onClose = onClose;
    const { group } = options;
    if (group === undefined) this.#assign([...topic.leaders.keys()]);
    else {
      this.#membership = new Membership(cluster, {
        group,
        topic: topic.name,
        joined: (partitions) => this.#assign(partitions),
        refused: (error) => this.#refuse(error, `group ${group}`),
      });
    }
  }

  /** @throws P2iError where reading is refused in a way that no retry mends; it is tried again all the same */
  async next(waitMs: number): Promise<Fetched | undefined> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined || this.#closing.signal.aborted) return waiting;
    if (this.#refused !== undefined) {
      const refused = this.#refused;
      this.#refused = undefined;
      throw refused;
    }
    const caller = Promise.withResolvers<Fetched | undefined>();
    this.#callers.add(caller);
    const timer = setTimeout(() => {
      this.#callers.delete(caller);
      caller.resolve(undefined);
    }, waitMs);
    return caller.promise.finally(() => clearTimeout(timer));
  }

  advance(partition: number, offset: number): void {
    if (!this.#positions.has(partition)) return;
    this.#waiting = this.#waiting.filter((fetched) => fetched.partition !== partition);
    this.#positions.set(partition, positionAt(partition, offset));
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#onClose();
    this.#clear();
    for (const caller of this.#callers) caller.resolve(undefined);
    this.#callers.clear();
    await this.#membership?.close();
    const lanes = [...this.#lanes.values()].flatMap(({ atEnd, behind }) => [atEnd, behind]);
    await Promise.all(lanes.map(({ connections }) => connections.close()));
  }

  /** Asks where to read each partition; one question at a time, and only the newest. */
  #assign(partitions: readonly number[]): void {
    const assignment = ++this.#assignment;
    this.#clear();
    this.#asked = this.#asked.then(async () => {
      if (assignment !== this.#assignment) return;
      const offsets = await this.#options.assigned(partitions);
      if (assignment !== this.#assignment || this.#closing.signal.aborted) return;
      for (const [partition, offset] of offsets)
        this.#positions.set(partition, positionAt(partition, offset));
      this.#schedule();
    });
  }

  #clear(): void {
    this.#positions.clear();
    this.#waiting = [];
  }

  /** Starts the fetches that can be started. */
  #schedule(): void {
    const wanted = [...this.#positions.values()].filter(({ taken }) => !taken);
    if (wanted.length === 0 || this.#closing.signal.aborted) return;
    const { leaders } = this.#topic;
    if (wanted.some(({ partition }) => leaders[partition] === undefined)) void this.#look();
    for (const [leader, led] of Map.groupBy(wanted, ({ partition }) => leaders[partition])) {
      if (leader === undefined) continue;
      const { atEnd, behind } = this.#lanesTo(leader);
      // Partitions at their end join the long wait when they can; until then they are asked for among the others.
      const join = atEnd.busy ? [] : led.filter((position) => position.atEnd);
      const rest = led.filter((position) => !join.includes(position));
      if (join.length > 0) void this.#fetch(atEnd, leader, join);
      if (rest.length > 0 && !behind.busy) void this.#fetch(behind, leader, rest);
    }
  }

  #lanesTo(leader: Broker): { atEnd: Lane; behind: Lane } {
    const address = addressOf(leader);
    let lanes = this.#lanes.get(address);
    if (lanes === undefined) {
      const lane = (waitMs: number): Lane => ({
        connections: this.#cluster.pool(FETCH_TIMEOUT_MS),
        waitMs,
        busy: false,
      });
      lanes = { atEnd: lane(FETCH_WAIT_MS), behind: lane(SHORT_WAIT_MS) };
      this.#lanes.set(address, lanes);
    }
    return lanes;
  }

  async #fetch(lane: Lane, leader: Broker, positions: readonly Position[]): Promise<void> {
    lane.busy = true;
    for (const position of positions) position.taken = true;
    const left = new Map(positions.map((position) => [position.partition, position]));
    try {
      const connection = await lane.connections.get(leader);
      const { errorCode, responses } = await withErrors(
        fetchV13.api.async(
          connection,
          lane.waitMs,
          1,
          FETCH_BYTES,
          FetchIsolationLevels.READ_COMMITTED,
          NO_SESSION.id,
          NO_SESSION.epoch,
          [{ topicId: this.#topic.id, partitions: positions.map(toRequest) }],
          [],
          '',
        ),
      );
      check(errorCode);
      const failures: unknown[] = [];
      for (const response of responses[0]?.partitions ?? []) {
        const position = left.get(response.partitionIndex)!;
        try {
          if (await this.#accept(position, response)) left.delete(position.partition);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw gravest(failures);
      this.#failures = 0;
    } catch (error) {
      this.#refuse(error, this.#options.topic);
      await this.#pause();
      await this.#look();
    }
    for (const position of left.values()) position.taken = false;
    lane.busy = false;
    this.#schedule();
  }

  /** @returns false where there was nothing */
  async #accept(position: Position, response: fetchV13.FetchResponsePartition): Promise<boolean> {
    const { partition, from } = position;
    const outOfRange = protocolErrorsCodesById[response.errorCode] === 'OFFSET_OUT_OF_RANGE';
    if (!outOfRange) check(response.errorCode);
    const last = response.records?.at(-1);
    position.atEnd = last === undefined;
    let next: number;
    if (outOfRange) {
      // Retention may have deleted what was asked for. An offset after the end waits until the log gets there.
      [next] = await this.#cluster.listOffsets(this.#topic, [partition], 'first');
      if (next <= from) throw new ProtocolError('OFFSET_NOT_AVAILABLE');
    } else {
      if (last === undefined) return false;
      next = Number(last.firstOffset) + last.lastOffsetDelta + 1;
    }
    if (this.#positions.get(partition) === position)
      this.#deliver({ partition, from, records: committedRecords(response, from), next });
    return true;
  }

  #deliver(fetched: Fetched): void {
    const [caller] = this.#callers;
    if (caller === undefined) this.#waiting.push(fetched);
    else {
      this.#callers.delete(caller);
      caller.resolve(fetched);
    }
  }

  /** Looks up who leads the partitions. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#topic = (await this.#cluster.topic(this.#options.topic)) ?? this.#topic;
    } catch (error) {
      this.#refuse(error, this.#options.topic);
    }
    // An election takes a moment.
    if (this.#topic.leaders.includes(undefined)) await this.#pause();
    this.#looking = false;
    this.#schedule();
  }

  async #pause(): Promise<void> {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LAST_PAUSE_MS);
    await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #refuse(error: unknown, where: string): void {
    const refused = this.#cluster.refusal(error, where);
    if (refused.transient || this.#closing.signal.aborted) return;
    const [caller] = this.#callers;
    if (caller === undefined) this.#refused = refused;
    else {
      this.#callers.delete(caller);
      caller.reject(refused);
    }
  }
}

function positionAt(partition: number, from: number): Position {
  return { partition, from, taken: false, atEnd: false };
}

function toRequest({ partition, from }: Position): fetchV13.FetchRequestPartition {
  return {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: BigInt(from),
    lastFetchedEpoch: -1,
    partitionMaxBytes: FETCH_BYTES_PER_PARTITION,
  };
}

/** A fetch that stands for itself. */
const NO_SESSION = { id: 0, epoch: -1 };
/** Bytes of all partitions in one fetch, about. */
const FETCH_BYTES = 1 << 24;
const FETCH_TIMEOUT_MS = FETCH_WAIT_MS + 10_000;
/** How long what was just asked for may wait behind partitions that are read to their end, ms. */
const SHORT_WAIT_MS = 10;
