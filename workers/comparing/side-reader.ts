import type { StringTableBuilder } from '../../shared/arrays/string-table.ts';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { readAll, type Log, type LogRecord } from '../../shared/stream/log.ts';
import { PIN_VERSION_HEADER, RUN_HEADER } from '../headers.ts';
import {
  pinAndTaxonomy,
  RESULTS_TOPIC,
  SHADOW_RESULTS_TOPIC,
  type PinInterests,
} from '../publishing/topic.ts';
import type { InterestTable, SideName } from './interests.ts';
import { PinsFound } from './pins-found.ts';

/** What a shadow run found, or what is published under a taxonomy version: without one, under that of the other side. */
export type Side = { run: string } | { taxonomy: string | undefined };

/** The ids of a partition's Pins, numbered. */
export interface PinNumbers {
  ids: StringTableBuilder;
  /** Interests of Pins from this number on are not asked for: only whether they are there. */
  wanted: number;
}

/** Reads what one side found. */
export class SideReader {
  readonly topic: string;
  readonly run: string | undefined;
  /** Undefined until it is known. */
  taxonomy: string | undefined;
  /** Versions of the ranking model that found something. */
  readonly models = new Set<string>();
  /** Whether the topic has anything of it. */
  isThere = false;
  /** What else the topic has: names of runs, or taxonomy versions. */
  readonly others = new Set<string>();
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #codec: Codec<PinInterests>;
  readonly #name: SideName;

  constructor({ log, registry }: { log: Log; registry: Registry }, name: SideName, side: Side) {
    this.#log = log;
    this.#registry = registry;
    this.#codec = registry.codec(RESULTS_TOPIC);
    this.#name = name;
    this.topic = 'run' in side ? SHADOW_RESULTS_TOPIC : RESULTS_TOPIC;
    if ('run' in side) this.run = side.run;
    else this.taxonomy = side.taxonomy;
  }

  /**
   * What it found in a partition. Ids that are new are added to the Pins.
   *
   * @param onRead is told of the offset of each record
   * @throws P2iError of the log; REGISTRY_UNAVAILABLE; SCHEMA_UNKNOWN, AVRO_MALFORMED
   */
  async read(
    partition: number,
    { ids, wanted }: PinNumbers,
    table: InterestTable,
    onRead: (offset: number) => void,
  ): Promise<PinsFound> {
    const found = new PinsFound(this.#name, table);
    for await (const record of readAll(this.#log, this.topic, new Map([[partition, 0]]))) {
      onRead(record.offset);
      const pin = this.#pinOf(record);
      if (pin === undefined) continue;
      const number = ids.add(pin, 0, pin.length);
      if (number < wanted) await this.#take(found, number, record);
      // The topic's last record of a Pin is its newest.
      else found.set(number, 0, record.value === null ? undefined : []);
    }
    return found;
  }

  /** The Pin of a record of this side. */
  #pinOf({ key, headers }: LogRecord): string | undefined {
    const run = headers[RUN_HEADER] ?? '';
    const resultKey = this.run === undefined ? key : key.slice(0, -run.length - 1);
    const { pin, taxonomy } = pinAndTaxonomy(resultKey);
    const [is, asked] = this.run === undefined ? [taxonomy, this.taxonomy] : [run, this.run];
    if (is === asked) {
      this.isThere = true;
      this.taxonomy ??= taxonomy;
      return pin;
    }
    this.others.add(is);
    return undefined;
  }

  async #take(found: PinsFound, pin: number, { key, value, headers, offset }: LogRecord): Promise<void> {
    if (value === null) {
      found.set(pin, Number(headers[PIN_VERSION_HEADER]), undefined);
      return;
    }
    if (!this.#registry.knows(value)) await this.#registry.learn(value);
    const { pinVersion, model, interests } = this.#codec.decode(value, `${this.topic} ${key}@${offset}`);
    this.models.add(model);
    found.set(pin, pinVersion, interests);
  }
}
