import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError, type ErrorCode } from '../../../../shared/errors/errors.ts';
import type { KafkaClient } from '../../../../shared/stream/kafka/client.ts';
import { openClient, type ClientName } from '../../../../shared/stream/kafka/clients.ts';
import { KafkaLog } from '../../../../shared/stream/kafka/log.ts';
import type { Consumer, Log, Polled } from '../../../../shared/stream/log.ts';
import { brokersAvailable } from '../../../support/brokers/files.ts';
import { rejects } from '../../../support/assertions.ts';
import { startKafka, type KafkaCluster } from '../../../support/brokers/kafka.ts';
import { seeded } from '../../../support/random.ts';
import {
  append,
  contents,
  keysOf,
  logConformance,
  makeTopic,
  pollOne,
  record,
  unique,
  until,
  work,
} from '../conformance.ts';

/** The behaviours of the log on Kafka with a client library: those of every log, and those of groups. */
export function kafkaLogConformance(name: ClientName): void {
  const available = brokersAvailable();
  describe(`the log on Kafka through ${name}`, { skip: available.available ? false : available.why }, () => {
    let cluster: KafkaCluster;
    before(async () => {
      cluster = await startKafka();
    });
    after(() => cluster.close());

    const open = async (wrap: Wrap = (client) => client): Promise<KafkaLog> =>
      new KafkaLog(wrap(await openClient(name, { brokers: cluster.bootstrap, clientId: 'log' })));

    const opened = async (t: TestContext, wrap?: Wrap): Promise<KafkaLog> => {
      const log = await open(wrap);
      t.after(() => log.close());
      return log;
    };

    /** A member in a process of its own, as it were, that copies until it leaves. */
    const running = async (
      t: TestContext,
      pool: Pool,
      workMs: () => number,
      wrap?: Wrap,
    ): Promise<Member> => {
      const log = await open(wrap);
      const member = await Member.join(log, pool);
      t.after(async () => {
        await member.leave();
        await log.close();
      });
      member.run(workMs);
      return member;
    };

    logConformance('alone', open);

    describe('in a group', { concurrency: 4 }, () => {
      test('waits for records, as long as it is told and no longer than it has to', async (t) => {
        const log = await opened(t);
        for (const group of [undefined, unique('group')]) {
          const topic = await makeTopic(log);
          const consumer = await (group === undefined ? log.reader(topic) : log.consumer(topic, group));
          await until(() => consumer.partitions().size === 1);
          const began = performance.now();
          assert.equal(await consumer.poll(1, 600), null);
          assert.ok(performance.now() - began > 590);
          const polled = consumer.poll(1, 30_000);
          await append(log, topic, 0, record('late'));
          assert.equal((await polled)?.records[0].key, 'late');
          assert.ok(performance.now() - began < 15_000);
          await consumer.close();
        }
      });

      test('shares the partitions among members, of one process and of others', async (t) => {
        const [a, b] = [await opened(t), await opened(t)];
        const pool = await makePool(a);
        const members = [await Member.join(a, pool), await Member.join(b, pool), await Member.join(b, pool)];
        await until(() => members.every(({ consumer }) => [1, 2].includes(consumer.partitions().size)));
        for (let partition = 0; partition < PARTITIONS; partition++)
          await append(a, pool.input, partition, record(`${partition}a`), record(`${partition}b`));
        const steps = members.map(() => 0);
        await until(async () => {
          for (const [i, member] of members.entries()) if (await member.step()) steps[i]++;
          return steps.reduce((x, y) => x + y) >= PARTITIONS;
        });
        assert.deepEqual(
          await keysOf(a, pool.output, 2 * PARTITIONS),
          [0, 1, 2, 3].map((partition) => [`${partition}a`, `${partition}b`]),
        );
        assert.ok(
          steps.every((done) => done > 0),
          steps.join(),
        );
      });

      test('refuses what a member made that lost the partition without knowing, and shows nothing of it', async (t) => {
        const news = Promise.withResolvers<undefined>();
        let joins = 0;
        const log = await opened(t, (client) => ({
          ...through(client),
          subscribe: (options) =>
            client.subscribe({
              ...options,
              assigned: async (partitions) => {
                if (options.group !== undefined && joins++ > 0) await news.promise;
                return options.assigned(partitions);
              },
            }),
        }));
        const { input, output, group } = await makePool(log);
        for (let partition = 0; partition < PARTITIONS; partition++)
          await append(log, input, partition, record(String(partition)));
        const consumer = await log.consumer(input, group);
        const inHand: Polled[] = [];
        while (inHand.length < PARTITIONS) inHand.push(await pollOne(consumer, 1 << 20));

        const outcomes = new Map<number, string>();
        const commit = async (polled: Polled): Promise<void> => {
          const done = work(log, group, input, output, polled).commit();
          const outcome = await done
            .then(() => 'committed')
            .catch((error: unknown) => (error as P2iError).code);
          outcomes.set(polled.partition, outcome);
        };
        let committing: Promise<unknown> | undefined;
        const other = await opened(t, (client) => ({
          ...through(client),
          // It tries when its successor has just heard how far the group is.
          committedOffsets: async (...asked) => {
            const committed = await client.committedOffsets(...asked);
            await (committing ??= Promise.all(inHand.map(commit)));
            return committed;
          },
        }));
        const successor = await other.consumer(input, group);
        await until(() => successor.partitions().size > 0);
        const lost = new Set(successor.partitions().keys());
        const kept = [0, 1, 2, 3].filter((partition) => !lost.has(partition));
        assert.ok(kept.length > 0);
        assert.deepEqual(
          [0, 1, 2, 3].map((partition) => outcomes.get(partition)),
          [0, 1, 2, 3].map((partition) => (lost.has(partition) ? 'PARTITION_LOST' : 'committed')),
        );
        const shown = await keysOf(log, output, kept.length);
        assert.deepEqual(
          shown.map((keys) => keys.length),
          [0, 1, 2, 3].map((partition) => (lost.has(partition) ? 0 : 1)),
        );
        news.resolve(undefined);
        for (let done = 0; done < lost.size; done++)
          await work(other, group, input, output, await pollOne(successor, 1 << 20)).commit();
        assert.deepEqual(await keysOf(log, output, PARTITIONS), [['0'], ['1'], ['2'], ['3']]);
        await until(() => consumer.partitions().size === kept.length);
      });

      test('lets an owner take partitions over from another one, which can neither commit nor read any more', async (t) => {
        const [log, other] = [await opened(t), await opened(t)];
        const { input, output, group } = await makePool(log, 2);
        for (const partition of [0, 1]) await append(log, input, partition, record('a'), record('b'));
        const from = new Map([
          [0, 0],
          [1, 0],
        ]);
        const first = await log.owner(input, group, from);
        const inHand = [await pollOne(first, 1), await pollOne(first, 1)];
        await work(log, group, input, output, inHand[0]).commit();
        const second = await other.owner(input, group, from);
        await rejects('PARTITION_LOST', work(log, group, input, output, inHand[1]).commit());
        await rejects('PARTITION_LOST', first.poll(1, 100));
        for (let left = 3; left > 0;) {
          const polled = await pollOne(second, 1 << 20);
          await work(other, group, input, output, polled).commit();
          left -= polled.records.length;
        }
        assert.deepEqual(await keysOf(log, output, 4), [
          ['a', 'b'],
          ['a', 'b'],
        ]);
        await first.close();
        await second.close();
      });

      test('lets an owner go on by itself after a commit that failed', async (t) => {
        let failing = true;
        const log = await opened(t, (client) =>
          faulty(client, (point) => failing && point === 'after commit'),
        );
        const { input, output, group } = await makePool(log, 1);
        failing = false;
        await append(log, input, 0, record('a'), record('b'));
        const owner = await log.owner(input, group, new Map([[0, 0]]));
        const polled = await pollOne(owner, 1);
        failing = true;
        await rejects('BROKER_UNAVAILABLE', work(log, group, input, output, polled).commit());
        failing = false;
        // It was committed: what comes next is the second record.
        await work(log, group, input, output, await pollOne(owner, 1)).commit();
        assert.deepEqual(await keysOf(log, output, 2), [['a', 'b']]);
        await owner.close();
      });

      test('refuses what was polled before the partition was taken up anew', async (t) => {
        let failing = true;
        const log = await opened(t, (client) =>
          faulty(client, (point) => failing && point === 'before commit'),
        );
        const other = await opened(t);
        const { input, output, group } = await makePool(other, 1);
        await append(other, input, 0, record('a'), record('b'));
        const consumer = await log.consumer(input, group);
        const [a, b] = [await pollOne(consumer, 1), await pollOne(consumer, 1)];
        await rejects('BROKER_UNAVAILABLE', work(log, group, input, output, a).commit());
        failing = false;
        const late = (): Promise<void> =>
          rejects('PARTITION_LOST', work(log, group, input, output, b).commit());
        await late();
        await until(() => consumer.partitions().size === 1);
        await late();
        const again = await pollOne(consumer, 1 << 20);
        await work(log, group, input, output, again).commit();
        assert.deepEqual(await keysOf(log, output, 2), [['a', 'b']]);
        await consumer.close();
        await log.consumer(input, group);
        await rejects('PARTITION_LOST', work(log, group, input, output, again).commit());
      });

      test('commits each record once, wherever a transaction fails', async (t) => {
        const reached = new Map<Point, number>();
        const log = await opened(t);
        const pool = await makePool(log);
        await feed(log, pool, 60);
        const fails = (point: Point): boolean => {
          const times = (reached.get(point) ?? 0) + 1;
          reached.set(point, times);
          return times === 2 || times === 4;
        };
        const member = await running(
          t,
          pool,
          () => 0,
          (client) => faulty(client, fails),
        );
        await assertCopied(log, pool, [member]);
        for (const point of POINTS)
          assert.ok(reached.get(point)! >= 4, `${point} was not made to fail twice`);
      });

      test('leaves nothing open where a transaction that consumes nothing fails: readers go on', async (t) => {
        let failing = true;
        const log = await opened(t, (client) =>
          faulty(client, (point) => failing && point === 'before commit'),
        );
        const topic = await makeTopic(log);
        await rejects('BROKER_UNAVAILABLE', append(log, topic, 0, record('failed')));
        failing = false;
        const began = performance.now();
        await append(log, topic, 0, record('after'));
        assert.deepEqual(await keysOf(log, topic), [['after']]);
        assert.ok(performance.now() - began < 15_000, 'it waited for the transaction to time out');
      });

      for (const seed of [1, 2]) {
        test(`commits each record once while members come and go at random (seed ${seed})`, async (t) => {
          const random = seeded(seed);
          const log = await opened(t);
          const pool = await makePool(log);
          const slow = (): number => (random() < 0.1 ? 1500 : 10) * random();
          const members: Member[] = [];
          const left: Member[] = [];
          for (let change = 0; change < 12; change++) {
            if (members.length < 2 || (members.length < 4 && random() < 0.6)) {
              members.push(await running(t, pool, slow));
            } else {
              const [member] = members.splice(Math.floor(random() * members.length), 1);
              left.push(member);
              void member.leave();
            }
            for (let pause = 15 * random(); pause > 0; pause--) {
              await feed(log, pool, 1, random);
              await sleep(100);
            }
          }
          await assertCopied(log, pool, [...members, ...left]);
          t.diagnostic([...members, ...left].map(({ failures }) => failures.join()).join(' | '));
        });
      }
    });

    test('goes on by itself after its brokers were gone, with each record once', async (t) => {
      const log = await opened(t);
      const pool = await makePool(log);
      await feed(log, pool, 200);
      const members = [await running(t, pool, () => 30), await running(t, pool, () => 30)];
      await until(async () => (await contents(log, pool.output)).flat().length > 50);
      await cluster.kill(0);
      await rejects('BROKER_UNAVAILABLE', log.ready());
      await cluster.restart(0);
      await feed(log, pool, 50);
      await assertCopied(log, pool, members);
    });
  });
}

