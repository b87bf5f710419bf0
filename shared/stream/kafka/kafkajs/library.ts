import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type Batch } from 'kafkajs';
import { ZSTD_LEVEL } from '../client.ts';

/**
 * kafkajs 2.2.4, with zstd and with its faults mended that nothing outside of it can make good. It has no later release.
 * What is mended here is of its inner modules, so its version is pinned; the conformance suite fails where a mend is lost.
 */
export const { CompressionTypes, Kafka, KafkaJSError, logLevel } = kafkajs;

/** A batch as eachBatch really gets it: of one fetch, of all of its record batches. */
export interface FetchedBatch extends Batch {
  /** The offset that was asked for. */
  fetchedOffset: string;
  /** With control records and those of aborted transactions. */
  rawMessages: RawMessage[];
}

interface RawMessage {
  offset: string;
  key: Buffer | null;
  isControlRecord: boolean;
  /** The record batch that held it. */
  batchContext: { firstOffset: string; lastOffsetDelta: number; producerId: string; inTransaction: boolean };
}

interface FetchedPartition {
  messages: RawMessage[];
  abortedTransactions: { producerId: string; firstOffset: string }[];
}

interface ConsumerGroup {
  heartbeat: (this: ConsumerGroup, options: { interval: number }) => Promise<void>;
}

interface Inner<Instance> {
  prototype: Instance;
}

interface CoordinatorOf {
  groupId: string;
  coordinatorType?: number;
}

interface Cluster {
  brokerPool: {
    withBroker(ask: (to: { broker: Broker }) => Promise<unknown>): Promise<unknown>;
  };
  findGroupCoordinatorMetadata: (this: Cluster, of: CoordinatorOf) => Promise<unknown>;
}

interface Broker {
  findGroupCoordinator(of: CoordinatorOf): Promise<unknown>;
  fetch: (this: Broker, request: unknown) => Promise<{ responses: { partitions: FetchedPartition[] }[] }>;
}

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

interface OffsetManager {
  cluster: {
    fetchTopicsOffset(
      of: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ partitions: { offset: string }[] }[]>;
  };
  seek(to: { topic: string; partition: number; offset: string }): Promise<void>;
  setDefaultOffset(of: { topic: string; partition: number }): Promise<void>;
}

const inner = createRequire(import.meta.url);
const broker = (inner('kafkajs/src/broker') as Inner<Broker>).prototype;
const batch = (inner('kafkajs/src/consumer/batch') as Inner<FetchedBatch>).prototype;
const cluster = (inner('kafkajs/src/cluster') as Inner<Cluster>).prototype;
const group = (inner('kafkajs/src/consumer/consumerGroup') as Inner<ConsumerGroup>).prototype;
const offsets = (inner('kafkajs/src/consumer/offsetManager') as Inner<OffsetManager>).prototype;
const queue = (inner('kafkajs/src/network/requestQueue') as Inner<RequestQueue>).prototype;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) =>
    compress(buffer, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
  decompress: (buffer: Buffer) => decompress(buffer),
});

// It hands out records of aborted transactions where those of two producers overlap: it takes the list of aborted
// transactions to be in the order of their first offsets, one a record, where it is in the order of their ends.
const fetchOf = broker.fetch;
broker.fetch = async function (request) {
  const response = await fetchOf.call(this, request);
  for (const { partitions } of response.responses) partitions.forEach(hideAborted);
  return response;
};

/** Marks the records of aborted transactions as control records, which no reader gets. */
function hideAborted({ messages, abortedTransactions }: FetchedPartition): void {
  const aborted = abortedTransactions.splice(0);
  aborted.sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborting = new Set<string>();
  let next = 0;
  for (const message of messages) {
    while (next < aborted.length && Number(aborted[next].firstOffset) <= Number(message.offset))
      aborting.add(aborted[next++].producerId);
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) {
      if (message.key!.readInt16BE(2) === ABORT) aborting.delete(producerId);
    } else if (inTransaction && aborting.has(producerId)) message.isControlRecord = true;
  }
}

/** Type of the control record that ends an aborted transaction. */
const ABORT = 0;

// It passes over a fetch that brought nothing but control and aborted records in silence. Here eachBatch gets it.
batch.isEmpty = function () {
  return this.rawMessages.length === 0;
};

// Where the offset to fetch is no longer kept, it commits "the beginning" as the group's offset. Here it only goes there.
offsets.setDefaultOffset = async function ({ topic, partition }) {
  const [{ partitions }] = await this.cluster.fetchTopicsOffset([
    { topic, partitions: [{ partition }], fromBeginning: true },
  ]);
  await this.seek({ topic, partition, offset: partitions[0].offset });
};

// Where the group's coordinator cannot be reached, it asks the same one for ever. What it takes for a rebalance makes it
// look for the coordinator, and join again as the member that it was.
const heartbeatOf = group.heartbeat;
group.heartbeat = async function (options) {
  try {
    await heartbeatOf.call(this, options);
  } catch (error) {
    if (error instanceof Error && UNREACHABLE.has(error.name))
      Object.assign(error, { type: 'NOT_COORDINATOR_FOR_GROUP' });
    throw error;
  }
};

const UNREACHABLE: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
]);

// Where the user has no right to a group or a transactional id, it says that it has found no coordinator.
const coordinatorOf = cluster.findGroupCoordinatorMetadata;
cluster.findGroupCoordinatorMetadata = async function (of) {
  try {
    return await coordinatorOf.call(this, of);
  } catch (error) {
    let why = error;
    await this.brokerPool.withBroker(({ broker }) =>
      broker.findGroupCoordinator(of).catch((answer: unknown) => {
        if (answer instanceof KafkaJSError && isDenial(answer)) why = answer;
      }),
    );
    throw why;
  }
};

function isDenial(error: object): boolean {
  return 'type' in error && String(error.type).endsWith('_AUTHORIZATION_FAILED');
}

// After each response it sets a timer of a negative time, of which Node warns, also where no request waits.
queue.scheduleCheckPendingRequests = function () {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    Math.max(this.throttledUntil - Date.now(), PENDING_CHECK_MS),
  );
};

const PENDING_CHECK_MS = 10;
