import { setImmediate } from 'node:timers/promises';
import type { ErrorCode } from '../errors/errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { BatchTopic, Output, OutputRecord, Sink } from './binding.ts';
import type { Chain } from './chain.ts';
import { codeOf, DeadLetterWriter, type Failure } from './dead-letters.ts';
import { isolate } from './isolate.ts';
import type { Consumer, Log, LogRecord, Polled, Transaction } from './log.ts';
import type { Observer, Phase } from './observer.ts';
import { withRetries } from './retry.ts';
import type { StageName } from './stage.ts';

/** What a pump runs, between what. */
export interface PumpOptions<In, Out> {
  log: Log;
  registry: Registry;
  /** The consumer group: what it has read before is not read again. */
  group: string;
  input: BatchTopic<In>;
  chain: Chain<In, Out>;
  /** A topic, made with as many partitions as the input where it is not there; or a store of its own. */
  output: Output<Out> | Sink<Out>;
  observer?: Observer;
}

/** How far a pump is. */
export interface Progress {
  stages: readonly StageName[];
  /** Pins that this pump has read. */
  pins: number;
  /** Records of the input that are done, by this and former processes. */
  done: number;
  /** Records that the input holds now. */
  total: number;
}

/**
 * One consumer group over one input topic: reads, runs the chain, writes, and commits the outputs, the dead letters and
 * the consumed offsets in one transaction a poll: exactly once, whenever the process is killed. Each output lies in the
 * partition of its input, in the input's order, with the input's timestamp and headers.
 *
 * A record that does not decode goes to the dead letters whole. Where the chain throws, bisection finds the Pins that
 * throw alone; they go there, and their neighbours on.
 *
 * A sink commits its own offset. The log's transaction goes first, so that it is never behind the sink's: what was
 * dead-lettered in it and is read again, because the process died between the two, is not dead-lettered again.
 */
export class Pump<In, Out> {
  readonly #options: PumpOptions<In, Out>;
  readonly #consumer: Consumer;
  readonly #deadLetters: DeadLetterWriter;
  /** By partition: the next offset to read. */
  readonly #positions: number[];
  /** By partition: the offset from which dead letters are not committed yet. */
  readonly #deadLettersFrom: readonly number[];
  #pins = 0;

  private constructor(
    options: PumpOptions<In, Out>,
    consumer: Consumer,
    deadLetters: DeadLetterWriter,
    positions: number[],
    deadLettersFrom: readonly number[],
  ) {
    this.#options = options;
    this.#consumer = consumer;
    this.#deadLetters = deadLetters;
    this.#positions = positions;
    this.#deadLettersFrom = deadLettersFrom;
  }

  /** @throws P2iError CONFIG_INVALID where there is no input topic, or the output has other partitions */
  static async open<In, Out>(options: PumpOptions<In, Out>): Promise<Pump<In, Out>> {
    const { log, registry, group, input, output } = options;
    const consumer = await log.consumer(input.topic, group);
    const committed = await log.committedOffsets(group, input.topic);
    const positions = [...committed];
    if (isSink(output)) {
      for (let partition = 0; partition < positions.length; partition++) {
        positions[partition] = output.committedOffset(input.topic, partition);
        consumer.seek(partition, positions[partition]);
      }
    } else await log.createTopic(output.topic, positions.length);
    const deadLetters = await DeadLetterWriter.open(log, registry, positions.length);
    return new Pump(options, consumer, deadLetters, positions, committed);
  }

  /**
   * Reads, works on and commits one poll.
   *
   * @param signal ends the poll after the batch in hand; what is done by then is committed
   * @returns false where the input was read to its end
   * @throws P2iError that is transient, after retries; of the log; of the sink. Nothing of the poll is committed then
   *   (or all of it, where the sink threw), and the pump must be opened again.
   */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { log, group, input, chain, output } = this.#options;
    const polled = await this.#timed(chain.first, 'poll', () => this.#consumer.poll(POLL_BYTES));
    if (polled === null) return false;