type Wrap = (client: KafkaClient) => KafkaClient;

const PARTITIONS = 4;

/** What members join. */
interface Pool {
  group: string;
  input: string;
  output: string;
}

async function makePool(log: Log, partitions = PARTITIONS): Promise<Pool> {
  const [input, output] = [await makeTopic(log, partitions), await makeTopic(log, partitions)];
  return { group: unique('group'), input, output };
}

/** Appends transactions of some records each, over the partitions. */
async function feed(log: Log, { input }: Pool, transactions: number, random = seeded(0)): Promise<void> {
  for (let i = 0; i < transactions; i++) {
    const transaction = log.transaction();
    for (let partition = 0; partition < PARTITIONS; partition++)
      for (let left = Math.floor(4 * random()); left > 0; left--)
        transaction.append(input, partition, record(unique('record')));
    await transaction.commit();
  }
}

/** Waits until the members have copied what the input holds; then nothing is lost, doubled or out of order. */
async function assertCopied(log: Log, { input, output }: Pool, members: readonly Member[]): Promise<void> {
  const keys = async (topic: string): Promise<string[][]> =>
    (await contents(log, topic)).map((records) => records.map(({ key }) => key));
  const { length } = (await keys(input)).flat();
  await until(async () => (await keys(output)).flat().length >= length);
  for (const member of members) await member.leave();
  assert.deepEqual(await keys(output), await keys(input));
}

