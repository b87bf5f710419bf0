import { P2iError } from '../shared/errors/errors.ts';
import type { PinBatch } from '../shared/pins/pin.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { BatchTopic } from '../shared/stream/binding.ts';
import {
  readAll,
  type Consumer,
  type Headers,
  type Log,
  type LogRecord,
  type NewRecord,
  type Polled,
} from '../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import { ReceiptWriter, statedPins, type Done } from '../shared/stream/receipts.ts';
import { REPLAY } from './backfill/ledger.ts';
import { RUN_END_HEADER, RUN_HEADER } from './headers.ts';

export const BATCH_PINS_TOPIC = 'p2i-batch-pins';

const POLL_BYTES = 1 << 20;
/** How long a poll waits for records, ms: how soon the copying heeds that it is to end. */
const WAIT_MS = 250;

/** Records of a partition of p2i-pins: offsets from `from` until before `to`. */
export interface Range {
  partition: number;
  from: number;
  to: number;
}

/** What was copied. */
export interface Copied {
  records: number;
  pins: number;
}

export interface CopyOptions {
  signal?: AbortSignal;
  /** Is asked before each transaction how many records it may copy, one at least; what it throws ends the copying. */
  allowed?: () => Promise<number>;
  /** Bytes of records in one transaction, about. */
  pollBytes?: number;
  /** Is told what this call has copied. */
  onProgress?: (copied: Copied) => void;
}

/** The consumer group whose committed offsets say what of a run is copied. */
export function replayGroup(run: string): string {
  return `replay/${run}`;
}

/**
 * Copies every PinBatch that p2i-pins holds now, unopened and in its partition, to p2i-batch-pins with the run's headers:
 * what reclassifying the corpus is. Killed anywhere and called again, it goes on where it was; nothing is copied twice.
 *
 * @param headers of the run, RUN_HEADER among them
 * @returns what this call copied
 */
export async function replayPins(
  log: Log,
  registry: Registry,
  headers: Headers,
  options: CopyOptions = {},
): Promise<Copied> {
  const ends = await log.endOffsets(PINS_TOPIC);
  const ranges = ends.map((to, partition) => ({ partition, from: 0, to }));
  return copyRanges(log, registry, headers, ranges, options);
}

/**
 * Copies ranges of p2i-pins, unopened, to the same partitions of p2i-batch-pins with the run's headers. A batch without
 * Pins that says so ends the run in each partition. Copies, receipts and how far the run is commit together: killed
 * anywhere and called again, here or elsewhere, it goes on where it was; who worked on the same ranges before can write
 * nothing more.
 *
 * @param headers of the run, RUN_HEADER among them
 * @param ranges one a partition at most
 * @returns what this call copied
 * @throws P2iError of the log, PARTITION_LOST where another call has taken over; the signal's reason; what `allowed` throws
 */
export async function copyRanges(
  log: Log,
  registry: Registry,
  headers: Headers,
  ranges: readonly Range[],
  options: CopyOptions = {},
): Promise<Copied> {
  const partitions = await log.partitions(PINS_TOPIC);
  await log.createTopic(BATCH_PINS_TOPIC, partitions);
  const committed = await log.committedOffsets(replayGroup(headers[RUN_HEADER]), PINS_TOPIC);
  const open = ranges.filter(({ partition, to }) => !isCopied(to, committed[partition]));
  if (open.length === 0) return { records: 0, pins: 0 };
  const receipts = await ReceiptWriter.open(log, registry, REPLAY, partitions);
  const copy = new Copy({ log, registry, receipts }, headers, open, options);
  return copy.toEnd();
}

/**
 * True where a range is copied, its end included, by the offset that the run's group has committed in the partition. Of a
 * partition that holds nothing that is not known: it is to be asked for the end.
 */
export function isCopied(to: number, committed: number): boolean {
  return to > 0 && committed >= to;
}

/** One call of copyRanges. */
class Copy {
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #receipts: ReceiptWriter;
  readonly #pins: BatchTopic<PinBatch>;
  readonly #headers: Headers;
  readonly #group: string;
  readonly #options: CopyOptions;
  /** By partition: what is not copied yet. */
  readonly #open: Map<number, Range>;
  readonly #copied: Copied = { records: 0, pins: 0 };

