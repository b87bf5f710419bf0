import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  SESSION_TIMEOUT_MS,
  type KafkaClient,
  type KafkaConnection,
  type KafkaProducer,
  type KafkaSubscription,
  type ProducedRecord,
} from '../../../../shared/stream/kafka/client.ts';
import type { LogRecord } from '../../../../shared/stream/log.ts';
import { rejects, untilTrue } from '../../../support/assertions.ts';
import { brokersAvailable } from '../../../support/brokers/files.ts';
import { startKafka, type KafkaCluster } from '../../../support/brokers/kafka.ts';

/** Most things happen within a second; a busy machine gets this long, ms. */
const PATIENCE_MS = 30_000;
/** How long anything may take to find out that there is no broker, ms. */
const UNAVAILABLE_MS = 40_000;

const MEGABYTE = 1 << 20;

let names = 0;
const unique = (what: string) => `${what}-${process.pid}-${++names}`;

/** The behaviours of KafkaClient, against real brokers. `makeClient` makes the client that is to have them. */
export function clientConformance(
  name: string,
  makeClient: (connection: KafkaConnection) => KafkaClient,
): void {
  const available = brokersAvailable();
  describe(name, { skip: available.available ? false : available.why }, () => {
    let cluster: KafkaCluster;
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    before(async () => {
      process.on('warning', warned);
      cluster = await startKafka();
    });
    after(async () => {
      process.off('warning', warned);
      await cluster.close();
    });

    const open = (t: TestContext): KafkaClient => {
      const client = makeClient({ brokers: cluster.bootstrap, clientId: 'conformance' });
      t.after(() => client.close());
      return client;
    };

    describe('while the brokers are there', { concurrency: 4 }, () => {
      test('makes a topic once, and counts its partitions', async (t) => {
        const client = open(t);
        const topic = unique('topic');
        await client.ping();
        assert.equal(await client.partitions(topic), 0);
        const spec = { topic, partitions: 12, replication: -1, config: { 'cleanup.policy': 'compact' } };
        assert.equal(await client.createTopic(spec), true);
        assert.equal(await client.createTopic({ ...spec, partitions: 3 }), false);
        assert.equal(await client.partitions(topic), 12);
        assert.deepEqual(await client.offsets(topic), { first: zeros(12), end: zeros(12) });
        assert.deepEqual(
          await client.committedOffsets(unique('group'), topic),
          zeros(12).map(() => null),
        );
        await refused(client.createTopic({ ...spec, topic: unique('bad'), config: { nonsense: 'x' } }));
        await refused(client.createTopic({ ...spec, topic: 'not a name' }));
      });

      test('finds offsets by the time at which the brokers got the records', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 2, { 'message.timestamp.type': 'LogAppendTime' });
        await write(client, [record(topic, 0, 'before'), record(topic, 1, 'before')]);
        // The transaction's end markers have a time too.
        await ends(client, topic, [2, 2]);
        await sleep(20);
        const time = Date.now();
        assert.deepEqual(await client.offsetsAt(topic, time), [2, 2]);
        await write(client, [record(topic, 1, 'after')]);
        await ends(client, topic, [2, 4]);
        assert.deepEqual(await client.offsetsAt(topic, time), [2, 2]);
        assert.deepEqual(await client.offsetsAt(topic, 0), [0, 0]);
        await refused(client.offsetsAt(unique('nowhere'), time));
      });

      test('asks and answers several questions at once', async (t) => {
        const client = open(t);
        const [a, b] = [await makeTopic(client, 2), await makeTopic(client, 3)];
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => [
            client.partitions(a),
            client.offsets(b).then(({ end }) => end.length),
            client.committedOffsets(unique('group'), a).then((committed) => committed.length),
            client.partitions('nowhere'),
          ]).flat(),
        );
        assert.deepEqual(answers, Array.from({ length: 10 }, () => [2, 3, 2, 0]).flat());
      });

      test('refuses for good what no retry mends: a topic that is not there', async (t) => {
        const client = open(t);
        const nowhere = unique('nowhere');
        await refused(client.offsets(nowhere));
        await refused(client.committedOffsets('group', nowhere));
        await refused(client.subscribe({ topic: nowhere, group: undefined, assigned: fromStart }));
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await refused(producer.send([record(nowhere, 0, 'key')]));
        assert.equal(await client.partitions(nowhere), 0);
      });

      test('reads records as they were written', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const written: ProducedRecord[] = [
          { ...record(topic, 0, 'plain'), value: bytes('value'), timestamp: 1_700_000_000_123 },
          { ...record(topic, 0, 'ключ 鍵 🔑'), headers: { lane: 'batch', título: 'añil 🎨', empty: '' } },
          { ...record(topic, 0, ''), value: new Uint8Array(), timestamp: 0 },
          { ...record(topic, 0, 'tombstone'), value: null, timestamp: 17 },
          { ...record(topic, 0, 'binary'), value: Uint8Array.from({ length: 256 }, (_, i) => i) },
        ];
        await write(client, written);
        const { records } = await readAll(client, topic, [written.length + 1]);
        assert.deepEqual(
          records,
          written.map(({ key, value, headers, timestamp }, offset) => ({
            offset,
            timestamp,
            key,
            headers,
            value,
          })),
        );
      });

      test('reads values that are the reader’s own', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        await write(
          client,
          Array.from({ length: 100 }, (_, i) => ({ ...record(topic, 0, `${i}`), value: noise(10_000) })),
        );
        const { records } = await readAll(client, topic, [101]);
        assert.equal(records.length, 100);
        // Holding one record must not hold the fetch.
        for (const { value } of records) assert.ok(value!.buffer.byteLength < 100_000);
      });

      test('writes five megabytes where the topic takes them, and is refused where not', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 1, { 'max.message.bytes': String(6 * MEGABYTE) });
        const value = noise(5 * MEGABYTE);
        await write(client, [{ ...record(topic, 0, 'large'), value }, record(topic, 0, 'small')]);
        const { records } = await readAll(client, topic, [3]);
        assert.deepEqual(
          records.map(({ key }) => key),
          ['large', 'small'],
        );
        assert.ok(Buffer.from(records[0].value!).equals(value));

        const narrow = await makeTopic(client);
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await refused(producer.send([{ ...record(narrow, 0, 'large'), value }]));
        // Compressed, they are small.
        await write(client, [{ ...record(narrow, 0, 'zeros'), value: new Uint8Array(5 * MEGABYTE) }]);
        assert.equal((await readAll(client, narrow, [2])).records[0].value!.length, 5 * MEGABYTE);
      });

      test('keeps the order within partitions, in one send of many records and over several', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 3);
        const producer = await client.producer(unique('id'));
        await producer.begin();
        let i = 0;
        for (let send = 0; send < 3; send++) {
          await producer.send(
            Array.from({ length: 4000 }, () => ({
              ...record(topic, i % 3, String(i++).padStart(6, '0')),
              value: noise(600),
            })),
          );
        }
        await producer.commit();
        const { partitions } = await readAll(client, topic, [4001, 4001, 4001]);
        for (let partition = 0; partition < 3; partition++) {
          const keys = partitions[partition].map(({ key }) => Number(key));
          assert.deepEqual(
            keys,
            Array.from({ length: 4000 }, (_, at) => 3 * at + partition),
          );
        }
      });

      test('shows nothing of an open or aborted transaction', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await producer.send([record(topic, 0, 'aborted')]);
        const subscription = await readFrom(client, topic, 0);
        assert.equal(await subscription.next(1000), undefined);
        assert.deepEqual((await client.offsets(topic)).end, [0]);

        await producer.abort();
        await ends(client, topic, [2]);

        await producer.begin();
        await producer.send([record(topic, 0, 'kept')]);
        assert.deepEqual((await client.offsets(topic)).end, [2]);

        await producer.commit();
        await ends(client, topic, [4]);
        const { records } = await readUpTo(subscription, [4]);
        assert.deepEqual(
          records.map(({ key, offset }) => ({ key, offset })),
          [{ key: 'kept', offset: 2 }],
        );
      });

      test('shows nothing of aborted transactions that overlap others', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(() => client.producer(unique('id'))));
        for (const producer of [a, b, c]) await producer.begin();
        for (const round of ['1', '2']) {
          await a.send([record(topic, 0, `aborted a${round}`)]);
          await b.send([record(topic, 0, `aborted b${round}`)]);
          await c.send([record(topic, 0, `kept c${round}`)]);
        }
        await b.abort();
        await a.abort();
        await c.commit();

        const end = [9];
        await ends(client, topic, end);
        for (let from = 0; from < 6; from++) {
          const { records } = await readUpTo(await readFrom(client, topic, from), end);
          const kept = [2, 5].filter((offset) => offset >= from);
          assert.deepEqual(
            records.map(({ offset }) => offset),
            kept,
          );
        }
      });

      test('opens and ends transactions with nothing in them', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await producer.commit();
        await producer.begin();
        await producer.send([]);
        await producer.abort();
        await producer.begin();
        await producer.send([record(topic, 0, 'key')]);
        await producer.commit();
        assert.equal((await readAll(client, topic, [2])).records.length, 1);
      });

      test('loses nothing of transactions that begin while the one before still ends', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 3);
        const group = unique('group');
        const producer = await client.producer(unique('id'));
        const transactions = 30;
        const records = Array.from({ length: 1500 }, () => record(topic, 0, 'key'));
        for (let i = 1; i <= transactions; i++) {
          await producer.begin();
          if (i % 2 === 0) await producer.consumed(group, topic, 0, i);
          await producer.send([...records, record(topic, 1, 'key'), record(topic, 2, 'key')]);
          await producer.commit();
        }
        await ends(client, topic, [1501 * transactions, 2 * transactions, 2 * transactions]);
        assert.deepEqual(await client.committedOffsets(group, topic), [transactions, null, null]);
      });

      test('commits consumed offsets with the records, or not at all', async (t) => {
        const client = open(t);
        const input = await makeTopic(client, 2);
        const output = await makeTopic(client);
        const group = unique('group');
        const producer = await client.producer(unique('id'));
        for (const [round, end] of (['commit', 'abort', 'commit'] as const).entries()) {
          await producer.begin();
          await producer.send([record(output, 0, end)]);
          await producer.consumed(group, input, 1, round + 5);
          await producer[end]();
        }
        await until(async () => isDeepStrictEqual(await client.committedOffsets(group, input), [null, 7]));
        const { records } = await readAll(client, output, [6]);
        assert.deepEqual(
          records.map(({ key }) => key),
          ['commit', 'commit'],
        );
        // Offsets alone make a transaction too.
        await producer.begin();
        await producer.consumed(group, input, 0, 9);
        await producer.commit();
        await until(async () => isDeepStrictEqual(await client.committedOffsets(group, input), [9, 7]));
      });

      test('fences the older producer of an id, and aborts what it left open first', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const group = unique('group');
        const next: ((older: KafkaProducer) => Promise<void>)[] = [
          (older) => older.send([record(topic, 0, 'late')]),
          (older) => older.consumed(group, topic, 0, 99),
          (older) => older.commit(),
        ];
        const id = unique('id');
        for (const [round, call] of next.entries()) {
          const older = await client.producer(id);
          await older.begin();
          await older.send([record(topic, 0, 'left open')]);
          await older.consumed(group, topic, 0, 99);

          const newer = await client.producer(id);

          // Two of the older one, then two of the newer one, a round.
          assert.deepEqual((await client.offsets(topic)).end, [4 * round + 2]);
          await rejects('PARTITION_LOST', call(older));
          await older.close();
          await newer.begin();
          await newer.send([record(topic, 0, 'newer')]);

          await newer.commit();
          await ends(client, topic, [4 * round + 4]);
          await newer.close();
        }
        const { records } = await readAll(client, topic, [12]);
        assert.deepEqual(
          records.map(({ key }) => key),
          ['newer', 'newer', 'newer'],
        );
        assert.deepEqual(await client.committedOffsets(group, topic), [null]);
      });

      test('takes over an id whose producer was closed with its transaction open', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const id = unique('id');
        for (let round = 0; round < 3; round++) {
          const producer = await client.producer(id);
          await producer.begin();
          await producer.send([record(topic, 0, 'left open')]);
          await producer.close();
        }
        const producer = await client.producer(id);
        assert.deepEqual((await client.offsets(topic)).end, [6]);
        await producer.close();
      });

      test('reads without a group from the given offsets, over control records', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 3);
        const producer = await client.producer(unique('id'));
        for (const end of ['commit', 'abort', 'commit', 'abort'] as const) {
          await producer.begin();
          await producer.send([0, 0, 1, 1, 2].map((partition) => record(topic, partition, end)));
          await producer[end]();
        }

        await ends(client, topic, [12, 12, 8]);
        const subscription = await client.subscribe({
          topic,
          group: undefined,
          assigned: async (partitions) => {
            assert.deepEqual([...partitions].sort(), [0, 1, 2]);
            return new Map([
              [0, 1],
              [1, 3],
            ]);
          },
        });
        const { partitions } = await readUpTo(subscription, [12, 12]);
        const offsets = partitions.map((records) => records.map(({ offset }) => offset));
        // Partition 2 has no offset and is not read.
        assert.deepEqual(offsets, [
          [1, 6, 7],
          [6, 7],
        ]);
      });

      test('hands out fetches that follow on, and nothing until something comes', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        const subscription = await readFrom(client, topic, 0);
        assert.equal(await subscription.next(500), undefined);
        const producer = await client.producer(unique('id'));
        let position = 0;
        for (let written = 0; written < 10; written++) {
          const records: LogRecord[] = [];
          const pull = async () => {
            const fetched = (await subscription.next(PATIENCE_MS))!;
            assert.equal(fetched.from, position);
            records.push(...fetched.records);
            position = fetched.next;
            subscription.advance(0, position);
          };
          const pulled = pull();
          await producer.begin();
          await producer.send([record(topic, 0, 'key')]);
          await producer.commit();
          // The end of the transaction may come by itself.
          await pulled;
          while (position < 2 * written + 2) await pull();
          assert.deepEqual(
            records.map(({ offset }) => offset),
            [2 * written],
          );
        }
      });

      test('shares the partitions of a group, and takes over those of a member that leaves', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 4);
        const group = unique('group');
        const first = await join(client, topic, group);
        await until(() => first.partitions.length === 4);
        const second = await join(client, topic, group);
        await until(() => first.partitions.length === 2 && second.partitions.length === 2);
        assert.deepEqual([...first.partitions, ...second.partitions].sort(), [0, 1, 2, 3]);

        const left = performance.now();
        await second.subscription.close();
        await until(() => first.partitions.length === 4);
        assert.ok(performance.now() - left < 10_000, 'it waited for the session to time out');
        await write(
          client,
          [0, 1, 2, 3].map((partition) => record(topic, partition, 'key')),
        );
        const { partitions } = await readUpTo(first.subscription, [2, 2, 2, 2]);
        assert.deepEqual(
          partitions.map((records) => records.length),
          [1, 1, 1, 1],
        );
      });

      test('asks where to read at each join, and the answer wins over committed offsets', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 2);
        const group = unique('group');
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await producer.send(
          [0, 0, 0, 0, 0, 1, 1, 1, 1, 1].map((partition) => record(topic, partition, 'key')),
        );
        for (const partition of [0, 1]) await producer.consumed(group, topic, partition, 4);
        await producer.commit();

        let answer = 1;
        const first = await join(client, topic, group, () => answer);
        const { partitions } = await readUpTo(first.subscription, [6, 6]);
        assert.deepEqual(
          partitions.map((records) => records[0].offset),
          [1, 1],
        );
        answer = 3;
        const joins = first.joins;
        const second = await join(client, topic, group, () => 2);
        await until(() => first.joins > joins && second.partitions.length === 1);
        const of = async (member: Member) => (await member.subscription.next(PATIENCE_MS))!;
        assert.equal((await of(first)).from, 3);
        assert.equal((await of(second)).from, 2);
      });

      test('fetches nothing while the answer is awaited', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        await write(client, [record(topic, 0, 'key')]);
        const answer = Promise.withResolvers<ReadonlyMap<number, number>>();
        let asked = false;
        const subscription = await client.subscribe({
          topic,
          group: unique('group'),
          assigned: () => {
            asked = true;
            return answer.promise;
          },
        });
        await until(() => asked);
        assert.equal(await subscription.next(1000), undefined);
        answer.resolve(new Map([[0, 0]]));
        assert.equal((await subscription.next(PATIENCE_MS))!.records.length, 1);
      });

      test('reads again where it is moved back, and skips where it is moved on', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        await write(
          client,
          Array.from({ length: 10 }, (_, i) => record(topic, 0, `${i}`)),
        );
        for (const group of [undefined, unique('group')]) {
          const subscription = await readFrom(client, topic, 0, group);
          const starts = async (offset: number): Promise<void> => {
            const fetched = await subscription.next(PATIENCE_MS);
            assert.equal(fetched!.from, offset);
            assert.equal(fetched!.records[0].offset, offset);
          };
          await starts(0);
          subscription.advance(0, 8);
          await starts(8);
          subscription.advance(0, 2);
          await starts(2);
          // What waits, or is on its way, is dropped.
          subscription.advance(0, 3);
          await sleep(500);
          subscription.advance(0, 5);
          await starts(5);
          subscription.advance(0, 6);
          subscription.advance(0, 7);
          await starts(7);
          await subscription.close();
        }
      });

      test('goes on at the first offset that is kept where what was asked for is gone', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 1, { 'segment.ms': '100', 'retention.ms': '100' });
        // Old enough to be deleted as soon as the brokers look, and one that is not.
        await write(client, [{ ...record(topic, 0, 'old'), timestamp: 1000 }]);
        await sleep(200);
        await write(client, [{ ...record(topic, 0, 'new'), timestamp: Date.now() + 3_600_000 }]);
        const group = unique('group');
        const producer = await client.producer(unique('id'));
        await producer.begin();
        await producer.consumed(group, topic, 0, 1);
        await producer.commit();
        await until(async () => (await client.offsets(topic)).first[0] > 0, 120_000);
        const subscription = await readFrom(client, topic, 0, group);
        const { records } = await readUpTo(subscription, [4]);
        assert.deepEqual(
          records.map(({ key }) => key),
          ['new'],
        );
        assert.deepEqual(await client.committedOffsets(group, topic), [1]);
      });

      test('holds one fetch a partition while nobody pulls, and stays in the group', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 2);
        const values = Array.from({ length: 8 }, () => noise(900_000));
        const records = values.flatMap((value) =>
          [0, 1].map((partition) => ({ ...record(topic, partition, 'key'), value })),
        );
        await write(client, records);
        const group = unique('group');
        const member = await join(client, topic, group);
        await until(() => member.joins === 1);
        await sleep(SESSION_TIMEOUT_MS + 5000);
        const { subscription } = member;
        const one = (await subscription.next(PATIENCE_MS))!;
        const other = (await subscription.next(PATIENCE_MS))!;
        assert.deepEqual([one.partition, other.partition].sort(), [0, 1]);
        for (const { from, next } of [one, other]) {
          assert.equal(from, 0);
          assert.ok(next < 8, 'a fetch is bounded');
        }
        assert.equal(await subscription.next(1000), undefined);
        subscription.advance(one.partition, one.next);
        const next = (await subscription.next(PATIENCE_MS))!;
        assert.deepEqual([next.partition, next.from], [one.partition, one.next]);
        subscription.advance(next.partition, next.next);
        subscription.advance(other.partition, other.next);
        const rest = await readUpTo(subscription, [9, 9]);
        assert.equal(
          rest.records.length,
          16 - one.records.length - other.records.length - next.records.length,
        );
        assert.equal(member.joins, 1);
      });

      test('settles while members come and go', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client, 4);
        const group = unique('group');
        const staying = await join(client, topic, group);
        for (let i = 0; i < 6; i++) {
          const passing = await join(client, topic, group);
          await sleep(700);
          void passing.subscription.close();
        }
        await until(() => staying.partitions.length === 4);
        await write(
          client,
          [0, 1, 2, 3].map((partition) => record(topic, partition, 'key')),
        );
        assert.equal((await readUpTo(staying.subscription, [2, 2, 2, 2])).records.length, 4);
      });

      test('hands nothing out after it was closed, and closes twice', async (t) => {
        const client = open(t);
        const topic = await makeTopic(client);
        await write(client, [record(topic, 0, 'key')]);
        for (const group of [undefined, unique('group')]) {
          const subscription = await readFrom(client, topic, 0, group);
          const fetched = await subscription.next(PATIENCE_MS);
          subscription.advance(0, fetched!.next);
          const waiting = subscription.next(PATIENCE_MS);
          const closed = performance.now();
          await subscription.close();
          await subscription.close();
          assert.equal(await waiting, undefined);
          assert.equal(await subscription.next(PATIENCE_MS), undefined);
          subscription.advance(0, 0);
          assert.ok(performance.now() - closed < 10_000);
        }
        // What waits is not handed out either.
        const subscription = await readFrom(client, topic, 0);
        await sleep(1500);
        await subscription.close();
        assert.equal(await subscription.next(0), undefined);
      });
    });

    test('leaves nothing behind that keeps the process alive', async () => {
      const resources = () =>
        process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'Timeout')
          .length;
      const before = resources();
      const client = makeClient({ brokers: cluster.bootstrap, clientId: 'conformance' });
      const topic = await makeTopic(client, 2);
      const producer = await client.producer(unique('id'));
      await producer.begin();
      await producer.send([record(topic, 0, 'key')]);
      const member = await join(client, topic, unique('group'));
      await readFrom(client, topic, 0);
      // One that still joins when it is closed.
      await join(client, topic, unique('group'));
      await until(() => member.joins === 1);
      assert.ok(resources() > before);
      const closed = performance.now();
      await client.close();
      assert.ok(performance.now() - closed < 10_000);
      await until(() => resources() <= before);
    });

    test('says that the brokers are gone, and goes on by itself when they are back', async (t) => {
      const client = open(t);
      const topic = await makeTopic(client);
      const group = unique('group');
      const subscriptions = [await readFrom(client, topic, 0, group), await readFrom(client, topic, 0)];
      const producer = await client.producer(unique('id'));
      await producer.begin();
      await producer.send([record(topic, 0, 'before')]);
      await producer.commit();
      for (const subscription of subscriptions)
        assert.equal((await readUpTo(subscription, [2])).records.length, 1);
      await producer.begin();

      await cluster.kill(0);
      const down = performance.now();
      await Promise.all([
        rejects('BROKER_UNAVAILABLE', client.ping()),
        rejects('BROKER_UNAVAILABLE', client.partitions(topic)),
        rejects('BROKER_UNAVAILABLE', client.partitions(unique('nowhere'))),
        rejects('BROKER_UNAVAILABLE', client.offsets(topic)),
        rejects('BROKER_UNAVAILABLE', client.committedOffsets(group, topic)),
        rejects('BROKER_UNAVAILABLE', client.producer(unique('id'))),
        rejects('BROKER_UNAVAILABLE', client.subscribe({ topic, group, assigned: fromStart })),
        rejects('BROKER_UNAVAILABLE', producer.send([record(topic, 0, 'lost')])),
      ]);
      assert.ok(performance.now() - down < UNAVAILABLE_MS);
      await producer.close();

      await cluster.restart(0);
      await write(client, [record(topic, 0, 'after')]);

      const [grouped, ungrouped] = await Promise.all(
        subscriptions.map((subscription) => readUpTo(subscription, [4], 90_000)),
      );
      // The member of a group may have joined it anew, and was told then to read from 0.
      assert.equal(grouped.records.at(-1)?.key, 'after');
      assert.deepEqual(
        ungrouped.records.map(({ key }) => key),
        ['after'],
      );
    });

    test('closes soon while the brokers are gone', async () => {
      const client = makeClient({ brokers: cluster.bootstrap, clientId: 'conformance' });
      const topic = await makeTopic(client);
      await readFrom(client, topic, 0, unique('group'));
      const subscription = await readFrom(client, topic, 0);
      const producer = await client.producer(unique('id'));
      await producer.begin();
      assert.equal(await subscription.next(1000), undefined);
      await cluster.kill(0);
      await sleep(2000);
      const closed = performance.now();
      await client.close();
      assert.ok(performance.now() - closed < 20_000);
    });

    test('causes no warnings', () => {
      assert.deepEqual(warnings, []);
    });
  });
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const noise = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const fromStart = async (partitions: readonly number[]): Promise<ReadonlyMap<number, number>> =>
  new Map(partitions.map((partition) => [partition, 0]));

