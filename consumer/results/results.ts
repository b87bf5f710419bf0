import type { P2iError } from '../../shared/errors/errors.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { isBehind, type Consumer, type Log, type Polled, type Start } from '../../shared/stream/log.ts';
import { isTransient } from '../../shared/stream/retry.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { steps } from '../steps.ts';
import { ResultDecoder } from './decoder.ts';
import type { UpdateBatch } from './update.ts';

/** Where reading begins, where no group says it. */
export type ResultsStart =
  /** With all that is kept. */
  | 'beginning'
  /** With what was published then or later. */
  | Date
  /** By partition, the offset to go on from: `next` of the last batch that was handled. Others begin at the beginning. */
  | ReadonlyMap<number, number>;

export interface FollowOptions {
  /** Absent: the first that is kept. */
  from?: ResultsStart;
  /** `now`: it ends with what is there at the call. Absent: it goes on as results come. */
  until?: 'now';
  /** Ends it. */
  signal?: AbortSignal;
  /** Is told of each record that cannot be decoded, and is passed over. */
  onUnreadable: (error: P2iError) => void;
}

export interface SubscribeOptions extends Omit<FollowOptions, 'from'> {
  /** Consumer group: its members share the partitions, and go on where the group has got to. */
  group: string;
  /** Where a group that has committed nothing begins. Absent: with all that is kept. */
  start?: Start;
}

/** A batch with the poll that it was made of. */
interface Decoded {
  batch: UpdateBatch;
  epoch: number;
}

/** What p2i-results says. Any number of loops may read at a time. */
export class Results {
  readonly #log: Log;
  readonly #decoder: ResultDecoder;

  constructor(log: Log, registry: Registry) {
    this.#log = log;
    this.#decoder = new ResultDecoder(registry);
  }

  /**
   * Follows all partitions from where the caller says. Whoever has state of its own keeps `next` with it, in one
   * transaction, and so handles each result exactly once.
   *
   * @throws P2iError of the log that no retry mends
   */
  async *follow(options: FollowOptions): AsyncGenerator<UpdateBatch> {
    const reader = await this.#log.reader(RESULTS_TOPIC, await this.#offsets(options.from ?? 'beginning'));
    for await (const { batch } of this.#decoded(reader, options)) yield batch;
  }

  /**
   * Follows the partitions that this member of the group has. A batch is committed when the loop comes back for the next:
   * what was not handled to its end comes again, here or at another member (at least once, each Pin in its order).
   *
   * @throws P2iError of the log that no retry mends
   */
  async *subscribe({ group, start, ...options }: SubscribeOptions): AsyncGenerator<UpdateBatch> {
    const consumer = await this.#log.consumer(RESULTS_TOPIC, group, start);
    for await (const { batch, epoch } of this.#decoded(consumer, options)) {
      yield batch;
      const transaction = this.#log.transaction();
      transaction.consumed(group, RESULTS_TOPIC, batch.partition, batch.next, epoch);
      await transaction.commit().catch(unlessTransient);
    }
  }

  /**
   * What stands in the topic now: the newest result of each Pin under each taxonomy version.
   *
   * @param wanted which Pins are kept; absent: all, about a kilobyte each
   * @returns by key, `<Pin id>@<taxonomy version>`
   * @throws P2iError of the log that no retry mends
   */
  async latest(
    options: Omit<FollowOptions, 'from' | 'until'>,
    wanted: (pin: string) => boolean = () => true,
  ): Promise<Map<string, PinInterests>> {
    const latest = new Map<string, PinInterests>();
    for await (const { updates } of this.follow({ ...options, until: 'now' })) {
      for (const { pin, taxonomy, result } of updates) {
        const key = resultKey(pin, taxonomy);
        if (result === null) latest.delete(key);
        else if (wanted(pin)) latest.set(key, result);
      }
    }
    return latest;
  }

  async #offsets(from: ResultsStart): Promise<ReadonlyMap<number, number>> {
    const partitions = await this.#log.partitions(RESULTS_TOPIC);
    if (from instanceof Date)
      return new Map((await this.#log.offsetsAt(RESULTS_TOPIC, from.getTime())).entries());
    const kept = from === 'beginning' ? new Map<number, number>() : from;
    return new Map(
      Array.from({ length: partitions }, (_, partition) => [partition, kept.get(partition) ?? 0]),
    );
  }

  /** Closes the consumer when it ends. */
  async *#decoded(consumer: Consumer, options: Omit<FollowOptions, 'from'>): AsyncGenerator<Decoded> {
    const { until, onUnreadable, signal } = options;
    // It is kept where it cannot be decoded for a moment.
    let polled: Polled | null = null;
    const step = async (): Promise<Decoded | null> => {
      polled ??= await consumer.poll(POLL_BYTES, POLL_WAIT_MS);
      if (polled === null) return null;
      const decoded = { batch: await this.#decoder.decode(polled, onUnreadable), epoch: polled.epoch };
      polled = null;
      return decoded;
    };
    try {
      const ends = until === 'now' ? await this.#log.endOffsets(RESULTS_TOPIC) : undefined;
      yield* steps(step, signal, () => ends !== undefined && isDone(consumer, ends));
    } finally {
      await consumer.close();
    }
  }
}

/** A member that has no partition yet is not done. */
function isDone(consumer: Consumer, ends: readonly number[]): boolean {
  return consumer.partitions().size > 0 && !isBehind(consumer, ends);
}

/** A commit that failed for a moment: what it was of comes again. */
function unlessTransient(error: unknown): void {
  if (!isTransient(error)) throw error;
}

const POLL_BYTES = 1 << 20;
const POLL_WAIT_MS = 500;
