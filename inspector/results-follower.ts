import { setTimeout as sleep } from 'node:timers/promises';
import { knownError, type P2iError } from '../shared/errors/errors.ts';
import type { Codec } from '../shared/registry/codec.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { Consumer, Log, LogRecord } from '../shared/stream/log.ts';
import { isTransient } from '../shared/stream/retry.ts';
import type { TaxonomyVersions } from '../workers/chains.ts';
import { RESULTS_TOPIC, type PinInterests } from '../workers/publishing/topic.ts';
import { ResultsIndex, type ResultPlace } from './results-index.ts';

export interface ResultsFollowerOptions {
  log: Log;
  registry: Registry;
  taxonomies: TaxonomyVersions;
  /** Pins that are indexed at most, of all versions together. */
  mostPins: number;
  /** Is told of each record that is passed over, and of each failure of the log. */
  onFailure: (error: P2iError) => void;
}

/** Follows p2i-results from its beginning until it is closed, and indexes what stands there. */
export class ResultsFollower {
  readonly #options: ResultsFollowerOptions;
  readonly #codec: Codec<PinInterests>;
  readonly #indexes = new Map<string, ResultsIndex>();
  /** Versions that nobody holds: asked for once each. */
  readonly #unknown = new Set<string>();
  /** By partition: the next offset to read. */
  readonly #next = new Map<number, number>();
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  /** Offsets at the start: what is there then is read before the index is complete. */
  #ends: number[] | undefined;
  #beyond = 0;

  constructor(options: ResultsFollowerOptions) {
    this.#options = options;
    this.#codec = options.registry.codec<PinInterests>(RESULTS_TOPIC);
    this.#following = this.#follow();
  }

  /** Everything that was there when it began is read. */
  get complete(): boolean {
    return this.#ends?.every((end, partition) => (this.#next.get(partition) ?? 0) >= end) ?? false;
  }

  /** Results of Pins that there is no room for. */
  get beyond(): number {
    return this.#beyond;
  }

  /** Results that are indexed, of all versions. */
  get pins(): number {
    return this.#sum(({ size }) => size);
  }

  get bytes(): number {
    return this.#sum(({ bytes }) => bytes);
  }

  /** What is indexed of a taxonomy version; undefined where nothing is. */
  index(taxonomy: string): ResultsIndex | undefined {
    return this.#indexes.get(taxonomy);
  }

  /** The results of a Pin, one a taxonomy version. @throws P2iError of the log; REGISTRY_UNAVAILABLE */
  async results(pin: string): Promise<PinInterests[]> {
    const results: PinInterests[] = [];
    for (const index of this.#indexes.values()) {
      const place = index.place(pin);
      const result = place && (await this.read(place));
      if (result?.pin === pin) results.push(result);
    }
    return results;
  }

  /** The result that lies there; undefined where compaction took it. @throws P2iError of the log; REGISTRY_UNAVAILABLE */
  async read({ partition, offset }: ResultPlace): Promise<PinInterests | undefined> {
    const reader = await this.#options.log.reader(RESULTS_TOPIC, new Map([[partition, offset]]));
    try {
      const polled = await reader.poll(1, READ_WAIT_MS);
      const record = polled?.records[0];
      return record?.offset === offset ? await this.#decode(record, partition) : undefined;
    } finally {
      await reader.close();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  #sum(of: (index: ResultsIndex) => number): number {
    return this.#indexes.values().reduce((sum, index) => sum + of(index), 0);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#readOn(signal);
      } catch (error) {
        if (!isTransient(error)) this.#options.onFailure(knownError(error));
      }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads for as long as the log answers; nothing where the topic is not there yet. */
  async #readOn(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    if ((await log.partitions(RESULTS_TOPIC)) === 0) {
      this.#ends = [];
      return;
    }
    const ends = await log.endOffsets(RESULTS_TOPIC);
    this.#ends ??= ends;
    const from = new Map(ends.map((_, partition) => [partition, this.#next.get(partition) ?? 0]));
    const reader = await log.reader(RESULTS_TOPIC, from);
    try {
      while (!signal.aborted) await this.#poll(reader, signal);
    } finally {
      await reader.close();
    }
  }

  async #poll(reader: Consumer, signal: AbortSignal): Promise<void> {
    const polled = await reader.poll(READ_BYTES, READ_WAIT_MS);
    for (const record of polled?.records ?? []) {
      await this.#take(record, polled!.partition);
      this.#next.set(polled!.partition, record.offset + 1);
    }
    for (const [partition, { position }] of reader.partitions()) this.#next.set(partition, position);
    // The embedded log answers at once, also when there is nothing; and reading leaves room for requests.
    await sleep(polled === null ? READ_WAIT_MS : 0, undefined, { signal }).catch(() => undefined);
  }

  async #take(record: LogRecord, partition: number): Promise<void> {
    const { key, value, offset } = record;
    const { mostPins } = this.#options;
    if (value === null) {
      const at = key.lastIndexOf('@');
      this.#indexes.get(key.slice(at + 1))?.delete(key.slice(0, at));
      return;
    }
    try {
      const result = await this.#decode(record, partition);
      const index = result && (await this.#indexOf(result.taxonomy));
      if (index === undefined) return;
      const { pin, interests } = result!;
      if (this.#sum(({ entries }) => entries) >= mostPins && !index.has(pin)) this.#beyond++;
      else
        index.set(
          pin,
          { partition, offset },
          interests.map(({ id }) => id),
        );
    } catch (error) {
      if (isTransient(error)) throw error;
      this.#options.onFailure(knownError(error));
    }
  }

  async #decode({ value, offset }: LogRecord, partition: number): Promise<PinInterests | undefined> {
    if (value === null) return undefined;
    await this.#options.registry.learn(value);
    return this.#codec.decode(value, `${RESULTS_TOPIC}-${partition}@${offset}`);
  }

  async #indexOf(version: string): Promise<ResultsIndex | undefined> {
    const { taxonomies } = this.#options;
    const index = this.#indexes.get(version);
    if (index !== undefined || this.#unknown.has(version)) return index;
    if (taxonomies.artefacts(version) === undefined) await taxonomies.refresh();
    const artefacts = taxonomies.artefacts(version);
    if (artefacts === undefined) {
      this.#unknown.add(version);
      return undefined;
    }
    const made = new ResultsIndex(artefacts.taxonomy);
    this.#indexes.set(version, made);
    return made;
  }
}

const READ_BYTES = 1 << 20;
const READ_WAIT_MS = 500;
/** Between two attempts to read, ms. */
const PAUSE_MS = 1000;
