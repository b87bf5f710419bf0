import { parsePolicy, type UnsafePolicy } from '../../../consumer/unsafe/policy.ts';
import { readDecisions } from '../../../consumer/unsafe/read.ts';
import { UnsafeRemoval, type UnsafeRemovalOptions } from '../../../consumer/unsafe/removal.ts';
import { AUDIT_TOPIC, type DecisionChange } from '../../../consumer/unsafe/topics.ts';
import { readAll, type Log, type Transaction } from '../../../shared/stream/log.ts';
import type { Interest } from '../../../shared/taxonomy/interest.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';
import { publishVersion } from '../../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../../workers/taxonomies/topic.ts';
import { interestsUnder, resultOf, ZOO } from '../../support/zoo.ts';
import { registry } from '../../workers/made.ts';

/** `cats` (4, and `lions` below it) are removed from 0.5 on, `dogs` (6) reviewed; both thresholds may be hit exactly. */
export const RULES: readonly object[] = [
  { name: 'no cats', interest: 4, threshold: 0.5, action: 'remove' },
  { name: 'mind the dogs', interest: 6, threshold: 0.25, action: 'review' },
];

export function policyOf(rules: readonly object[] = RULES, revision = 1, taxonomy = 'v1'): UnsafePolicy {
  return parsePolicy(JSON.stringify({ taxonomy, revision, rules }), 'policy.json');
}

/** A policy and one that takes its place. */
export const POLICIES: readonly UnsafePolicy[] = [
  policyOf(),
  policyOf(
    [
      { ...RULES[0], threshold: 0.7 },
      { ...RULES[1], action: 'limit' },
    ],
    2,
  ),
];

/** A zoo as its lines say it. @param put in place of those of their ids */
export function zooLines({
  without = [],
  put = [],
}: { without?: number[]; put?: Interest[] } = {}): Interest[] {
  const gone = new Set([...without, ...put.map(({ id }) => id)]);
  return [...ZOO.filter(({ id }) => !gone.has(id)), ...put];
}

export async function publishZoo(
  log: Log,
  version: string,
  lines: readonly Interest[] = ZOO,
): Promise<Taxonomy> {
  const jsonl = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await publishVersion(log, registry, packTaxonomy(jsonl, version, { version, reason: '', published: 1 }));
  return new Taxonomy(lines, version);
}

/** What a record of p2i-results says: scores by interest id, null for a tombstone, bytes that are no value. */
export interface Said {
  pin: string;
  is: Readonly<Record<number, number>> | null | Uint8Array;
  partition?: number;
  /** Absent: v1 of the zoo. */
  taxonomy?: Taxonomy;
  /** Name of the run, of any length. */
  run?: string;
}

const V1 = new Taxonomy(ZOO, 'v1');
const codec = registry.codec<PinInterests>(RESULTS_TOPIC);

/** Writes results, in one transaction. */
export async function say(log: Log, ...all: Said[]): Promise<void> {
  const transaction = log.transaction();
  for (const { pin, is, partition = 0, taxonomy = V1, run = 'run-1' } of all) {
    const key = resultKey(pin, taxonomy.version);
    const value =
      is === null || is instanceof Uint8Array
        ? is
        : codec.encode({ ...resultOf(pin, taxonomy.version, interestsUnder(taxonomy, is)), run });
    transaction.append(RESULTS_TOPIC, partition, { key, timestamp: 1_700_000_000_000, headers: {}, value });
  }
  await transaction.commit();
}

/** One member after another: takes up what stands, decides on what is there, leaves. */
export async function apply(
  log: Log,
  policy: UnsafePolicy,
  options: Partial<UnsafeRemovalOptions> = {},
): Promise<DecisionChange[]> {
  const removal = await UnsafeRemoval.open({ log, registry }, { policy, ...LOUD, ...options });
  const all: DecisionChange[] = [];
  try {
    for await (const changes of removal.run({ until: 'now' })) all.push(...changes);
  } finally {
    await removal.close();
  }
  return all;
}

/** Whatever is reported fails. */
export const LOUD: Omit<UnsafeRemovalOptions, 'policy'> = {
  onUnreadable: (error) => {
    throw error;
  },
  onStale: (stale) => {
    throw new Error(`stale: ${JSON.stringify(stale)}`);
  },
};

/** What stands: by Pin, the action and its rules. */
export async function standing(log: Log): Promise<Record<string, string>> {
  const decisions = await readDecisions({ log, registry });
  const told = [...decisions.values()].map(({ pin, action, reasons }): [string, string] => [
    pin,
    [action, ...reasons.map(({ rule, kept }) => (kept ? `${rule} (kept)` : rule))].join(': '),
  ]);
  return Object.fromEntries(told.sort());
}

/** Changes in few words: `a: allowed → remove`. */
export function inWords(changes: readonly DecisionChange[]): string[] {
  return changes.map(
    ({ pin, before, after, cause }) =>
      `${pin}: ${before?.action ?? 'nothing'} → ${after?.action ?? 'nothing'} (${cause})`,
  );
}

/** All that the audit log says, by partition. */
export async function audit(log: Log): Promise<DecisionChange[][]> {
  const codecOfAudit = registry.codec<DecisionChange>(AUDIT_TOPIC);
  const entries: DecisionChange[][] = [];
  for await (const { partition, value } of readAll(log, AUDIT_TOPIC))
    (entries[partition] ??= []).push(codecOfAudit.decode(value, AUDIT_TOPIC));
  return entries;
}

/** The log with other commits. @param commit gets the real one */
export function withCommits(log: Log, commit: (real: () => Promise<void>) => Promise<void>): Log {
  const transaction = (): Transaction => {
    const real = log.transaction();
    return { ...real, commit: () => commit(() => real.commit()) };
  };
  return new Proxy(log, {
    get(target, name) {
      if (name === 'transaction') return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
