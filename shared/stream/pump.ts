import { setImmediate } from 'node:timers/promises';
import type { Registry } from '../registry/registry.ts';
import type { BatchTopic, Made, Output, Position, Sink } from './binding.ts';
import type { ChainSource } from './chain.ts';
import { codeOf, DeadLetterWriter, REDRIVEN_FOR_HEADER, type Failure, type Source } from './dead-letters.ts';
import { RUN_HEADER } from './headers.ts';
import type { Consumer, Log, LogRecord, Polled, Start, Transaction } from './log.ts';
import type { Observer, Phase } from './observer.ts';
import { ReceiptWriter, type Done } from './receipts.ts';
import { ChainWork, isSink, type RecordWork, type Worked } from './record-work.ts';
import { withRetries } from './retry.ts';
import type { StageName } from './stage.ts';
import type { Probe } from './tally.ts';
import { traced } from './tracing.ts';

/** What a pump runs, between what. */
export interface PumpOptions<In, Out> {
  log: Log;
  registry: Registry;
  /** The consumer group: what it has read before is not read again. */
  group: string;
  input: BatchTopic<In>;
  chain: ChainSource<In, Out>;
  /** A topic, made with as many partitions as the input where it is not there; or a store of its own. */
  output: Output<Out> | Sink<Out>;
  observer?: Observer;
  /** Counts what the stages make, for the observer; where there is other work, that does. */
  probe?: Probe;
  /** Works on the records; without it, this thread does. */
  work?: RecordWork<Out>;
  /** Where the group begins that has read nothing yet. */
  start?: Start;
  /** Bytes of records in one transaction, about. */
  pollBytes?: number;
  /** How long a step waits for records, ms. */
  waitMs?: number;
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
 * throw alone; they go there, and their neighbours on. What is redriven from there is for the pool that failed on it.
 *
 * A sink commits its own offset. The log's transaction goes first, so that it is never behind the sink's: what was
 * dead-lettered in it and is read again, because the process died between the two, is not dead-lettered again.
 */
export class Pump<In, Out> {
  readonly #options: PumpOptions<In, Out>;
  readonly #consumer: Consumer;
  readonly #work: RecordWork<Out>;
  readonly #deadLetters: DeadLetterWriter;
  /** A sink leaves none: what it takes is no result of a run. */
  readonly #receipts: ReceiptWriter | undefined;
  readonly #first: StageName;
  readonly #last: StageName;
  /** By partition: the next offset to read. */
  readonly #positions: number[];
  /** By partition: the offset from which dead letters are not committed yet. */
  readonly #deadLettersFrom: number[];
  /** By partition: the epoch in which it was taken up last. */
  readonly #epochs = new Map<number, number>();
  /** The next poll, begun while the one before is worked on. */
  #ahead: InHand<Out> | undefined;
  #pins = 0;

  private constructor(
    options: PumpOptions<In, Out>,
    consumer: Consumer,
    writers: { deadLetters: DeadLetterWriter; receipts: ReceiptWriter | undefined },
    committed: readonly number[],
  ) {
    this.#options = options;
    this.#consumer = consumer;
    this.#work = options.work ?? new ChainWork(options);
    this.#deadLetters = writers.deadLetters;
    this.#receipts = writers.receipts;
    this.#first = options.chain.names[0];
    this.#last = options.chain.names[options.chain.names.length - 1];
    this.#positions = [...committed];
    this.#deadLettersFrom = [...committed];
  }

  /** @throws P2iError CONFIG_INVALID where there is no input topic, or the output has other partitions */
  static async open<In, Out>(options: PumpOptions<In, Out>): Promise<Pump<In, Out>> {
    const { log, registry, group, input, output, start } = options;
    const partitions = await log.partitions(input.topic);
    if (!isSink(output) && partitions > 0)
      for (const topic of [output.topic, ...(output.others ?? [])]) await log.createTopic(topic, partitions);
    const consumer = await log.consumer(input.topic, group, start);
    try {
      const deadLetters = await DeadLetterWriter.open(log, registry, partitions);
      const receipts = isSink(output)
        ? undefined
        : await ReceiptWriter.open(log, registry, options.chain.names.join(','), partitions);
      const committed = await log.committedOffsets(group, input.topic);
      return new Pump(options, consumer, { deadLetters, receipts }, committed);
    } catch (error) {
      await consumer.close();
      throw error;
    }
  }