/** A member of a pool that copies what it reads. */
class Member {
  readonly consumer: Consumer;
  /** Of what it made in vain. */
  readonly failures: ErrorCode[] = [];
  readonly #log: Log;
  readonly #pool: Pool;
  readonly #leaving = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  private constructor(log: Log, pool: Pool, consumer: Consumer) {
    this.#log = log;
    this.#pool = pool;
    this.consumer = consumer;
  }

  static async join(log: Log, pool: Pool): Promise<Member> {
    return new Member(log, pool, await log.consumer(pool.input, pool.group));
  }

  /** Copies a poll. @returns false where there was none, or in vain */
  async step(workMs = 0): Promise<boolean> {
    const { group, input, output } = this.#pool;
    try {
      const polled = await this.consumer.poll(100, 100);
      if (polled === null) return false;
      await sleep(workMs);
      await work(this.#log, group, input, output, polled).commit();
      return true;
    } catch (error) {
      if (!(error instanceof P2iError) || !error.transient) throw error;
      this.failures.push(error.code);
      return false;
    }
  }

  /** Copies until it leaves. */
  run(workMs: () => number): void {
    const run = async (): Promise<void> => {
      while (!this.#leaving.signal.aborted) await this.step(workMs());
    };
    this.#running = run();
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#running;
    await this.consumer.close();
  }
}

const POINTS = (['send', 'consumed', 'commit', 'abort'] as const).flatMap((call) => [
  `before ${call}` as const,
  `after ${call}` as const,
]);

/** Where a transaction may fail: before the brokers have done it, or when they have and the answer is lost. */
type Point = (typeof POINTS)[number];

/** The client, with brokers that do not answer a producer where `fails` says so. */
function faulty(client: KafkaClient, fails: (point: Point) => boolean): KafkaClient {
  const failAt = (point: Point): void => {
    if (fails(point)) throw new P2iError('BROKER_UNAVAILABLE', 'made to fail', { where: point });
  };
  return {
    ...through(client),
    producer: async (id) => {
      const producer = await client.producer(id);
      const guarded = async (
        call: 'send' | 'consumed' | 'commit' | 'abort',
        operation: () => Promise<void>,
      ): Promise<void> => {
        failAt(`before ${call}`);
        await operation();
        failAt(`after ${call}`);
      };
      return {
        begin: () => producer.begin(),
        send: (records) => guarded('send', () => producer.send(records)),
        consumed: (...offset) => guarded('consumed', () => producer.consumed(...offset)),
        commit: () => guarded('commit', () => producer.commit()),
        abort: () => guarded('abort', () => producer.abort()),
        close: () => producer.close(),
      };
    },
  };
}

/** The client as an object whose methods can be replaced. */
function through(client: KafkaClient): KafkaClient {
  return {
    name: client.name,
    createTopic: (spec) => client.createTopic(spec),
    partitions: (topic) => client.partitions(topic),
    offsets: (topic) => client.offsets(topic),
    offsetsAt: (topic, time) => client.offsetsAt(topic, time),
    committedOffsets: (group, topic) => client.committedOffsets(group, topic),
    producer: (id) => client.producer(id),
    subscribe: (options) => client.subscribe(options),
    ping: () => client.ping(),
    close: () => client.close(),
  };
}
