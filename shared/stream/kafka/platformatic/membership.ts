import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConnectionPool,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  ResponseError,
  syncGroupV5,
} from '@platformatic/kafka';
import { SESSION_TIMEOUT_MS } from '../client.ts';
import { assign, type Member } from './assign.ts';
import { type Cluster, Coordinator, FIRST_PAUSE_MS, LAST_PAUSE_MS } from './cluster.ts';
import { answered, retriable } from './errors.ts';

type JoinedMember = joinGroupV9.JoinGroupResponseMember;

export interface MembershipOptions {
  group: string;
  topic: string;
  /** The group was joined: these partitions are this member’s until the next call. */
  joined(partitions: readonly number[]): void;
  /** The brokers refuse membership in a way that no retry mends; it is tried again all the same. */
  refused(error: unknown): void;
}

/**
 * Membership of a consumer group, by Kafka’s classic protocol: joins, sends heartbeats in the background, joins again at
 * each rebalance, and for ever after whatever went wrong.
 *
 * The protocol is eager, but a member goes on with what it has until it is told what it has now: fencing, not the
 * group, keeps two members from one partition.
 */
export class Membership {
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  /** Its own: a broker answers the requests of a connection in turn, and holds a join until all members have joined. */
  readonly #connections: ConnectionPool;
  readonly #coordinator: Coordinator;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  /** Given by the coordinator; empty before. */
  #memberId = '';
  #generation = -1;
  #owned: readonly number[] = [];

  constructor(cluster: Cluster, options: MembershipOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#connections = cluster.pool(REBALANCE_TIMEOUT_MS + 5000);
    this.#coordinator = new Coordinator(cluster, 'group', options.group, this.#connections);
    this.#running = this.#run();
  }

  /** Leaves the group, if its coordinator can be reached soon; else the group notices at the session’s end. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    // Requests in hand, a join that waits perhaps, end with their connection.
    await this.#connections.close();
    await this.#running;
    if (this.#memberId === '') return;
    const connections = this.#cluster.pool(LEAVE_TIMEOUT_MS);
    const coordinator = new Coordinator(this.#cluster, 'group', this.#options.group, connections);
    await coordinator
      .ask((connection) =>
        leaveGroupV5.api.async(connection, this.#options.group, [{ memberId: this.#memberId }]),
      )
      .catch(() => undefined);
    await connections.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
      try {
        this.#owned = await this.#join();
        pause = FIRST_PAUSE_MS;
        if (signal.aborted) return;
        this.#options.joined(this.#owned);
        await this.#stay();
      } catch (error) {
        if (signal.aborted) return;
        if (answered(error, 'REBALANCE_IN_PROGRESS')) continue;
        if (answered(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION')) this.#forget();
        else if (!retriable(error)) this.#options.refused(error);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(2 * pause, LAST_PAUSE_MS);
      }
    }
  }

  /** What this member had is others’ by now: it claims nothing when it joins again. */
  #forget(): void {
    this.#memberId = '';
    this.#owned = [];
  }

  /** @returns the partitions that the group gives this member */
  async #join(): Promise<readonly number[]> {
    const { group, topic } = this.#options;
    const metadata = encodeConsumerProtocolSubscription({
      version: 1,
      topics: [topic],
      ownedPartitions: [{ topic, partitions: [...this.#owned] }],
    });
    const { memberId, generationId, protocolName, leader, members } = await this.#requestJoin(metadata);
    this.#memberId = memberId;
    this.#generation = generationId;
    const assignments = leader === memberId ? await this.#assignments(members) : [];
    const { assignment } = await this.#coordinator.ask((connection) =>
      syncGroupV5.api.async(
        connection,
        group,
        generationId,
        memberId,
        null,
        PROTOCOL_TYPE,
        protocolName,
        assignments,
      ),
    );
    const { assignedPartitions } = decodeConsumerProtocolAssignment(assignment);
    return assignedPartitions.find((assigned) => assigned.topic === topic)?.partitions ?? [];
  }

  async #requestJoin(metadata: Buffer): Promise<joinGroupV9.JoinGroupResponse> {
    const protocols = ASSIGNORS.map((name) => ({ name, metadata }));
    for (;;) {
      try {
        return await this.#coordinator.ask((connection) =>
          joinGroupV9.api.async(
            connection,
            this.#options.group,
            SESSION_TIMEOUT_MS,
            REBALANCE_TIMEOUT_MS,
            this.#memberId,
            null,
            PROTOCOL_TYPE,
            protocols,
            null,
          ),
        );
      } catch (error) {
        // The first request of a member is answered with its id.
        if (!answered(error, 'MEMBER_ID_REQUIRED') || !(error instanceof ResponseError)) throw error;
        this.#memberId = (error.response as joinGroupV9.JoinGroupResponse).memberId;
      }
    }
  }

  /** As the leader: what each member gets. */
  async #assignments(joined: readonly JoinedMember[]): Promise<{ memberId: string; assignment: Buffer }[]> {
    const members = joined.map(({ memberId, metadata }): Member => {
      const { topics, ownedPartitions } = decodeConsumerProtocolSubscription(metadata);
      const owned = new Map(ownedPartitions.map(({ topic, partitions }) => [topic, partitions]));
      return { id: memberId, topics, owned };
    });
    const byMember = new Map(members.map(({ id }) => [id, [] as { topic: string; partitions: number[] }[]]));
    for (const name of new Set(members.flatMap(({ topics }) => topics))) {
      const topic = await this.#cluster.topic(name);
      for (const [id, partitions] of assign(name, topic?.leaders.length ?? 0, members))
        byMember.get(id)!.push({ topic: name, partitions });
    }
    return [...byMember].map(([memberId, assignedPartitions]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({ version: 1, assignedPartitions }),
    }));
  }

  /** Sends heartbeats for as long as the group stays as it is; a coordinator that moved keeps its members. */
  async #stay(): Promise<never> {
    for (;;) {
      await sleep(HEARTBEAT_MS, undefined, { signal: this.#closing.signal });
      try {
        await this.#coordinator.ask((connection) =>
          heartbeatV4.api.async(connection, this.#options.group, this.#generation, this.#memberId),
        );
      } catch (error) {
        if (!retriable(error)) throw error;
      }
    }
  }
}

const PROTOCOL_TYPE = 'consumer';
/** In order of preference. The second is for a group with members on kafkajs, while workers change from one to the other. */
const ASSIGNORS = ['p2i-sticky', 'RoundRobinAssigner'];
/** How soon a member hears of a rebalance, ms. */
const HEARTBEAT_MS = 1000;
/**
 * How long a rebalance waits for members to join again, ms: one that lives does so at its next heartbeat, unless it
 * computes all the while. A killed one holds the others up for no longer.
 */
const REBALANCE_TIMEOUT_MS = 10_000;
const LEAVE_TIMEOUT_MS = 2000;
