import type { Redis } from 'ioredis';
import { redisError } from '../../shared/connections/redis.ts';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { isBehind, type Log, type Polled } from '../../shared/stream/log.ts';
import { LEDGER_TOPIC, type Receipt } from '../../shared/stream/receipts.ts';

/** The ledger of a run in one partition, Pins. What is copied is in the end published, superseded or a dead letter. */
export interface PartitionLedger {
  partition: number;
  /** Copied to p2i-batch-pins. */
  pinsIn: number;
  /** Results that were written, tombstones of Pins that are gone among them. */
  results: number;
  /** A newer result stood there already: nothing was written. */
  superseded: number;
  deadLetters: number;
  /** Of the dead letters, those that were redriven since and have a result. */
  redriven: number;
  /** All of the run is copied. */
  copied: boolean;
  /** All of the run has come out of publishing: nothing is on its way any more. */
  ended: boolean;
}

export interface RunLedger {
  partitions: PartitionLedger[];
  /** All partitions together. */
  total: Omit<PartitionLedger, 'partition'>;
  /** Pins that are on their way, or, where all has ended, missing: negative where some were counted twice. */
  left: number;
}

/** Who copies, in receipts. */
export const REPLAY = 'replay';
const PUBLISHING = 'publishing';

/** How long the ledger of a run is kept after its last receipt, seconds. */
const KEPT_SECONDS = 90 * 86_400;
const OFFSETS_KEY = 'p2i:{ledger}:offsets';

/**
 * Adds receipts of a partition up and moves its offset on, both or neither; nothing where another follower has done that
 * meanwhile. KEYS: offsets, then a ledger each run. ARGV: partition, from, next, seconds that a ledger is kept, then
 * (index of the ledger's key, field, amount) a sum.
 */
