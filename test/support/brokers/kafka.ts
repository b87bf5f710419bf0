import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { cached, ensureBrokerFiles } from './files.ts';
import { startJava } from './jvm.ts';
import { freePort } from './ports.ts';
import { run, untilReady, type Guarded } from './process.ts';

export interface KafkaOptions {
  /** Each is a process of its own, broker and controller in one. With three, one may be down and nothing is lost. */
  brokers?: 1 | 3;
  /** Where the cluster keeps everything; by default a temporary directory. */
  directory?: string;
  /** Listeners of the one broker besides its own, as Kafka writes them: `SASL_SSL://127.0.0.1:9093`. */
  listeners?: readonly string[];
  /** Broker settings over those of this file. */
  properties?: Readonly<Record<string, string>>;
}

/**
 * A real cluster. Its nodes are numbered from 0, as Kafka's node ids are. They end with this process, however that
 * ends; only `close` deletes what they wrote.
 */
export interface KafkaCluster {
  /** `host:port` by node. */
  readonly bootstrap: string[];
  /** Ends the node at once, as a lost machine does. */
  kill(node: number): Promise<void>;
  /** Shuts the node down cleanly: it hands over what it leads first, to which a majority must agree. */
  stop(node: number): Promise<void>;
  /** Starts a node that is down, on its ports and its data; resolves once it is in sync in all its partitions. */
  restart(node: number): Promise<void>;
  /** Ends all nodes at once and deletes the cluster's directory. */
  close(): Promise<void>;
}

/** Starts a cluster; resolves once every node answers requests. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { kafka: classPath } = await ensureBrokerFiles();
  const prepared = await cached('kafka', (directory) => prepare(classPath, directory));
  const { brokers = 1, directory = mkdtempSync(join(tmpdir(), 'p2i-kafka-')) } = options;
  const nodes = await layOut(brokers, directory, join(prepared, CHECKPOINT), options);
  const start = (node: Node) => {
    node.server = startNode(node, classPath, `-XX:SharedArchiveFile=${join(prepared, CLASSES)}`);
  };
  const untilServed = (node: Node) =>
    untilReady(`Kafka node ${node.id}`, node.server!, () => isInSync(node, nodes));
  const cluster: KafkaCluster = {
    bootstrap: nodes.map(({ address }) => address),
    kill: (node) => nodes[node].server!.end('SIGKILL'),
    stop: (node) => nodes[node].server!.end('SIGTERM'),
    async restart(id) {
      const node = nodes[id];
      assert(!isUp(node), `node ${id} is up`);
      start(node);
      await untilServed(node);
    },
    async close() {
      await Promise.all(nodes.map(async ({ server }) => server?.end('SIGKILL')));
      rmSync(directory, { recursive: true });
    },
  };
  try {
    nodes.forEach(start);
    await Promise.all(nodes.map(untilServed));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

interface Node {
  id: number;
  address: string;
  controller: string;
  directory: string;
  /** Its process, which may have ended; undefined before the first. */
  server: Guarded | undefined;
}

function isUp(node: Node): boolean {
  return node.server?.isRunning() === true;
}

const SETTINGS = 'server.properties';
const CHECKPOINT = 'bootstrap.checkpoint';
const CLASSES = 'classes.jsa';

/** Gives the nodes their ports and directories, formatted. */
async function layOut(
  brokers: number,
  directory: string,
  checkpoint: string | undefined,
  { listeners = [], properties = {} }: Pick<KafkaOptions, 'listeners' | 'properties'>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let id = 0; id < brokers; id++) {
    nodes.push({
      id,
      address: `127.0.0.1:${await freePort()}`,
      controller: `127.0.0.1:${await freePort()}`,
      directory: join(directory, `node-${id}`),
      server: undefined,
    });
  }
  const cluster = randomBytes(16).toString('base64url');
  const voters = nodes.map(({ id, controller }) => `${id}@${controller}`).join(',');
  for (const node of nodes) {
    const data = join(node.directory, 'data');
    mkdirSync(data, { recursive: true });
    writeProperties(join(node.directory, SETTINGS), {
      ...settings(node, data, voters, brokers),
      listeners: [`PLAINTEXT://${node.address}`, `CONTROLLER://${node.controller}`, ...listeners].join(),
      ...properties,
    });
    if (checkpoint === undefined) continue;
    // What kafka-storage format does, without the half second of a JVM that it takes.
    copyFileSync(checkpoint, join(data, CHECKPOINT));
    writeProperties(join(data, 'meta.properties'), {
      version: '1',
      'cluster.id': cluster,
      'node.id': String(node.id),
      'directory.id': randomBytes(16).toString('base64url'),
    });
  }
  return nodes;
}

function settings(node: Node, data: string, voters: string, brokers: number): Record<string, string> {
  const copies = String(brokers);
  const inSync = String(Math.ceil(brokers / 2));
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    // The first controller is elected sooner, and a lost broker found out sooner. One that comes back is let in
    // only when the session of its former self has ended.
    'controller.quorum.election.timeout.ms': '500',
    'controller.quorum.election.backoff.max.ms': '500',
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': '3000',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '100',
    // 128 MB by default, half the heap.
    'log.cleaner.dedupe.buffer.size': String(2 << 20),
    'num.network.threads': '2',
    'num.io.threads': '4',
  };
}

function writeProperties(path: string, properties: Readonly<Record<string, string>>): void {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(path, lines.join(''));
}

function startNode(node: Node, classPath: string, archive: string): Guarded {
  return startJava({
    // Without a configuration of its own, log4j prints to the console, which is the log.
    args: [archive, '-Dlog4j2.level=INFO', '-cp', classPath, 'kafka.Kafka', join(node.directory, SETTINGS)],
    temporary: node.directory,
    log: join(node.directory, 'kafka.log'),
  });
}

/**
 * Whether the node knows all that are up, and is in sync in each partition of which it keeps a copy. The client does not
 * tell of internal topics: those may take a moment more.
 */
async function isInSync({ id, address }: Node, nodes: readonly Node[]): Promise<boolean> {
  const admin = new Admin({
    clientId: 'p2i-test-support',
    bootstrapBrokers: [address],
    connectTimeout: 1000,
    timeout: 3000,
    retries: 0,
  });
  try {
    const { brokers, topics } = await admin.metadata({ topics: await admin.listTopics() });
    if (!nodes.every((node) => !isUp(node) || brokers.has(node.id))) return false;
    const copies = [...topics.values()].flatMap(({ partitions }) =>
      partitions.filter((of) => of.replicas.includes(id)),
    );
    return copies.every(({ isr }) => isr.includes(id));
  } finally {
    await admin.close();
  }
}

/**
 * What makes starts quick, made once: the records with which a formatted node begins, and an archive of the classes
 * that a broker loads, from one that ran. Another version of Java starts without the archive, more slowly.
 */
async function prepare(classPath: string, directory: string): Promise<void> {
  const [node] = await layOut(1, directory, undefined, {});
  const config = join(node.directory, SETTINGS);
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '--cluster-id',
    'MkU3OEVBNTcwNTJENDM2Qg',
    '--config',
    config,
  ];
  await run('java', ['-cp', classPath, ...format], join(directory, 'format.log'));
  copyFileSync(join(node.directory, 'data', CHECKPOINT), join(directory, CHECKPOINT));
  const server = startNode(node, classPath, `-XX:ArchiveClassesAtExit=${join(directory, CLASSES)}`);
  await untilReady('Kafka', server, () => isInSync(node, [node]));
  await server.end('SIGTERM');
  rmSync(node.directory, { recursive: true });
}
