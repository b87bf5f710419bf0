import type { Pin } from '../shared/pins/pin.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { Log } from '../shared/stream/log.ts';
import { PINS_TOPIC, pinsTopic } from '../shared/stream/pins-topic.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { partitionOf } from '../workers/ingest.ts';

/** What a search for a Pin found. */
export interface PinSearch {
  pin: Pin | undefined;
  /** Everything that could be the Pin was read. */
  complete: boolean;
}

/** Where Pins are found by their ids. */
export interface PinSource {
  /** @throws P2iError of the log; REGISTRY_UNAVAILABLE */
  find(id: string): Promise<PinSearch>;
}

/** Pins in memory. */
export class PinList implements PinSource {
  readonly #pins: ReadonlyMap<string, Pin>;

  constructor(pins: readonly Pin[]) {
    this.#pins = new Map(pins.map((pin) => [pin.id, pin]));
  }

  async find(id: string): Promise<PinSearch> {
    return { pin: this.#pins.get(id), complete: true };
  }
}

/** Records that are read at first; each time nothing is found, twice as many before them. */
const FIRST_RECORDS = 16;
const READ_BYTES = 4 << 20;
const READ_WAIT_MS = 1000;

/** Pins of p2i-pins. The topic has no index: the Pin's partition is read backwards, until the time is over. */
export class PinTopicSource implements PinSource {
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #milliseconds: number;

  /** @param milliseconds that a search takes at most, about */
  constructor(log: Log, registry: Registry, milliseconds: number) {
    this.#log = log;
    this.#registry = registry;
    this.#milliseconds = milliseconds;
  }

  async find(id: string): Promise<PinSearch> {
    const deadline = performance.now() + this.#milliseconds;
    const ends = await this.#log.endOffsets(PINS_TOPIC);
    const partition = partitionOf(id, ends.length);
    let to = ends[partition];
    for (let records = FIRST_RECORDS; to > 0; records *= 2) {
      if (performance.now() > deadline) return { pin: undefined, complete: false };
      const from = Math.max(0, to - records);
      const pin = await this.#last(id, partition, from, to);
      if (pin !== undefined) return { pin, complete: true };
      to = from;
    }
    return { pin: undefined, complete: true };
  }

  /** The newest of that id among the records `from .. to - 1`. */
  async #last(id: string, partition: number, from: number, to: number): Promise<Pin | undefined> {
    const topic = pinsTopic(this.#registry);
    const reader = await this.#log.reader(PINS_TOPIC, new Map([[partition, from]]));
    let found: Pin | undefined;
    try {
      while ((reader.partitions().get(partition)?.position ?? to) < to) {
        const polled = await reader.poll(READ_BYTES, READ_WAIT_MS);
        for (const { value, offset } of polled?.records ?? []) {
          if (offset >= to || value === null) continue;
          await this.#registry.learn(value);
          found = newest(
            id,
            decoded(() => topic.decode(value, '').pins),
            found,
          );
        }
      }
    } finally {
      await reader.close();
    }
    return found;
  }
}

function newest(id: string, pins: readonly Pin[], found: Pin | undefined): Pin | undefined {
  return pins.reduce(
    (best, pin) => (pin.id === id && pin.version >= (best?.version ?? 0) ? pin : best),
    found,
  );
}

/** Nothing where the record is broken: its dead letter tells of it. */
function decoded(decode: () => Pin[]): Pin[] {
  try {
    return decode();
  } catch (error) {
    if (error instanceof P2iError) return [];
    throw error;
  }
}