const ADD_UP = `
local at = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if at ~= tonumber(ARGV[2]) then return 0 end
for i = 5, #ARGV, 3 do redis.call('HINCRBY', KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]) end
for k = 2, #KEYS do redis.call('EXPIRE', KEYS[k], ARGV[4]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;

/**
 * Follows p2i-ledger and adds its receipts up in Redis, run by run and partition by partition. Sums and offsets change
 * together, so each receipt counts once, however many follow, whoever is killed. A Redis that has lost everything is
 * filled again from the topic.
 */
export class LedgerFollower {
  readonly #log: Log;
  readonly #codec: Codec<Receipt>;
  readonly #redis: Redis;

  constructor(log: Log, registry: Registry, redis: Redis) {
    this.#log = log;
    this.#codec = registry.codec(LEDGER_TOPIC);
    this.#redis = redis;
  }

  /**
   * Adds up all that the topic holds now.
   *
   * @returns how many receipts were new
   * @throws P2iError of the log; REDIS_UNAVAILABLE. Nothing is lost then, and nothing counted twice
   */
  async catchUp(signal?: AbortSignal): Promise<number> {
    if ((await this.#log.partitions(LEDGER_TOPIC)) === 0) return 0;
    const ends = await this.#log.endOffsets(LEDGER_TOPIC);
    const behind = new Map<number, number>();
    const offsets = await asked(this.#redis.hgetall(OFFSETS_KEY));
    for (const [partition, end] of ends.entries()) {
      const at = Number(offsets[partition] ?? 0);
      if (at < end) behind.set(partition, at);
    }
    if (behind.size === 0) return 0;
    const reader = await this.#log.reader(LEDGER_TOPIC, behind);
    const noted = new Map(behind);
    let added = 0;
    try {
      while (!signal?.aborted && isBehind(reader, ends)) {
        const polled = await reader.poll(POLL_BYTES, WAIT_MS);
        if (polled !== null) added += await this.#add(polled, noted);
      }
    } finally {
      await reader.close();
    }
    return added;
  }

  async #add({ partition, records }: Polled, noted: Map<number, number>): Promise<number> {
    const from = noted.get(partition)!;
    const next = records[records.length - 1].offset + 1;
    const keys = [OFFSETS_KEY];
    const args: (string | number)[] = [partition, from, next, KEPT_SECONDS];
    for (const [run, sums] of this.#sumsOf(partition, records)) {
      keys.push(ledgerKey(run));
      for (const [field, amount] of sums) args.push(keys.length, field, amount);
    }
    const added = (await asked(this.#redis.eval(ADD_UP, keys.length, ...keys, ...args))) as number;
    noted.set(partition, next);
    return added * records.length;
  }

  /** By run: what to add to which of its fields. */
  #sumsOf(partition: number, records: Polled['records']): Map<string, Map<string, number>> {
    const runs = new Map<string, Map<string, number>>();
    for (const { value, offset } of records) {
      const receipt = this.#codec.decode(value, `${LEDGER_TOPIC}-${partition}@${offset}`);
      let sums = runs.get(receipt.run);
      if (sums === undefined) runs.set(receipt.run, (sums = new Map<string, number>()));
      for (const [name, amount] of Object.entries(amountsOf(receipt))) {
        const field = `${partition}/${name}`;
        if (amount !== 0) sums.set(field, (sums.get(field) ?? 0) + amount);
      }
    }
    return runs;
  }
}

const POLL_BYTES = 1 << 20;
const WAIT_MS = 1000;

type Amount = 'in' | 'results' | 'superseded' | 'failed' | 'redriven' | 'copied' | 'ended';

/** What a receipt adds to the ledger of its partition. */
function amountsOf({
  stages,
  pins,
  failed,
  written,
  ended,
  redriven,
}: Receipt): Partial<Record<Amount, number>> {
  if (redriven) return stages === PUBLISHING ? { redriven: pins - failed } : {};
  switch (stages) {
    case REPLAY:
      return { in: pins, copied: Number(ended) };
    case PUBLISHING:
      return { results: written, superseded: pins - failed - written, failed, ended: Number(ended) };
    default:
      return { failed };
  }
}

/** What Redis answers. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw redisError(error, 'the ledger');
  }
}

/**
 * The ledger of a run: a line each of the partitions, in the order in which they are given.
 *
 * @throws P2iError REDIS_UNAVAILABLE
 */
export async function readLedger(
  redis: Redis,
  run: string,
  partitions: Iterable<number>,
): Promise<RunLedger> {
  const sums = await asked(redis.hgetall(ledgerKey(run)));
  const lines = [...partitions].map((partition) => lineOf(partition, sums));
  const sum = (of: (line: PartitionLedger) => number): number =>
    lines.reduce((all, line) => all + of(line), 0);
  const total = {
    pinsIn: sum((line) => line.pinsIn),
    results: sum((line) => line.results),
    superseded: sum((line) => line.superseded),
    deadLetters: sum((line) => line.deadLetters),
    redriven: sum((line) => line.redriven),
    copied: lines.every(({ copied }) => copied),
    ended: lines.every(({ ended }) => ended),
  };
  return { partitions: lines, total, left: leftOf(total) };
}

/** Pins of a line of which it does not say what became of them. */
export function leftOf({ pinsIn, results, superseded, deadLetters }: RunLedger['total']): number {
  return pinsIn - results - superseded - deadLetters;
}

/** True where all of the run has ended and each partition's Pins are accounted for, once each. */
export function isExact({ partitions, total }: RunLedger): boolean {
  return total.ended && partitions.every((line) => line.copied && leftOf(line) === 0);
}

function lineOf(partition: number, sums: Record<string, string>): PartitionLedger {
  const of = (name: Amount): number => Number(sums[`${partition}/${name}`] ?? 0);
  return {
    partition,
    pinsIn: of('in'),
    results: of('results'),
    superseded: of('superseded'),
    deadLetters: of('failed'),
    redriven: of('redriven'),
    copied: of('copied') > 0,
    ended: of('ended') > 0,
  };
}

function ledgerKey(run: string): string {
  return `p2i:{ledger}:${run}`;
}