  /**
   * Reads, works on and commits one poll.
   *
   * @param signal ends the poll after the batch in hand; what is done by then is committed
   * @returns false where nothing was there to read
   * @throws P2iError that is transient, after retries; of the log; of the sink. Nothing of the poll is committed then
   *   (or all of it, where the sink threw). On Kafka the next step goes on from what is committed; the embedded log must
   *   be opened again.
   */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { waitMs } = this.#options;
    // Before anything is polled: a sink may have missed the last records of a partition that nothing is added to.
    for (const [partition, { position, epoch }] of this.#consumer.partitions())
      if (this.#epochs.get(partition) !== epoch) await this.#takeUp(partition, position, epoch);
    if (this.#ahead !== undefined && !this.#holds(this.#ahead.polled)) await this.#giveUp();
    const batch = this.#ahead ?? (await this.#poll(waitMs));
    this.#ahead = undefined;
    if (batch === null) {
      await this.#commitPassed();
      return false;
    }
    const { polled } = batch;
    const { partition } = polled;
    if (this.#epochs.get(partition) !== polled.epoch) {
      const inOrder = await this.#takeUp(partition, polled.from, polled.epoch);
      if (!inOrder) return true;
    }

    const { log, group, input, output } = this.#options;
    const transaction = log.transaction();
    let worked: { made: Made<Out>[]; nextOffset: number };
    try {
      worked = await this.#records(batch, transaction, signal);
      if (isSink(output)) output.prepare?.(worked.made, { topic: input.topic, partition });
    } catch (error) {
      await this.#giveUp(batch);
      throw error;
    }
    const { made, nextOffset } = worked;
    transaction.consumed(group, input.topic, partition, nextOffset, polled.epoch);
    try {
      await this.#timed(this.#last, 'commit', async () => {
        await transaction.commit();
        if (isSink(output))
          await this.#sink(output, made, { topic: input.topic, partition, nextOffset }, signal);
        else await output.committed?.(partition);
      });
    } catch (error) {
      this.#options.observer?.transaction('failed');
      await this.#giveUp();
      throw error;
    }
    this.#options.observer?.transaction('committed');
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

  /** The partitions that it has now, each with the offset up to which it has committed. */
  places(): ReadonlyMap<number, number> {
    const places = new Map<number, number>();
    for (const [partition, { epoch }] of this.#consumer.partitions())
      if (this.#epochs.get(partition) === epoch) places.set(partition, this.#positions[partition]);
    return places;
  }

  /** Leaves the group. What is in hand is given up. */
  async close(): Promise<void> {
    await this.#giveUp();
    await this.#consumer.close();
  }

  /**
   * Commits how far the input was read where only offsets without a record came last: those of a transaction that was
   * aborted would be a lag that nobody ever works off. Nothing is in hand.
   */
  async #commitPassed(): Promise<void> {
    const { log, group, input, output } = this.#options;
    if (isSink(output)) return;
    for (const [partition, { position, epoch }] of this.#consumer.partitions()) {
      if (position <= this.#positions[partition] || this.#epochs.get(partition) !== epoch) continue;
      const transaction = log.transaction();
      transaction.consumed(group, input.topic, partition, position, epoch);
      await transaction.commit();
      this.#positions[partition] = position;
      // One a step: a record that comes meanwhile does not wait for all of them.
      return;
    }
  }

  async #poll(waitMs: number | undefined): Promise<InHand<Out> | null> {
    const { pollBytes = POLL_BYTES } = this.#options;
    const polled = await this.#timed(this.#first, 'poll', () => this.#consumer.poll(pollBytes, waitMs));
    return polled && { polled, begun: 0, working: [] };
  }

  /** Ends the work that was begun and not committed, and goes back to where it begins. */
  async #giveUp(batch?: InHand<Out>): Promise<void> {
    const given = [this.#ahead, batch].filter((one) => one !== undefined);
    this.#ahead = undefined;
    for (const { polled, working } of given) {
      await Promise.allSettled(working);
      // Where the partition was taken up anew meanwhile, it is read from what is committed.
      if (this.#holds(polled)) this.#consumer.seek(polled.partition, polled.from);
    }
  }

  /** True where the partition is this pump's since the poll. */
  #holds({ partition, epoch }: Polled): boolean {
    return this.#consumer.partitions().get(partition)?.epoch === epoch;
  }

  /**
   * Makes what is kept beside the log fit a partition that this pump did not have until now.
   * @param from the offset that is next in the log
   * @returns false where another one is: a sink holds the partition up to there
   */
  async #takeUp(partition: number, from: number, epoch: number): Promise<boolean> {
    const { log, group, input, output } = this.#options;
    let next = from;
    try {
      if (isSink(output)) {
        this.#deadLettersFrom[partition] = (await log.committedOffsets(group, input.topic))[partition];
        next = output.committedOffset(input.topic, partition) ?? from;
      } else await output.takeUp?.(partition);
    } catch (error) {
      this.#consumer.seek(partition, from);
      throw error;
    }
    this.#epochs.set(partition, epoch);
    this.#positions[partition] = next;
    if (next === from) return true;
    this.#consumer.seek(partition, next);
    return false;
  }

  /**
   * Works on the records of a poll, as many at once as can be, until the signal says to begin no more. When the last of
   * them are in hand those of the next poll are begun, so that nobody waits for the commit.
   */
  async #records(
    batch: InHand<Out>,
    transaction: Transaction,
    signal: AbortSignal | undefined,
  ): Promise<{ made: Made<Out>[]; nextOffset: number }> {
    const { partition, records } = batch.polled;
    const { working } = batch;
    const made: Made<Out>[] = [];
    const done: Done[] = [];
    do {
      if (!signal?.aborted || batch.begun === 0) this.#begin(batch, this.#work.parallelism, signal);
      const room = this.#work.parallelism - working.length;
      if (room > 0 && this.#work.parallelism > 1 && batch.begun === records.length && !signal?.aborted) {
        this.#ahead ??= (await this.#poll(0)) ?? undefined;
        if (this.#ahead !== undefined) this.#begin(this.#ahead, room, signal);
      }
      const { record, worked } = await working[0];
      void working.shift();
      made.push(...this.#write(record, partition, worked, transaction));
      done.push(doneWith(record, worked));
      // Lets signals, timers and scrapes in between batches.
      await setImmediate();
    } while (working.length > 0 || (done.length < records.length && !signal?.aborted));
    this.#receipts?.write(transaction, partition, done);
    const nextOffset = records[done.length - 1].offset + 1;
    if (done.length < records.length) this.#consumer.seek(partition, nextOffset);
    return { made, nextOffset };
  }

  /** Begins to work on records of a batch, until it has so many in hand. */
  #begin(batch: InHand<Out>, most: number, signal: AbortSignal | undefined): void {
    const { polled, working } = batch;
    while (batch.begun < polled.records.length && working.length < most) {
      const work = this.#workOn(polled.records[batch.begun++], polled.partition, signal);
      // It is awaited in its turn: rejected before, it is no unhandled rejection.
      work.catch(() => undefined);
      working.push(work);
    }
  }

  async #workOn(
    read: LogRecord,
    partition: number,
    signal: AbortSignal | undefined,
  ): Promise<{ record: LogRecord; worked: Worked<Out> }> {
    const { [REDRIVEN_FOR_HEADER]: reader, ...headers } = read.headers;
    const record = { ...read, headers };
    const others = reader !== undefined && reader !== `${this.#options.input.topic}/${this.#first}`;
    return { record, worked: others ? NOTHING : await this.#traced(record, partition, signal) };
  }

  async #traced(record: LogRecord, partition: number, signal: AbortSignal | undefined): Promise<Worked<Out>> {
    const { input, chain, group } = this.#options;
    const { worked, context } = await traced(
      { topic: input.topic, partition, record, group, stages: chain.names },
      () => this.#work.work(record, partition, signal),
    );
    if (Object.keys(context).length === 0) return worked;
    const parts = worked.parts.map((part) => ({ ...part, headers: { ...part.headers, ...context } }));
    return { ...worked, parts };
  }

