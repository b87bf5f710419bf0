import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import {
  readAll,
  type Consumer,
  type Log,
  type LogRecord,
  type NewRecord,
  type Polled,
} from '../../../shared/stream/log.ts';
import { rejects, untilTrue } from '../../support/assertions.ts';

/** Most things happen within a second; a busy machine gets this long, ms. */
const PATIENCE_MS = 60_000;

let names = 0;
/** A name that no other test has: they may share brokers. */
export const unique = (what: string): string => `${what}-${process.pid}-${++names}`;

export const record = (key: string, value: Uint8Array | null = Buffer.from(key)): NewRecord => ({
  key,
  timestamp: 1_700_000_000_000,
  headers: {},
  value,
});

/**
 * The behaviours of a Log.
 *
 * @param open opens a log, perhaps one that others have written to
 */
export function logConformance(name: string, open: () => Promise<Log>): void {
  describe(name, { concurrency: 4 }, () => {
    const opened = async (t: TestContext): Promise<Log> => {
      const log = await open();
      t.after(() => log.close());
      return log;
    };

    test('makes a topic once, whoever asks, and keeps its number of partitions', async (t) => {
      const log = await opened(t);
      await log.ready();
      const topic = unique('topic');
      assert.equal(await log.partitions(topic), 0);
      await Promise.all([1, 2, 3].map(() => log.createTopic(topic, 3)));
      await log.createTopic(topic, 3);
      assert.equal(await log.partitions(topic), 3);
      assert.deepEqual(await log.endOffsets(topic), [0, 0, 0]);
      assert.deepEqual(await log.committedOffsets(unique('group'), topic), [0, 0, 0]);
      await rejects('CONFIG_INVALID', log.createTopic(topic, 2));
    });

    test('refuses topics and partitions that are not there, with all that was to be written beside', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 2);
      const nowhere = unique('nowhere');
      await rejects('CONFIG_INVALID', log.endOffsets(nowhere));
      await rejects('CONFIG_INVALID', log.committedOffsets('group', nowhere));
      await rejects('CONFIG_INVALID', log.consumer(nowhere, 'group'));
      await rejects('CONFIG_INVALID', log.reader(nowhere));
      await rejects('CONFIG_INVALID', log.reader(topic, new Map([[2, 0]])));
      for (const [to, partition] of [
        [nowhere, 0],
        [topic, 2],
      ] as const) {
        const written = async (): Promise<void> => {
          const transaction = log.transaction();
          transaction.append(topic, 0, record('beside'));
          transaction.append(to, partition, record('nowhere'));
          await transaction.commit();
        };
        await rejects('CONFIG_INVALID', written());
      }
      assert.equal(await log.partitions(nowhere), 0);
      await append(log, topic, 0, record('after'));
      assert.deepEqual(await keysOf(log, topic), [['after'], []]);
    });

    test('reads records as they were written, in their order', async (t) => {
      const log = await opened(t);
      const transactions = fc.array(fc.array(fc.tuple(fc.nat(2), aRecord), { minLength: 1, maxLength: 20 }), {
        maxLength: 6,
      });
      await fc.assert(
        fc.asyncProperty(transactions, async (script) => {
          const topic = await makeTopic(log, 3);
          const model: NewRecord[][] = [[], [], []];
          for (const writes of script) {
            const transaction = log.transaction();
            for (const [partition, one] of writes) {
              transaction.append(topic, partition, one);
              model[partition].push(one);
            }
            await transaction.commit();
          }
          const read = await contents(log, topic);
          assert.deepEqual(
            read.map((records) => records.map(asWritten)),
            model.map((records) => records.map(asWritten)),
          );
        }),
        { numRuns: 6 },
      );
    });

    test('carries values of three megabytes', async (t) => {
      const log = await opened(t);
      // On Kafka a topic takes records of the size that its settings name.
      const topic = 'p2i-features';
      await log.createTopic(topic, 1);
      const large = new Uint8Array(randomBytes(3 << 20));
      await append(log, topic, 0, record('small'), record('large', large), record('after'));
      const [records] = await contents(log, topic);
      assert.deepEqual(
        records.map(({ key }) => key),
        ['small', 'large', 'after'],
      );
      assert.ok(Buffer.from(large).equals(records[1].value!));
    });

    test('shows nothing of a transaction that is not committed', async (t) => {
      const log = await opened(t);
      const [a, b] = [await makeTopic(log), await makeTopic(log)];
      const first = log.transaction();
      first.append(a, 0, record('first'));
      first.append(b, 0, record('first'));
      log.transaction().append(a, 0, record('never'));
      await append(log, a, 0, record('second'));
      assert.deepEqual(await keysOf(log, a), [['second']]);
      assert.deepEqual(await log.endOffsets(b), [0]);
      await first.commit();
      assert.deepEqual(await keysOf(log, a), [['second', 'first']]);
    });

    test('shows what was committed, where nothing was consumed, to whoever asks next', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 2);
      for (let round = 1; round <= 10; round++) {
        for (const partition of [0, 1]) await append(log, topic, partition, record('a'), record('b'));
        for (const end of await log.endOffsets(topic)) assert.ok(end >= 2 * round);
        assert.equal((await contents(log, topic)).flat().length, 4 * round);
      }
    });

    test('commits whole what is committed at once, in the order of the calls', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log);
      const transactions = Array.from({ length: 10 }, (_, i) => {
        const transaction = log.transaction();
        for (const part of ['a', 'b']) transaction.append(topic, 0, record(`${i}${part}`));
        return transaction;
      });
      await Promise.all(transactions.toReversed().map((transaction) => transaction.commit()));
      const [keys] = await keysOf(log, topic);
      assert.deepEqual(keys, transactions.flatMap((_, i) => [`${i}a`, `${i}b`].reverse()).reverse());
    });

    test('commits consumed offsets with what was made of them, or neither', async (t) => {
      const log = await opened(t);
      const [input, output, group] = [await makeTopic(log), await makeTopic(log), unique('group')];
      await append(log, input, 0, record('a'), record('b'), record('c'));
      const consumer = await log.consumer(input, group);
      const polled = await pollOne(consumer, 1);
      assert.deepEqual(
        polled.records.map(({ key }) => key),
        ['a'],
      );
      work(log, group, input, output, polled);
      assert.deepEqual(await log.committedOffsets(group, input), [0]);
      await work(log, group, input, output, polled).commit();
      await until(async () => (await log.committedOffsets(group, input))[0] === 1);
      assert.deepEqual(await keysOf(log, output, 1), [['a']]);
      await consumer.close();
    });

    test('lets a new consumer of a group go on where the one before was, and another group begin', async (t) => {
      const log = await opened(t);
      const [input, output, group] = [await makeTopic(log, 2), await makeTopic(log, 2), unique('group')];
      for (const partition of [0, 1])
        await append(log, input, partition, ...['a', 'b', 'c'].map((key) => record(`${key}${partition}`)));
      const seen: string[] = [];
      for (let round = 0; round < 2; round++) {
        const consumer = await log.consumer(input, group);
        for (let polls = 0; polls < 2; polls++) {
          const polled = await pollOne(consumer, 1);
          await work(log, group, input, output, polled).commit();
          seen.push(polled.records[0].key);
        }
        // What is polled and not committed is the next one's.
        await pollOne(consumer, 1);
        await consumer.close();
      }
      const last = await log.consumer(input, group);
      for (const { key } of await pollRecords(last, 2)) seen.push(key);
      await last.close();
      assert.deepEqual(seen.sort(), ['a0', 'a1', 'b0', 'b1', 'c0', 'c1']);

      const other = await log.consumer(input, unique('group'));
      assert.equal((await pollRecords(other, 6)).length, 6);
      await other.close();
    });

    test('begins at the end where it is told to, and remembers that though it read nothing', async (t) => {
      const log = await opened(t);
      const [input, output, group] = [await makeTopic(log, 2), await makeTopic(log, 2), unique('group')];
      await append(log, input, 0, record('before'));
      const first = await log.consumer(input, group, 'latest');
      await until(async () => {
        assert.equal(await first.poll(1, POLL_MS), null);
        return first.partitions().size === 2;
      });
      await first.close();
      await append(log, input, 0, record('between'));
      await append(log, input, 1, record('between too'));
      for (const start of ['latest', 'earliest'] as const) {
        const next = await log.consumer(input, group, start);
        assert.deepEqual((await pollRecords(next, 2)).map(({ key }) => key).sort(), [
          'between',
          'between too',
        ]);
        await next.close();
      }
      const last = await log.consumer(input, group, 'latest');
      for (let polls = 0; polls < 2; polls++)
        await work(log, group, input, output, await pollOne(last, 1)).commit();
      assert.deepEqual((await keysOf(log, output, 2)).flat().sort(), ['between', 'between too']);
      await last.close();
    });

    test('tells from which offset on something was appended since a time', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 3);
      const times: number[] = [];
      for (const key of ['a', 'b', 'c']) {
        times.push(Date.now());
        for (const partition of [0, 2])
          await append(log, topic, partition, { ...record(key), timestamp: Date.now() }, record('old'));
        await sleep(20);
      }
      const ends = await log.endOffsets(topic);
      const read = await contents(log, topic);
      for (const [i, key] of ['a', 'b', 'c'].entries()) {
        const at = await log.offsetsAt(topic, times[i]);
        assert.equal(at[1], 0);
        for (const partition of [0, 2])
          assert.equal(read[partition].find(({ offset }) => offset >= at[partition])?.key, key);
      }
      assert.deepEqual(await log.offsetsAt(topic, 0), [0, 0, 0]);
      assert.deepEqual(await log.offsetsAt(topic, -5), [0, 0, 0]);
      assert.deepEqual(await log.offsetsAt(topic, Date.now() + 60_000), ends);
      await rejects('CONFIG_INVALID', log.offsetsAt(unique('nowhere'), 0));
    });

    test('gives an owner the partitions that it names, from where it is told or the group goes on', async (t) => {
      const log = await opened(t);
      const [input, output, group] = [await makeTopic(log, 3), await makeTopic(log, 3), unique('group')];
      for (const partition of [0, 1, 2])
        await append(log, input, partition, ...['a', 'b', 'c'].map((key) => record(`${key}${partition}`)));
      await rejects('CONFIG_INVALID', log.owner(input, group, new Map([[3, 0]])));
      const from = new Map([
        [0, 0],
        [2, 1],
      ]);
      const first = await log.owner(input, group, from);
      assert.deepEqual(
        [...first.partitions()].map(([partition, { position }]) => [partition, position]),
        [...from],
      );
      const seen: string[] = [];
      for (let polls = 0; polls < 2; polls++) {
        const polled = await pollOne(first, 1);
        seen.push(polled.records[0].key);
        await work(log, group, input, output, polled).commit();
      }
      await first.close();
      const next = await log.owner(input, group, from);
      for (const { key } of await pollRecords(next, 3)) seen.push(key);
      await next.close();
      assert.deepEqual(seen.sort(), ['a0', 'b0', 'b2', 'c0', 'c2']);
      const other = await log.owner(input, group, new Map([[1, 2]]));
      assert.deepEqual(
        (await pollRecords(other, 1)).map(({ key }) => key),
        ['c1'],
      );
      await other.close();
    });

    test('goes on where it is moved to, back and forth', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 2);
      await append(log, topic, 0, ...Array.from({ length: 10 }, (_, i) => record(String(i))));
      await append(log, topic, 1, record('other'));
      const consumers = [
        await log.reader(topic, new Map([[0, 0]])),
        await log.consumer(topic, unique('group')),
      ];
      for (const consumer of consumers) {
        const next = async (): Promise<string> => {
          for (;;) {
            const { partition, from, records } = await pollOne(consumer, 1);
            if (partition !== 0) continue;
            assert.equal(from, records[0].offset);
            return records[0].key;
          }
        };
        assert.equal(await next(), '0');
        assert.equal(await next(), '1');
        for (const offset of [7, 2, 3, 9, 0]) {
          consumer.seek(0, offset);
          assert.equal(consumer.partitions().get(0)?.position, offset);
          assert.equal(await next(), String(offset));
        }
        consumer.seek(0, 4);
        consumer.seek(0, 6);
        assert.equal(await next(), '6');
        assert.equal(await next(), '7');
        await consumer.close();
      }
    });

    test('ignores a move of a partition that the consumer does not have', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 2);
      await append(log, topic, 1, record('unasked'));
      await append(log, topic, 0, record('asked'));
      const reader = await log.reader(topic, new Map([[0, 0]]));
      for (const partition of [1, 2]) reader.seek(partition, 0);
      assert.deepEqual([...reader.partitions().keys()], [0]);
      assert.equal((await pollOne(reader, 1 << 20)).records[0].key, 'asked');
      assert.equal(await reader.poll(1, POLL_MS), null);
      await reader.close();
    });

    test('says which partitions it has, where it is in each and in which epoch', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 3);
      for (const partition of [0, 2])
        await append(log, topic, partition, ...['a', 'b', 'c'].map((key) => record(key)));
      const consumers = [await log.reader(topic), await log.consumer(topic, unique('group'))];
      for (const consumer of consumers) {
        const first = await pollOne(consumer, 1);
        assert.equal(first.from, 0);
        assert.deepEqual([...consumer.partitions().keys()].sort(), [0, 1, 2]);
        const epochs = new Map(
          [...consumer.partitions()].map(([partition, { epoch }]) => [partition, epoch]),
        );
        assert.equal(consumer.partitions().get(first.partition)!.position, 1);
        for (let polls = 1; polls < 6; polls++) {
          const { partition, from, epoch, records } = await pollOne(consumer, 1);
          assert.equal(records.length, 1);
          assert.ok(from <= records[0].offset);
          assert.equal(epoch, epochs.get(partition));
          assert.ok(consumer.partitions().get(partition)!.position > records[0].offset);
        }
        await consumer.close();
      }
    });

    test('reads the partitions that are asked for, from where it is told', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 3);
      for (const partition of [0, 1, 2])
        await append(log, topic, partition, ...['a', 'b', 'c'].map((key) => record(`${key}${partition}`)));
      const from = new Map([
        [0, 2],
        [2, 1],
      ]);
      const reader = await log.reader(topic, from);
      assert.deepEqual(
        new Map([...reader.partitions()].map(([partition, { position }]) => [partition, position])),
        from,
      );
      assert.deepEqual((await pollRecords(reader, 3)).map(({ key }) => key).sort(), ['b2', 'c0', 'c2']);
      await reader.close();
      const read: string[] = [];
      for await (const { key } of readAll(log, topic, from)) read.push(key);
      assert.deepEqual(read.sort(), ['b2', 'c0', 'c2']);
    });

    test('reads all that there is without waiting for more', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 3);
      const times: number[] = [];
      for (let round = 1; round <= 3; round++) {
        for (const partition of [0, 2]) await append(log, topic, partition, record(String(round)));
        const ends = await log.endOffsets(topic);
        // On Kafka the last offset is the end of the transaction, and no record.
        for (const from of [undefined, new Map([[2, ends[2] - 1]])]) {
          const began = performance.now();
          const read: LogRecord[] = [];
          for await (const one of readAll(log, topic, from)) read.push(one);
          times.push(performance.now() - began);
          if (from === undefined) assert.equal(read.length, 2 * round);
          else assert.ok(read.every(({ offset }) => offset === ends[2] - 1));
        }
      }
      for (const which of [0, 1]) {
        const quickest = Math.min(...times.filter((_, i) => i % 2 === which));
        assert.ok(quickest < 900, `it took ${Math.round(quickest)} ms`);
      }
    });

    test('hands out about as many bytes as it is asked for, and one record at least', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log);
      const size = 10_000;
      const total = 24;
      await append(
        log,
        topic,
        0,
        ...Array.from({ length: total }, (_, i) => record(String(i), randomBytes(size))),
      );
      for (const records of [1, 3, 8]) {
        const reader = await log.reader(topic);
        for (let read = 0; read < total;) {
          const polled = await pollOne(reader, records === 1 ? 1 : records * size);
          read += polled.records.length;
          assert.ok(polled.records.length <= records, `${polled.records.length}, not ${records}`);
          // What the log itself reads in one piece may end before.
          if (read < total) assert.ok(polled.records.length >= Math.max(1, records - 1));
        }
        await reader.close();
      }
    });

    test('lets partitions take turns', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log, 2);
      for (const partition of [0, 1])
        for (let i = 0; i < 5; i++)
          await append(log, topic, partition, record(String(i), randomBytes(900_000)));
      for (const consumer of [await log.reader(topic), await log.consumer(topic, unique('group'))]) {
        const turns: number[] = [];
        while (turns.length < 10) turns.push((await pollOne(consumer, 1)).partition);
        const begun = Math.max(turns.indexOf(0), turns.indexOf(1));
        const finished = Math.min(turns.lastIndexOf(0), turns.lastIndexOf(1));
        assert.ok(begun < finished, turns.join());
        await consumer.close();
      }
    });

    test('hands out values that are the reader’s own', async (t) => {
      const log = await opened(t);
      const topic = await makeTopic(log);
      await append(log, topic, 0, record('a'), record('b'));
      const reader = await log.reader(topic);
      for (let round = 0; round < 2; round++) {
        const records = await pollRecords(reader, 2);
        assert.deepEqual(
          records.map(({ value }) => String.fromCharCode(...value!)),
          ['a', 'b'],
        );
        records[0].value!.fill(0);
        reader.seek(0, 0);
      }
      await reader.close();
    });
  });
}

const aRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.string({ unit: 'binary', maxLength: 8 }),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.dictionary(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    {
      maxKeys: 2,
      noNullPrototype: true,
    },
  ),
  value: fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    // Large enough to be compressed.
    fc.integer({ min: 2000, max: 9000 }).map((length) => new Uint8Array(length).fill(7)),
    fc.constant(null),
  ),
});

function asWritten({ key, timestamp, headers, value }: NewRecord): unknown {
  return { key, timestamp, headers, value: value && Buffer.from(value) };
}

/** How long one poll of a wait takes, ms. */
const POLL_MS = 100;

export async function makeTopic(log: Log, partitions = 1): Promise<string> {
  const topic = unique('topic');
  await log.createTopic(topic, partitions);
  return topic;
}

/** Appends records in a transaction. */
export async function append(
  log: Log,
  topic: string,
  partition: number,
  ...records: NewRecord[]
): Promise<void> {
  const transaction = log.transaction();
  for (const one of records) transaction.append(topic, partition, one);
  await transaction.commit();
}

/** What is made of a poll, not committed yet: each record again, in the partition that it came from. */
export function work(
  log: Log,
  group: string,
  input: string,
  output: string,
  { partition, records, epoch }: Polled,
): ReturnType<Log['transaction']> {
  const transaction = log.transaction();
  for (const one of records) transaction.append(output, partition, one);
  transaction.consumed(group, input, partition, records[records.length - 1].offset + 1, epoch);
  return transaction;
}