function record(topic: string, partition: number, key: string): ProducedRecord {
  return { topic, partition, key, timestamp: 1_700_000_000_000, headers: {}, value: bytes('value') };
}

async function makeTopic(
  client: KafkaClient,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = unique('topic');
  await client.createTopic({
    topic,
    partitions,
    replication: -1,
    config: { 'retention.ms': '-1', ...config },
  });
  return topic;
}

/** Writes the records in one transaction. */
async function write(client: KafkaClient, records: readonly ProducedRecord[]): Promise<void> {
  const producer = await client.producer(unique('id'));
  await producer.begin();
  await producer.send(records);
  await producer.commit();
  await producer.close();
}

function readFrom(
  client: KafkaClient,
  topic: string,
  offset: number,
  group?: string,
): Promise<KafkaSubscription> {
  return client.subscribe({
    topic,
    group,
    assigned: async (partitions) => new Map(partitions.map((partition) => [partition, offset])),
  });
}

/** What was read, in the order in which it came, and by partition. */
interface Read {
  records: LogRecord[];
  partitions: LogRecord[][];
}

/** Reads until each partition has reached its end. */
async function readUpTo(
  subscription: KafkaSubscription,
  end: readonly number[],
  patienceMs = PATIENCE_MS,
): Promise<Read> {
  const read: Read = { records: [], partitions: end.map(() => []) };
  const reached = zeros(end.length);
  const deadline = performance.now() + patienceMs;
  while (end.some((offset, partition) => reached[partition] < offset)) {
    const wait = deadline - performance.now();
    assert.ok(wait > 0, `it reached ${reached.join()} of ${end.join()}`);
    const fetched = await subscription.next(wait);
    if (fetched === undefined) continue;
    const { partition, from, records, next } = fetched;
    assert.ok(next > from);
    for (const { offset } of records) assert.ok(offset >= from && offset < next);
    read.records.push(...records);
    read.partitions[partition].push(...records);
    reached[partition] = next;
    subscription.advance(partition, next);
  }
  return read;
}