  /** Appends the outputs and the dead letters of a record; returns the outputs where a sink takes them. */
  #write(
    record: LogRecord,
    partition: number,
    { pins, parts, failures }: Worked<Out>,
    transaction: Transaction,
  ): Made<Out>[] {
    const { input, output, observer } = this.#options;
    const { offset, timestamp } = record;
    const start = performance.now();
    const made: Made<Out>[] = [];
    observer?.records(input.topic, 'in', 1, record.value?.length ?? 0);
    for (const { out, headers, encoded } of parts) {
      if (isSink(output)) made.push({ out, offset, headers });
      else {
        for (const { topic = output.topic, key, value, headers: own } of encoded) {
          observer?.records(topic, 'out', 1, value?.length ?? 0);
          transaction.append(topic, partition, {
            ...{ key, timestamp, value },
            headers: own === undefined ? headers : { ...headers, ...own },
          });
        }
      }
    }
    this.#spent(this.#last, 'produce', start);
    for (const failure of failures)
      this.#fail({ topic: input.topic, partition, record }, failure, transaction);
    this.#count(pins, failures);
    return made;
  }

  #fail(source: Source, failure: Failure, transaction: Transaction): void {
    const { topic, partition, record } = source;
    const { stage, error, otherwise, pinId } = failure;
    this.#options.observer?.deadLetter(stage, codeOf(error, otherwise), {
      ...{ topic, partition, pinId, offset: record.offset, run: record.headers[RUN_HEADER] },
      message: error instanceof Error ? error.message : String(error),
    });
    if (record.offset >= this.#deadLettersFrom[partition])
      this.#deadLetters.write(transaction, source, failure);
  }

  async #sink(
    sink: Sink<Out>,
    made: readonly Made<Out>[],
    position: Position,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      await withRetries(() => sink.apply(made, position), signal);
    } catch (error) {
      // The log is ahead of the sink now: the next poll of the partition goes back to where the sink is.
      this.#epochs.delete(position.partition);
      throw error;
    }
  }

  #count(size: number, failures: readonly Failure[]): void {
    this.#pins += size;
    let into = size;
    for (const stage of this.#options.chain.names) {
      let out = into;
      for (const failure of failures) if (failure.stage === stage) out -= failedBy(failure, into);
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

/** What a receipt says of a record. */
function doneWith({ headers }: LogRecord, { pins, parts, failures }: Worked<unknown>): Done {
  const failed = failures.reduce((sum, failure) => sum + failedBy(failure, pins), 0);
  const written = parts.reduce((sum, { encoded }) => sum + encoded.length, 0);
  return { headers, pins, failed, written };
}

/** How many of so many Pins a failure is of: all where it is of the whole record. */
function failedBy({ pinId }: Failure, pins: number): number {
  return pinId === null ? pins : 1;
}

const NOTHING: Worked<never> = { pins: 0, parts: [], failures: [] };

/** A poll, and the work on its records: of those before `begun` that are not written yet. */
interface InHand<Out> {
  readonly polled: Polled;
  begun: number;
  readonly working: Promise<{ record: LogRecord; worked: Worked<Out> }>[];
}
