import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fetched, KafkaSubscription } from '../../../../shared/stream/kafka/client.ts';
import { PartitionReader } from '../../../../shared/stream/kafka/partition-reader.ts';
import type { LogRecord } from '../../../../shared/stream/log.ts';

const PARTITION = 3;

/** A partition: for each offset the bytes of its record, or null where it holds none. */
const aPartition = fc.array(fc.option(fc.nat(20), { freq: 3 }), { maxLength: 40, size: 'max' });

type Command =
  /** The subscription fetches so many offsets where it was last asked to. */
  | { do: 'fetch'; offsets: number }
  /** What was asked for earlier comes all the same: `ago` questions before. */
  | { do: 'stale'; offsets: number; ago: number }
  | { do: 'take'; maxBytes: number }
  | { do: 'seek'; share: number }
  /** The subscription begins anew, where the reader says. */
  | { do: 'rejoin' };

const aCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('fetch' as const), offsets: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stale' as const),
      offsets: fc.integer({ min: 1, max: 8 }),
      ago: fc.nat(5),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), maxBytes: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('seek' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'rejoin' as const }) },
);

/** A reader over a partition whose subscription does what the commands say. */
class Model {
  readonly #partition: readonly (number | null)[];
  readonly #reader = new PartitionReader(PARTITION, 0, 7);
  /** Where the subscription was asked to fetch, the last one last. */
  readonly #asked: number[] = [0];
  /** That question is not answered yet. */
  #open = true;
  /** The next offset that was not handed out. */
  #next = 0;
  /** Records that were fetched, all in one, and not handed out. */
  #held = 0;

  constructor(partition: readonly (number | null)[]) {
    this.#partition = partition;
  }

  readonly #subscription: KafkaSubscription = {
    next: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
    advance: (partition, offset) => {
      assert.equal(partition, PARTITION);
      this.#asked.push(offset);
      this.#open = true;
    },
  };

  run(command: Command): void {
    switch (command.do) {
      case 'fetch':
        if (this.#open) this.#fetch(this.#asked[this.#asked.length - 1], command.offsets);
        break;
      case 'stale':
        this.#accept(this.#fetched(this.#asked.at(-1 - command.ago) ?? 0, command.offsets));
        break;
      case 'take':
        this.#take(command.maxBytes);
        break;
      case 'seek':
        this.#next = Math.round(command.share * this.#partition.length);
        this.#reader.seek(this.#next, this.#subscription);
        this.#held = 0;
        assert.equal(this.#reader.position, this.#next);
        break;
      case 'rejoin':
        this.#asked.push(this.#reader.fetchFrom);
        this.#open = true;
        break;
    }
    assert.ok(this.#reader.position >= this.#next);
    // Nothing is passed over but offsets without a record.
    assert.equal(this.#firstFrom(this.#next), this.#firstFrom(this.#reader.position));
  }

  /** What is left comes, whatever happened. */
  drain(): void {
    for (let turns = 0; turns < 3 * this.#partition.length + 3; turns++) {
      while (this.#take(1));
      if (this.#open) this.#fetch(this.#asked[this.#asked.length - 1], 1);
    }
    assert.equal(this.#firstFrom(this.#next), -1);
    assert.equal(this.#reader.position, this.#partition.length);
  }

  #fetch(from: number, offsets: number): void {
    if (from >= this.#partition.length) return;
    this.#open = false;
    this.#accept(this.#fetched(from, offsets));
  }

  #accept(fetched: Fetched): void {
    if (fetched.next <= fetched.from) return;
    const { position } = this.#reader;
    const fits = this.#held === 0 && fetched.from <= position && fetched.next > position;
    const passed = this.#reader.accept(fetched, this.#subscription);
    if (fits) this.#held = fetched.records.filter(({ offset }) => offset >= position).length;
    assert.equal(passed, fits && this.#held === 0);
    assert.equal(this.#reader.position, passed ? fetched.next : position);
  }

  #fetched(from: number, offsets: number): Fetched {
    const next = Math.min(from + offsets, this.#partition.length);
    const records: LogRecord[] = [];
    for (let offset = from; offset < next; offset++) {
      const bytes = this.#partition[offset];
      if (bytes === null) continue;
      records.push({ offset, key: String(offset), timestamp: 0, headers: {}, value: new Uint8Array(bytes) });
    }
    return { partition: PARTITION, from, records, next };
  }

  #take(maxBytes: number): boolean {
    const { position } = this.#reader;
    const polled = this.#reader.take(maxBytes, this.#subscription);
    if (polled === null) {
      assert.equal(this.#held, 0);
      // Nothing is here: then the next fetch was asked for, where this one ended.
      assert.ok(this.#open);
      return false;
    }
    const { partition, from, epoch, records } = polled;
    assert.deepEqual({ partition, from, epoch }, { partition: PARTITION, from: position, epoch: 7 });
    assert.ok(records.length > 0);
    for (const { offset } of records) {
      assert.equal(offset, this.#firstFrom(this.#next));
      this.#next = offset + 1;
    }
    const but = records.slice(0, -1).reduce((bytes, { value }) => bytes + value!.length, 0);
    assert.ok(records.length === 1 || but < maxBytes);
    this.#held -= records.length;
    assert.ok(this.#held >= 0, 'it held more than a fetch');
    return true;
  }

  /** The first offset from there that holds a record; -1 where none does. */
  #firstFrom(offset: number): number {
    return this.#partition.findIndex((bytes, at) => at >= offset && bytes !== null);
  }
}

test('each record is handed out once, in order, however fetches are cut, come late, or begin anew', () => {
  fc.assert(
    fc.property(aPartition, fc.array(aCommand, { maxLength: 60, size: 'max' }), (partition, commands) => {
      const model = new Model(partition);
      for (const command of commands) model.run(command);
      model.drain();
    }),
    { numRuns: 1000 },
  );
});