/** The records of a topic, by partition. */
export async function contents(log: Log, topic: string): Promise<LogRecord[][]> {
  const partitions: LogRecord[][] = Array.from({ length: await log.partitions(topic) }, () => []);
  for await (const { partition, ...one } of readAll(log, topic)) partitions[partition].push(one);
  for (const records of partitions)
    records.slice(1).forEach(({ offset }, i) => assert.ok(offset > records[i].offset));
  return partitions;
}

/** The keys of a topic, by partition, once it shows `records` of them: of what was made, Kafka shows it a moment later. */
export async function keysOf(log: Log, topic: string, records = 0): Promise<string[][]> {
  let read: LogRecord[][] = [];
  await until(async () => {
    read = await contents(log, topic);
    return read.flat().length >= records;
  });
  return read.map((of) => of.map(({ key }) => key));
}

/** Polls until there is something. */
export async function pollOne(consumer: Consumer, maxBytes: number): Promise<Polled> {
  for (const deadline = performance.now() + PATIENCE_MS; ;) {
    const polled = await consumer.poll(maxBytes, POLL_MS);
    if (polled !== null) return polled;
    assert.ok(performance.now() < deadline, `nothing came within ${PATIENCE_MS} ms`);
  }
}

/** Polls until there were so many records. */
async function pollRecords(consumer: Consumer, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < count) records.push(...(await pollOne(consumer, 1 << 20)).records);
  return records;
}

export function until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  return untilTrue(condition, patienceMs);
}
