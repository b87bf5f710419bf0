import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import type { RecordPlace } from '../results/update.ts';
import type { Decision } from './decision.ts';

/** What stands for each Pin that a policy has ever found something in. Key: Pin id. */
export const REMOVALS_TOPIC = 'p2i-removals';

/** Each change of what stands, for ever. Key: Pin id. */
export const AUDIT_TOPIC = 'p2i-removals-audit';

/** Which policy the decisions of each partition are by. Key: the partition. */
export const POLICIES_TOPIC = 'p2i-removals-policies';

/** What the removal of unsafe Pins writes. */
export const REMOVAL_TOPICS = [REMOVALS_TOPIC, AUDIT_TOPIC, POLICIES_TOPIC] as const;

/**
 * Why what stands for a Pin changed: a result of it came; it was deleted; under a new policy it turned out that no result
 * of it is left; or its result cannot be read, so that under the new policy stands what stood.
 */
export type Cause = 'result' | 'deleted' | 'gone' | 'unreadable';

/** Value of p2i-removals-audit: exactly the fields of schemas/p2i-removals-audit.avsc. */
export interface DecisionChange {
  pin: string;
  cause: Cause;
  /** Null where nothing stood. */
  before: Decision | null;
  /** Null where nothing stands any more. */
  after: Decision | null;
  /** Hash of the policy that decided. */
  policy: string;
  revision: number;
  /** The record of p2i-results that made the change; null where none did. */
  result: RecordPlace | null;
  /** Of that record, milliseconds since 1970; else of the change. */
  time: number;
}

/** Value of p2i-removals-policies: exactly the fields of schemas/p2i-removals-policies.avsc. */
export interface PolicyInForce {
  partition: number;
  /** Its hash. */
  policy: string;
  revision: number;
  /** The version that it is stated in. */
  taxonomy: string;
  /** Its rules, as JSON. */
  rules: string;
  /** Since when, milliseconds since 1970. */
  time: number;
}

/** A topic of removals with its codec. */
export class RemovalTopic<T> {
  readonly name: (typeof REMOVAL_TOPICS)[number];
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #codec: Codec<T>;

  constructor(name: (typeof REMOVAL_TOPICS)[number], { log, registry }: { log: Log; registry: Registry }) {
    this.name = name;
    this.#log = log;
    this.#registry = registry;
    this.#codec = registry.codec<T>(name);
  }

  encode(value: T): Uint8Array {
    return this.#codec.encode(value);
  }

  /**
   * What is committed now, in order within each partition; nothing where there is no topic.
   *
   * @param partition that alone; absent: all
   * @throws P2iError of the log, the registry or the codec
   */
  async *read(partition?: number): AsyncGenerator<{ key: string; value: T | null }> {
    if ((await this.#log.partitions(this.name)) === 0) return;
    const from = partition === undefined ? undefined : new Map([[partition, 0]]);
    for await (const record of readAll(this.#log, this.name, from)) {
      await this.#registry.learn(record.value);
      const where = `${this.name}-${record.partition}@${record.offset}`;
      yield { key: record.key, value: record.value && this.#codec.decode(record.value, where) };
    }
  }

  /** What stands for each key. @throws as `read` does */
  async latest(partition?: number): Promise<Map<string, T>> {
    const latest = new Map<string, T>();
    for await (const { key, value } of this.read(partition)) {
      if (value === null) latest.delete(key);
      else latest.set(key, value);
    }
    return latest;
  }
}