    const { partition, records } = polled;
    const transaction = log.transaction();
    const outs: Out[] = [];
    let done = 0;
    do {
      outs.push(...(await this.#record(records[done], polled, transaction, signal)));
      done++;
      // Lets signals, timers and scrapes in between batches.
      await setImmediate();
    } while (done < records.length && !signal?.aborted);
    const nextOffset = records[done - 1].offset + 1;
    if (done < records.length) this.#consumer.seek(partition, nextOffset);

    transaction.consumed(group, input.topic, partition, nextOffset);
    await this.#timed(chain.last, 'commit', async () => {
      await transaction.commit();
      if (isSink(output)) {
        const position = { topic: input.topic, partition, nextOffset };
        await withRetries(() => output.apply(outs, position), signal);
      }
    });
    this.#positions[partition] = nextOffset;
    return true;
  }

  async progress(): Promise<Progress> {
    const ends = await this.#options.log.endOffsets(this.#options.input.topic);
    const sum = (offsets: readonly number[]): number => offsets.reduce((a, b) => a + b, 0);
    return {
      stages: this.#options.chain.names,
      pins: this.#pins,
      done: sum(this.#positions),
      total: sum(ends),
    };
  }

  /** Works on a record: appends its outputs, or gives them where a sink takes them, and appends its dead letters. */
  async #record(
    record: LogRecord,
    { partition }: Polled,
    transaction: Transaction,
    signal: AbortSignal | undefined,
  ): Promise<Out[]> {
    const { input, chain, output, observer } = this.#options;
    const source = { topic: input.topic, partition, record };
    const failures: Failure[] = [];
    const fail = (
      error: unknown,
      stage: StageName,
      otherwise: ErrorCode,
      pinId: string | null,
      value: Uint8Array,
    ) => {
      failures.push({ stage, error, otherwise, pinId, value });
    };

    const outs: Out[] = [];
    let size = 0;
    const batch = this.#decode(record, `${input.topic}-${partition}@${record.offset}`, (error) =>
      fail(error, chain.first, 'AVRO_MALFORMED', null, record.value),
    );
    if (batch !== undefined) {
      size = input.size(batch);
      const worked = await isolate(
        batch,
        input,
        (part) => this.#work(part, record),
        (single, error) =>
          fail(error, chain.current, 'STAGE_FAILED', input.pinId(single), input.encode(single)),
        signal,
      );
      const start = performance.now();
      for (const { out, encoded } of worked) {
        if (isSink(output)) outs.push(out);
        for (const { key, value, headers } of encoded) {
          const all = headers === undefined ? record.headers : { ...record.headers, ...headers };
          transaction.append((output as Output<Out>).topic, partition, {
            key,
            timestamp: record.timestamp,
            headers: all,
            value,
          });
        }
      }
      this.#spent(chain.last, 'produce', start);
    }

    for (const failure of failures) {
      observer?.deadLetter(failure.stage, codeOf(failure.error, failure.otherwise));
      if (record.offset >= this.#deadLettersFrom[partition])
        this.#deadLetters.write(transaction, source, failure);
    }
    this.#count(size, failures);
    return outs;
  }

  #decode(record: LogRecord, where: string, failed: (error: unknown) => void): In | undefined {
    const { input, chain } = this.#options;
    const start = performance.now();
    try {
      return input.decode(record.value, where);
    } catch (error) {
      failed(error);
      return undefined;
    } finally {
      this.#spent(chain.first, 'decode', start);
    }
  }

  /** What may throw because of a single Pin: its values, the stages, and writing what they made. */
  #work(batch: In, record: LogRecord): { out: Out; encoded: OutputRecord[] } {
    const { input, chain, output, observer } = this.#options;
    const out = chain.process(batch, (first) => input.check?.(first), observer);
    if (isSink(output)) return { out, encoded: [] };
    const start = performance.now();
    const encoded = [...output.encode(out, record.key, record)];
    this.#spent(chain.last, 'encode', start);
    return { out, encoded };
  }

  #count(size: number, failures: readonly Failure[]): void {
    this.#pins += size;
    let into = size;
    for (const stage of this.#options.chain.names) {
      let out = into;
      for (const failure of failures) if (failure.stage === stage && failure.pinId !== null) out--;
      this.#options.observer?.pins(stage, into, out);
      into = out;
    }
  }

  async #timed<T>(stage: StageName, phase: Phase, operation: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await operation();
    } finally {
      this.#spent(stage, phase, start);
    }
  }

  #spent(stage: StageName, phase: Phase, start: number): void {
    this.#options.observer?.phase(stage, phase, (performance.now() - start) / 1000);
  }
}

/** Bytes of records, as they are stored, in one transaction: some batches of plain Pins, or one of features. */
const POLL_BYTES = 1 << 16;

function isSink<Out>(output: Output<Out> | Sink<Out>): output is Sink<Out> {
  return 'apply' in output;
}
