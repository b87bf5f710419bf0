import type { Registry } from '../registry/registry.ts';
import type { BatchTopic, Origin, Output, OutputRecord, Sink } from './binding.ts';
import type { Chain, ChainSource, Selected } from './chain.ts';
import type { Failure } from './dead-letters.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { pinsHeader, withoutPins } from './headers.ts';
import { isolate } from './isolate.ts';
import type { Headers, LogRecord } from './log.ts';
import type { Observer, Phase } from './observer.ts';
import { isTransient, withRetries } from './retry.ts';
import type { StageName } from './stage.ts';
import type { Probe, Tally } from './tally.ts';

/** What one chain made of a record, or of a part of it where a Pin of it failed. */
export interface Part<Out> {
  out: Out;
  /** The record's headers, and what the chain adds. */
  headers: Headers;
  /** Empty where a sink takes `out` as it is. */
  encoded: readonly OutputRecord[];
}

/** What became of one record. */
export interface Worked<Out> {
  /** Pins that it holds, or says that it holds where it cannot be read. */
  pins: number;
  parts: readonly Part<Out>[];
  failures: readonly Failure[];
}

/** Turns a record into what is to be written for it. It writes nothing itself, and what it returns depends on the record alone. */
export interface RecordWork<Out> {
  /** Records that it can work on at once. */
  readonly parallelism: number;
  /** @throws P2iError that is transient, after retries */
  work(record: LogRecord, partition: number, signal: AbortSignal | undefined): Promise<Worked<Out>>;
}

export interface ChainWorkOptions<In, Out> {
  registry: Registry;
  input: BatchTopic<In>;
  chain: ChainSource<In, Out>;
  output: Output<Out> | Sink<Out>;
  observer?: Observer;
  /** Counts what the stages make, for the observer. */
  probe?: Probe;
}

/** Works on one record at a time, in this thread. */
export class ChainWork<In, Out> implements RecordWork<Out> {
  readonly parallelism = 1;
  readonly #options: ChainWorkOptions<In, Out>;
  readonly #first: StageName;
  readonly #last: StageName;

  constructor(options: ChainWorkOptions<In, Out>) {
    this.#options = options;
    const { names } = options.chain;
    this.#first = names[0];
    this.#last = names[names.length - 1];
  }

  async work(record: LogRecord, partition: number, signal: AbortSignal | undefined): Promise<Worked<Out>> {
    const { input, registry } = this.#options;
    const failures: Failure[] = [];
    const fail: Fail = (error, stage, otherwise, pinId, value) => {
      failures.push({ stage, error, otherwise, pinId, value });
    };
    if (record.value !== null && !registry.knows(record.value)) {
      const { value } = record;
      await withRetries(() => registry.learn(value), signal);
    }
    const selected = await this.#select(record, fail);
    const where = `${input.topic}-${partition}@${record.offset}`;
    const batch = selected.length === 0 ? undefined : this.#decode(record, where, fail);
    if (batch === undefined) return { pins: pinsHeader(record.headers) ?? 0, parts: [], failures };
    const parts: Part<Out>[] = [];
    for (const one of selected)
      parts.push(...(await this.#run(one, batch, { record, partition }, fail, signal)));
    return { pins: input.size(batch), parts, failures };
  }

  /** Runs one chain over the batch of a record. */
  async #run(
    { chain, headers: added }: Selected<In, Out>,
    batch: In,
    { record, partition }: { record: LogRecord; partition: number },
    fail: Fail,
    signal: AbortSignal | undefined,
  ): Promise<Part<Out>[]> {
    const { input } = this.#options;
    const headers = { ...withoutPins(record.headers), ...added };
    const origin = { timestamp: record.timestamp, headers, partition };
    return isolate(
      batch,
      input,
      (part) => this.#chain(chain, part, record.key, origin),
      (single, error) =>
        fail(error, chain.current, 'STAGE_FAILED', input.pinId(single), input.encode(single)),
      signal,
    );
  }

  async #select(record: LogRecord, fail: Fail): Promise<readonly Selected<In, Out>[]> {
    try {
      return await this.#options.chain.select(record.headers);
    } catch (error) {
      if (isTransient(error)) throw error;
      fail(error, this.#first, 'STAGE_FAILED', null, record.value ?? NO_BYTES);
      return [];
    }
  }

  #decode(record: LogRecord, where: string, fail: Fail): In | undefined {
    const start = performance.now();
    try {
      return this.#options.input.decode(record.value, where);
    } catch (error) {
      fail(error, this.#first, 'AVRO_MALFORMED', null, record.value ?? NO_BYTES);
      return undefined;
    } finally {
      this.#spent(this.#first, 'decode', start);
    }
  }

  /** What may throw because of a single Pin: its values, the stages, and writing what they made. */
  #chain(chain: Chain<In, Out>, batch: In, key: string, origin: Origin): Part<Out> {
    const { input, output, observer } = this.#options;
    const { headers } = origin;
    const tallies: Tally[] = [];
    const check = (first: In): void => input.check?.(first);
    const out = chain.process(batch, check, observer, (...made) => tallies.push(...this.#tally(...made)));
    const encoded = isSink(output) ? [] : this.#encode(output, out, key, origin);
    // Where it throws, the parts of the batch are worked on again, and counted then.
    for (const tally of tallies) observer?.tally(tally);
    return { out, headers, encoded };
  }

  #encode(output: Output<Out>, out: Out, key: string, origin: Origin): OutputRecord[] {
    const start = performance.now();
    const encoded = [...output.encode(out, key, origin)];
    this.#spent(this.#last, 'encode', start);
    return encoded;
  }

  #tally(stage: StageName, made: unknown): Tally[] {
    const { probe, observer } = this.#options;
    const tally = observer && probe?.(stage, made);
    return tally === undefined ? [] : [tally];
  }

  #spent(stage: StageName, phase: Phase, start: number): void {
    this.#options.observer?.phase(stage, phase, (performance.now() - start) / 1000);
  }
}

const NO_BYTES = new Uint8Array(0);

/** Notes a failure. @param pinId of the one Pin that failed; null where it is the whole record */
type Fail = (
  error: unknown,
  stage: StageName,
  otherwise: ErrorCode,
  pinId: string | null,
  value: Uint8Array,
) => void;

export function isSink<Out>(output: Output<Out> | Sink<Out>): output is Sink<Out> {
  return 'apply' in output;
}
