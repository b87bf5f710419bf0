import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { brokersAvailable } from './files.ts';
import { startKafka, type KafkaCluster, type KafkaOptions } from './kafka.ts';
import { startRegistry } from './registry.ts';

const brokers = brokersAvailable();

async function cluster(t: TestContext, options?: KafkaOptions): Promise<KafkaCluster> {
  const kafka = await startKafka(options);
  t.after(() => kafka.close());
  return kafka;
}

async function makeTopic({ bootstrap }: KafkaCluster, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: bootstrap });
  await admin.createTopics({ topics: [topic], partitions: 1 });
  await admin.close();
}

async function produce({ bootstrap }: KafkaCluster, topic: string, value: string): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: bootstrap,
    serializers: stringSerializers,
    idempotent: true,
    // A lost leader may have been the controller too: a new one is elected, and then waits a session for the lost one.
    retries: 120,
    retryDelay: 250,
  });
  await producer.send({ messages: [{ topic, key: 'k', value }], acks: -1 });
  await producer.close();
}

/** The first `count` values of the topic. */
async function consume({ bootstrap }: KafkaCluster, topic: string, count: number): Promise<string[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: 'test',
    bootstrapBrokers: bootstrap,
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  const values: string[] = [];
  for await (const { value } of stream) {
    values.push(value);
    if (values.length === count) break;
  }
  await stream.close();
  await consumer.close();
  return values;
}

function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  return once(socket, 'connect').then(
    () => (socket.destroy(), true),
    () => false,
  );
}

describe('real brokers', { skip: !brokers.available && brokers.why }, () => {
  test('a broker that is killed and restarted has kept what it acknowledged', async (t) => {
    const kafka = await cluster(t);
    await makeTopic(kafka, 'kept');
    await produce(kafka, 'kept', 'before');
    await kafka.kill(0);
    assert.equal(await listens(kafka.bootstrap[0]), false);
    await kafka.restart(0);
    await produce(kafka, 'kept', 'after');
    assert.deepEqual(await consume(kafka, 'kept', 2), ['before', 'after']);
  });

  test('three brokers lose one, then another, and serve on', async (t) => {
    const kafka = await cluster(t, { brokers: 3 });
    await makeTopic(kafka, 'served');
    await produce(kafka, 'served', 'by three');
    await kafka.kill(0);
    await produce(kafka, 'served', 'by two');
    await kafka.restart(0);
    await kafka.stop(1);
    await produce(kafka, 'served', 'by another two');
    assert.deepEqual(await consume(kafka, 'served', 3), ['by three', 'by two', 'by another two']);
  });

  test('a registry that is stopped and started knows its schemas by the same ids', async (t) => {
    const registry = await startRegistry();
    t.after(() => registry.close());
    const register = async () => {
      const response = await fetch(`${registry.url}/subjects/pins-value/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema: '"string"' }),
      });
      return response.json();
    };
    const id = await register();
    await registry.stop();
    await assert.rejects(fetch(`${registry.url}/subjects`));
    await registry.start();
    assert.deepEqual(await (await fetch(`${registry.url}/subjects`)).json(), ['pins-value']);
    assert.deepEqual(await register(), id);
  });

  for (const [ending, last] of [
    ['is killed', 'setInterval(() => {}, 1000)'],
    ['throws', 'throw new Error()'],
    ['ends without closing them', ''],
  ]) {
    test(`no broker outlives a process that ${ending}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'p2i-kafka-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const program = `
        import { startKafka } from ${JSON.stringify(join(import.meta.dirname, 'kafka.ts'))};
        const kafka = await startKafka({ directory: ${JSON.stringify(directory)} });
        console.log(kafka.bootstrap[0]);
        ${last}`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [address] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      if (ending === 'is killed') child.kill('SIGKILL');
      await once(child, 'exit');
      while (await listens(address.trim())) await sleep(20);
    });
  }
});