  constructor(
    { log, registry, receipts }: { log: Log; registry: Registry; receipts: ReceiptWriter },
    headers: Headers,
    ranges: readonly Range[],
    options: CopyOptions,
  ) {
    this.#log = log;
    this.#registry = registry;
    this.#receipts = receipts;
    this.#pins = pinsTopic(registry);
    this.#headers = headers;
    this.#group = replayGroup(headers[RUN_HEADER]);
    this.#options = options;
    this.#open = new Map(ranges.map((range) => [range.partition, range]));
  }

  async toEnd(): Promise<Copied> {
    const { signal, allowed, pollBytes = POLL_BYTES } = this.#options;
    const from = new Map([...this.#open.values()].map((range) => [range.partition, range.from]));
    const owner = await this.#log.owner(PINS_TOPIC, this.#group, from);
    try {
      await this.#closeEnded();
      while (this.#open.size > 0) {
        signal?.throwIfAborted();
        const most = await allowed?.();
        const polled = await owner.poll(pollBytes, WAIT_MS);
        if (polled !== null) await this.#copy(polled, owner, most);
        else await this.#endRead(owner);
      }
    } finally {
      await owner.close();
    }
    return this.#copied;
  }

  /** @param most records that may be copied */
  async #copy({ partition, records: all, epoch }: Polled, owner: Consumer, most = Infinity): Promise<void> {
    const range = this.#open.get(partition);
    if (range === undefined) return;
    const wanted = all.filter(({ offset }) => offset < range.to);
    const records = wanted.slice(0, most);
    if (records.length < wanted.length) owner.seek(partition, wanted[records.length].offset);
    const { position } = owner.partitions().get(partition)!;
    const made: Done[] = [];
    for (const record of records) made.push(await this.#made(record));
    await this.#commit(range, records, made, { next: Math.min(position, range.to), epoch });
    for (const { pins } of made) this.#copied.pins += pins;
    this.#copied.records += records.length;
    this.#options.onProgress?.({ ...this.#copied });
  }

  async #made({ headers, value, offset }: LogRecord): Promise<Done> {
    const pins = statedPins(headers) ?? (await this.#count(value, `${PINS_TOPIC}@${offset}`));
    return { headers: { ...headers, ...this.#headers }, pins, failed: 0, written: 1 };
  }

  /** Pins of a record that does not say how many it holds; 0 where it cannot be read. */
  async #count(value: Uint8Array | null, where: string): Promise<number> {
    await this.#registry.learn(value);
    try {
      return value === null ? 0 : this.#pins.decode(value, where).pins.length;
    } catch (error) {
      if (error instanceof P2iError) return 0;
      throw error;
    }
  }

  /** The last offsets of a range may hold no record. */
  async #endRead(owner: Consumer): Promise<void> {
    for (const [partition, { position, epoch }] of owner.partitions()) {
      const range = this.#open.get(partition);
      if (range !== undefined && position >= range.to)
        await this.#commit(range, [], [], { next: range.to, epoch });
    }
  }

  /** @param next the offset that the run goes on from in the partition; at the end of the range the run ends there */
  async #commit(
    range: Range,
    records: readonly LogRecord[],
    made: readonly Done[],
    { next, epoch }: { next: number; epoch: number },
  ): Promise<void> {
    const { partition, to } = range;
    const transaction = this.#log.transaction();
    for (const [i, record] of records.entries())
      transaction.append(BATCH_PINS_TOPIC, partition, { ...record, headers: made[i].headers });
    const ends = next >= to;
    const end = this.#end();
    if (ends) transaction.append(BATCH_PINS_TOPIC, partition, end);
    const done = ends ? [...made, { headers: end.headers, pins: 0, failed: 0, written: 1 }] : made;
    this.#receipts.write(transaction, partition, done);
    transaction.consumed(this.#group, PINS_TOPIC, partition, next, epoch);
    await transaction.commit();
    if (ends) this.#open.delete(partition);
  }

  #end(): NewRecord {
    return {
      key: 'end',
      timestamp: 0,
      headers: { ...this.#headers, [RUN_END_HEADER]: 'true' },
      value: this.#pins.encode({ pins: [] }),
    };
  }

  /** Of a partition that held nothing, only p2i-batch-pins tells whether the run has ended there. */
  async #closeEnded(): Promise<void> {
    const empty = [...this.#open.values()].filter(({ to }) => to === 0);
    if (empty.length === 0) return;
    const from = new Map(empty.map(({ partition }) => [partition, 0]));
    for await (const { partition, headers } of readAll(this.#log, BATCH_PINS_TOPIC, from))
      if (headers[RUN_HEADER] === this.#headers[RUN_HEADER] && RUN_END_HEADER in headers)
        this.#open.delete(partition);
  }
}
