import { hashText } from '../../shared/cooccurrence/hash.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Codec } from '../../shared/registry/codec.ts';
import type { Put, Store } from '../../shared/store/store.ts';
import { readAll, type Headers, type Log } from '../../shared/stream/log.ts';
import { LANE_HEADER, ORDER_HEADER, PIN_VERSION_HEADER } from '../headers.ts';
import type { Rank } from './rank.ts';
import { RESULTS_TOPIC, type PinInterests } from './topic.ts';

/** Ranks of a partition that are held in memory before they go to the store: about 20 MB. */
const MOST_HELD = 100_000;
const KEY_SEED = 0x52;

/**
 * The rank of what stands on p2i-results for each key, by partition. The topic itself is the state; the store is a copy
 * of it up to a marked offset, so that a partition that is taken up anew needs only what came after that to be read, and
 * a store that is lost nothing but time.
 */
export class PublishedRanks {
  readonly #store: Store;
  readonly #log: Log;
  readonly #codec: Codec<PinInterests>;
  readonly #mostHeld: number;
  /** By partition: what is not in the store yet. */
  readonly #held = new Map<number, Map<string, Rank>>();

  constructor(store: Store, log: Log, codec: Codec<PinInterests>, mostHeld: number = MOST_HELD) {
    this.#store = store;
    this.#log = log;
    this.#codec = codec;
    this.#mostHeld = mostHeld;
  }

  get(partition: number, key: string): Rank | undefined {
    const held = this.#held.get(partition)?.get(key);
    if (held !== undefined) return held;
    const [bytes] = this.#store.get(space(partition), [hashText(key, KEY_SEED)]);
    return bytes && readBucket(bytes).get(key);
  }

  set(partition: number, key: string, rank: Rank): void {
    this.#of(partition).set(key, rank);
  }

  /** Forgets what was set and perhaps never committed, and reads what the topic has beyond the store. */
  async takeUp(partition: number): Promise<void> {
    const held = new Map<string, Rank>();
    this.#held.set(partition, held);
    const from = await this.#storedUpTo(partition);
    for await (const { key, headers, value, offset } of readAll(
      this.#log,
      RESULTS_TOPIC,
      new Map([[partition, from]]),
    )) {
      held.set(key, this.#rankOf(value, headers, `${RESULTS_TOPIC}-${partition}@${offset}`));
      if (held.size < this.#mostHeld) continue;
      this.#store.apply({ puts: this.#puts(partition), marks: at(partition, offset + 1) });
      held.clear();
    }
  }

  /** Up to which offset the store has the topic. A topic that ends before is another one than the store knew. */
  async #storedUpTo(partition: number): Promise<number> {
    const offset = Number(this.#store.mark(mark(partition)) ?? 0);
    if (offset <= (await this.#log.endOffsets(RESULTS_TOPIC))[partition]) return offset;
    this.#store.apply({ puts: [], clear: [space(partition)], marks: at(partition, 0) });
    return 0;
  }

  /** Everything that was set for the partition is committed: when there is much of it, it goes to the store. */
  async committed(partition: number): Promise<void> {
    const held = this.#of(partition);
    if (held.size < this.#mostHeld) return;
    // Nobody else writes to the partition, so its end is what is committed here.
    const end = (await this.#log.endOffsets(RESULTS_TOPIC))[partition];
    this.#store.apply({ puts: this.#puts(partition), marks: at(partition, end) });
    held.clear();
  }

  #of(partition: number): Map<string, Rank> {
    let held = this.#held.get(partition);
    if (held === undefined) this.#held.set(partition, (held = new Map<string, Rank>()));
    return held;
  }

  *#puts(partition: number): Iterable<Put> {
    const byHash = new Map<number, Map<string, Rank>>();
    for (const [key, rank] of this.#of(partition)) {
      const hash = hashText(key, KEY_SEED);
      const bucket = byHash.get(hash);
      if (bucket) bucket.set(key, rank);
      else byHash.set(hash, new Map([[key, rank]]));
    }
    for (const hash of Float64Array.from(byHash.keys()).sort()) {
      const [old] = this.#store.get(space(partition), [hash]);
      const bucket = new Map([...(old ? readBucket(old) : []), ...byHash.get(hash)!]);
      yield { space: space(partition), key: hash, value: writeBucket(bucket) };
    }
  }

  #rankOf(value: Uint8Array | null, headers: Headers, where: string): Rank {
    const order = Number(headers[ORDER_HEADER] ?? 0);
    if (value === null) {
      return { pinVersion: Number(headers[PIN_VERSION_HEADER]), lane: headers[LANE_HEADER] as Lane, order };
    }
    const { pinVersion, lane } = this.#codec.decode(value, where);
    return { pinVersion, lane, order };
  }
}

function space(partition: number): string {
  return `published/${partition}`;
}

function mark(partition: number): string {
  return `published/${partition}`;
}

function at(partition: number, offset: number): Record<string, string> {
  return { [mark(partition)]: String(offset) };
}

/*
 * The keys of one hash, nearly always a single one. A key is: u16 its bytes, f64 Pin version, f64 order, u8 lane
 * (1: batch), its UTF-8; little endian.
 */
const HEAD = 19;

function readBucket(bytes: Uint8Array): Map<string, Rank> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bucket = new Map<string, Rank>();
  for (let i = 0; i < buffer.length;) {
    const end = i + HEAD + buffer.readUInt16LE(i);
    bucket.set(buffer.toString('utf8', i + HEAD, end), {
      pinVersion: buffer.readDoubleLE(i + 2),
      order: buffer.readDoubleLE(i + 10),
      lane: buffer[i + 18] === 1 ? 'batch' : 'instant',
    });
    i = end;
  }
  return bucket;
}

function writeBucket(bucket: ReadonlyMap<string, Rank>): Buffer {
  return Buffer.concat(
    [...bucket].map(([key, { pinVersion, lane, order }]) => {
      const text = Buffer.from(key);
      const bytes = Buffer.alloc(HEAD + text.length);
      bytes.writeUInt16LE(text.length, 0);
      bytes.writeDoubleLE(pinVersion, 2);
      bytes.writeDoubleLE(order, 10);
      bytes[18] = lane === 'batch' ? 1 : 0;
      text.copy(bytes, HEAD);
      return bytes;
    }),
  );
}