/** Reads a topic from its beginning. */
async function readAll(client: KafkaClient, topic: string, end: readonly number[]): Promise<Read> {
  const subscription = await readFrom(client, topic, 0);
  const read = await readUpTo(subscription, end);
  await subscription.close();
  return read;
}

/** The ends of transactions are written after `commit` and `abort` resolve. */
async function ends(client: KafkaClient, topic: string, end: readonly number[]): Promise<void> {
  await until(async () => isDeepStrictEqual((await client.offsets(topic)).end, end));
}

interface Member {
  subscription: KafkaSubscription;
  /** How often it was asked where to read. */
  joins: number;
  /** Those of the last join. */
  partitions: readonly number[];
}

async function join(
  client: KafkaClient,
  topic: string,
  group: string,
  offset: () => number = () => 0,
): Promise<Member> {
  const member: Omit<Member, 'subscription'> = { joins: 0, partitions: [] };
  const subscription = await client.subscribe({
    topic,
    group,
    assigned: async (partitions) => {
      member.joins++;
      member.partitions = partitions;
      return new Map(partitions.map((partition) => [partition, offset()]));
    },
  });
  return Object.assign(member, { subscription });
}

function until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  return untilTrue(condition, patienceMs);
}

const refused = (promise: Promise<unknown>): Promise<void> => rejects('BROKER_REFUSED', promise);
