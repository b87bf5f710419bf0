import { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { isBehind, type Consumer, type Log, type LogRecord, type Polled } from '../../shared/stream/log.ts';
import { partitionsOf, TOPICS } from '../../shared/stream/topics.ts';
import { pinAndTaxonomy, RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import { ResultDecoder } from '../results/decoder.ts';
import { steps } from '../steps.ts';
import { PublishedTaxonomy } from '../taxonomies/published.ts';
import type { Decision } from './decision.ts';
import { Draft } from './draft.ts';
import type { UnsafePolicy } from './policy.ts';
import {
  AUDIT_TOPIC,
  POLICIES_TOPIC,
  REMOVAL_TOPICS,
  REMOVALS_TOPIC,
  RemovalTopic,
  type DecisionChange,
  type PolicyInForce,
} from './topics.ts';
import { UnderstoodPolicy, type StaleSubject } from './understood.ts';

export interface UnsafeRemovalOptions {
  policy: UnsafePolicy;
  /** Is told of each record that cannot be read: what stands for its Pin stays. */
  onUnreadable: (error: P2iError) => void;
  /** Is told of what the taxonomy has forgotten: at the start, and with each version that appears. */
  onStale: (stale: readonly StaleSubject[]) => void;
}

/** A partition that this member has. */
interface TakenUp {
  epoch: number;
  /** By Pin id: what stands. */
  decisions: Map<string, Decision>;
  /** False: p2i-removals-policies is yet to say that the decisions are by this policy. */
  adopted: boolean;
  /** Decisions of another policy that are not examined by this offset are of Pins that have no result; undefined: there are none. */
  examineUntil: number | undefined;
}

/** Where the log and its registry are. */
interface Opened {
  log: Log;
  registry: Registry;
}

/** All members share one group, whatever policy they have: that makes one of them the only writer of each partition. */
export const REMOVAL_GROUP = 'p2i-unsafe';

/**
 * Applies an unsafe-content policy to p2i-results: writes what stands for each Pin to p2i-removals and each change of it to
 * p2i-removals-audit, in one transaction with the offset of the results that made it, so that none is lost and none is
 * there twice, whatever is killed. A Pin in which nothing was ever found takes no memory, another one about a kilobyte.
 *
 * A policy that differs from the one in force takes its place: the partition is read again from its beginning, and each
 * decision of the old policy is confirmed, changed or taken back.
 */
export class UnsafeRemoval {
  readonly #log: Log;
  readonly #consumer: Consumer;
  readonly #decoder: ResultDecoder;
  readonly #taxonomy: PublishedTaxonomy;
  readonly #options: UnsafeRemovalOptions;
  readonly #removals: RemovalTopic<Decision>;
  readonly #audit: RemovalTopic<DecisionChange>;
  readonly #policies: RemovalTopic<PolicyInForce>;
  readonly #takenUp = new Map<number, TakenUp>();
  #understood: UnderstoodPolicy;

  private constructor(
    opened: Opened,
    consumer: Consumer,
    taxonomy: PublishedTaxonomy,
    understood: UnderstoodPolicy,
    options: UnsafeRemovalOptions,
  ) {
    this.#log = opened.log;
    this.#consumer = consumer;
    this.#decoder = new ResultDecoder(opened.registry);
    this.#taxonomy = taxonomy;
    this.#understood = understood;
    this.#options = options;
    this.#removals = new RemovalTopic(REMOVALS_TOPIC, opened);
    this.#audit = new RemovalTopic(AUDIT_TOPIC, opened);
    this.#policies = new RemovalTopic(POLICIES_TOPIC, opened);
  }

  /**
   * Joins the group; makes the topics where they are not there.
   *
   * @param opened of `P2iConsumer.connect(address, REMOVAL_TOPICS)`
   * @throws P2iError TAXONOMY_UNKNOWN where the policy's taxonomy version is not live; POLICY_INVALID where that has not all
   *   interests of the policy; of the log; of the registry
   */
  static async open(opened: Opened, options: UnsafeRemovalOptions): Promise<UnsafeRemoval> {
    const { log, registry } = opened;
    const { policy, onUnreadable, onStale } = options;
    const taxonomy = await PublishedTaxonomy.open(log, registry, {
      version: policy.taxonomy,
      onInvalid: onUnreadable,
    });
    const understood = new UnderstoodPolicy(policy, taxonomy);
    if (understood.stale.length > 0) onStale(understood.stale);
    const partitions = await log.partitions(RESULTS_TOPIC);
    for (const topic of REMOVAL_TOPICS)
      if (partitions > 0) await log.createTopic(topic, partitionsOf(TOPICS[topic], partitions));
    const consumer = await log.consumer(RESULTS_TOPIC, REMOVAL_GROUP);
    return new UnsafeRemoval(opened, consumer, taxonomy, understood, options);
  }

  /**
   * Decides on results as they come.
   *
   * @param until `now`: ends with what is there at the call. Absent: goes on
   * @param signal ends it
   * @returns the changes of each transaction that made some, once it is committed
   * @throws P2iError POLICY_INVALID where the policy in force is a later revision, or another one of the same; of the log, the
   *   registry or a codec what no retry mends
   */
  async *run({ until, signal }: { until?: 'now'; signal?: AbortSignal } = {}): AsyncGenerator<
    readonly DecisionChange[]
  > {
    const ends = until === 'now' ? await this.#log.endOffsets(RESULTS_TOPIC) : undefined;
    const isDone = (): boolean => ends !== undefined && this.#isDone(ends);
    for await (const changes of steps(() => this.#step(), signal, isDone))
      if (changes.length > 0) yield changes;
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    await this.#consumer.close();
  }

  /**
   * Takes up what is new to this member, then decides on one poll.
   *
   * @returns what changed; null where there was nothing to do
   */
  async #step(): Promise<readonly DecisionChange[] | null> {
    const places = [...this.#consumer.partitions()];
    const fresh = places.filter(([partition, { epoch }]) => this.#takenUp.get(partition)?.epoch !== epoch);
    if (fresh.length > 0) {
      const inForce = await this.#policies.latest();
      for (const [partition, { epoch }] of fresh)
        await this.#takeUp(partition, epoch, inForce.get(String(partition)));
    }
    const polled = await this.#consumer.poll(POLL_BYTES, POLL_WAIT_MS);
    if (polled === null) return this.#settle();
    const takenUp = this.#takenUp.get(polled.partition);
    try {
      if (takenUp?.epoch === polled.epoch) return await this.#decide(polled, takenUp);
    } catch (error) {
      this.#giveBack(polled);
      throw error;
    }
    // It was taken up anew meanwhile: the next step looks at what stands first.
    this.#giveBack(polled);
    return [];
  }

  /** What was polled is polled again; where the partition was taken up anew since, the consumer sees to that. */
  #giveBack({ partition, epoch, from }: Polled): void {
    if (this.#consumer.partitions().get(partition)?.epoch === epoch) this.#consumer.seek(partition, from);
  }

  /** Reads what stands, and goes back to the beginning where that is by another policy. */
  async #takeUp(partition: number, epoch: number, inForce: PolicyInForce | undefined): Promise<void> {
    const { hash } = this.#understood.policy;
    this.#checkRevision(inForce, partition);
    const decisions = await this.#removals.latest(partition);
    const first = (await this.#log.offsetsAt(RESULTS_TOPIC, 0))[partition];
    const end = (await this.#log.endOffsets(RESULTS_TOPIC))[partition];
    // Taken up anew meanwhile: what was read may be out of date, and where to go on is another question.
    if (this.#consumer.partitions().get(partition)?.epoch !== epoch) return;
    const adopted = inForce?.policy === hash;
    if (!adopted) this.#consumer.seek(partition, first);
    const isExamined = adopted && [...decisions.values()].every(({ policy }) => policy === hash);
    const examineUntil = isExamined ? undefined : end;
    this.#takenUp.set(partition, { epoch, decisions, adopted, examineUntil });
  }

  #checkRevision(inForce: PolicyInForce | undefined, partition: number): void {
    const { hash, revision } = this.#understood.policy;
    if (inForce === undefined || inForce.policy === hash || inForce.revision < revision) return;
    const message = `policy ${inForce.policy} of revision ${inForce.revision} is in force; policy ${hash} of revision ${revision} takes its place with a greater revision only`;
    throw new P2iError('POLICY_INVALID', message, { where: `${REMOVALS_TOPIC}-${partition}` });
  }

  async #decide(polled: Polled, takenUp: TakenUp): Promise<readonly DecisionChange[]> {
    const { partition, records } = polled;
    const unreadable: LogRecord[] = [];
    const { updates, next } = await this.#decoder.decode(polled, (error, record) => {
      unreadable.push(record);
      this.#options.onUnreadable(error);
    });
    if ((await this.#taxonomy.takeUp(updates)).length > 0) this.#understandAnew();
    const draft = this.#draft(takenUp);
    const times = new Map(records.map(({ offset, timestamp }) => [offset, timestamp]));
    for (const update of updates) draft.decide(update, times.get(update.offset)!);
    for (const { key, offset, timestamp } of unreadable)
      draft.keep(pinAndTaxonomy(key).pin, { partition, offset }, timestamp);
    await this.#commit(draft, partition, takenUp, next);
    return draft.changes;
  }

  /** Commits what is left to do in a partition that is read to its end: one a step. */
  async #settle(): Promise<readonly DecisionChange[] | null> {
    for (const [partition, { position, epoch }] of this.#consumer.partitions()) {
      const takenUp = this.#takenUp.get(partition);
      if (takenUp?.epoch !== epoch || !(position >= takenUp.examineUntil!)) continue;
      const draft = this.#draft(takenUp);
      await this.#commit(draft, partition, takenUp, position);
      return draft.changes;
    }
    return null;
  }

  #draft({ decisions }: TakenUp): Draft {
    return new Draft(decisions, this.#understood, this.#taxonomy);
  }

  async #commit(draft: Draft, partition: number, takenUp: TakenUp, next: number): Promise<void> {
    const isExamined = next >= (takenUp.examineUntil ?? Infinity);
    if (isExamined) draft.endOthers(Date.now());
    const transaction = this.#log.transaction();
    for (const change of draft.changes) {
      const { pin: key, after, time: timestamp } = change;
      const record = { key, timestamp, headers: {} };
      const value = after && this.#removals.encode(after);
      transaction.append(REMOVALS_TOPIC, partition, { ...record, value });
      transaction.append(AUDIT_TOPIC, partition, { ...record, value: this.#audit.encode(change) });
    }
    if (!takenUp.adopted) {
      const value = this.#policies.encode(this.#inForce(partition));
      const record = { key: String(partition), timestamp: Date.now(), headers: {}, value };
      transaction.append(POLICIES_TOPIC, 0, record);
    }
    transaction.consumed(REMOVAL_GROUP, RESULTS_TOPIC, partition, next, takenUp.epoch);
    await transaction.commit();
    draft.apply();
    takenUp.adopted = true;
    if (isExamined) takenUp.examineUntil = undefined;
  }

  #inForce(partition: number): PolicyInForce {
    const { hash: policy, revision, taxonomy, rules } = this.#understood.policy;
    return { partition, policy, revision, taxonomy, rules: JSON.stringify(rules), time: Date.now() };
  }

  /** A version of the taxonomy appeared. */
  #understandAnew(): void {
    this.#understood = new UnderstoodPolicy(this.#understood.policy, this.#taxonomy);
    if (this.#understood.stale.length > 0) this.#options.onStale(this.#understood.stale);
  }

  /** A member that has no partition yet is not done. */
  #isDone(ends: readonly number[]): boolean {
    const partitions = this.#consumer.partitions();
    if (partitions.size === 0 || isBehind(this.#consumer, ends)) return false;
    for (const [partition, { epoch }] of partitions) {
      const takenUp = this.#takenUp.get(partition);
      if (takenUp?.epoch !== epoch || takenUp.examineUntil !== undefined) return false;
    }
    return true;
  }
}

const POLL_BYTES = 1 << 20;
const POLL_WAIT_MS = 500;
