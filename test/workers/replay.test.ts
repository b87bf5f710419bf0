import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAll, type Log, type LogRecord } from '../../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { RUN_END_HEADER, RUN_HEADER, TAXONOMY_HEADER } from '../../workers/headers.ts';
import { partitionOf } from '../../workers/ingest.ts';
import { BATCH_PINS_TOPIC, replayPins } from '../../workers/replay.ts';
import { pinOf } from '../support/pin.ts';
import { PARTITIONS, publish, registry, withLog } from './made.ts';

const HEADERS = { [RUN_HEADER]: 'r1', [TAXONOMY_HEADER]: 'v1' };
const pins = pinsTopic(registry);
const PINS = Array.from({ length: 12 }, (_, i) => pinOf({ id: `P${i}`, createdAt: i }));

type Read = Omit<LogRecord, 'offset'>;

/** What a topic holds, by partition. */
async function held(log: Log, topic: string): Promise<Read[][]> {
  const all = Array.from({ length: PARTITIONS }, (): Read[] => []);
  for await (const { partition, key, timestamp, headers, value } of readAll(log, topic))
    all[partition].push({ key, timestamp, headers, value: Buffer.from(value!) });
  return all;
}

/** What a run of the corpus as it is makes: its records, and the end. */
async function runOf(log: Log, headers: Record<string, string>): Promise<Read[][]> {
  const end = { key: 'end', timestamp: 0, value: pins.encode({ pins: [] }) };
  return (await held(log, PINS_TOPIC)).map((records) => [
    ...records.map((record) => ({ ...record, headers: { ...record.headers, ...headers } })),
    { ...end, headers: { ...headers, [RUN_END_HEADER]: 'true' } },
  ]);
}

/** From now on each poll gives one record, so that a run has many transactions. */
function pollOneByOne(log: Log): void {
  const open = log.owner.bind(log);
  log.owner = async (...of) => {
    const consumer = await open(...of);
    const poll = consumer.poll.bind(consumer);
    consumer.poll = () => poll(1);
    return consumer;
  };
}

describe('a replay', () => {
  test('copies every record unopened to its partition, with the headers of the run, and ends it there', async () => {
    await withLog(async (log) => {
      await publish(log, PINS);
      // No Pins at all: it is not opened.
      const transaction = log.transaction();
      const foreign = { key: 'k', timestamp: 7, headers: { trace: 't' }, value: Buffer.from('no Avro') };
      transaction.append(PINS_TOPIC, 1, foreign);
      await transaction.commit();
      assert.deepEqual(await replayPins(log, registry, HEADERS), {
        records: PARTITIONS + 1,
        pins: PINS.length,
      });
      assert.deepEqual(await held(log, BATCH_PINS_TOPIC), await runOf(log, HEADERS));
    });
  });

  test('killed after any transaction and called again, it copies nothing twice and ends each partition once', async () => {
    await withLog(async (log) => {
      for (let i = 0; i < 3; i++) await publish(log, PINS);
      pollOneByOne(log);
      let calls = 0;
      for (let copied = 0; copied < 3 * PARTITIONS; calls++) {
        const stopping = new AbortController();
        const onProgress = ({ records }: { records: number }): void => {
          copied += records;
          stopping.abort();
        };
        await replayPins(log, registry, HEADERS, { signal: stopping.signal, onProgress }).catch(
          (error: unknown) => {
            if (!stopping.signal.aborted) throw error;
          },
        );
      }
      assert.equal(calls, 3 * PARTITIONS);
      assert.deepEqual(await replayPins(log, registry, HEADERS), { records: 0, pins: 0 });
      assert.deepEqual(await held(log, BATCH_PINS_TOPIC), await runOf(log, HEADERS));
    });
  });

  test('ends each run once in a partition that holds nothing, however often it is called', async () => {
    await withLog(async (log) => {
      await publish(
        log,
        PINS.filter(({ id }) => partitionOf(id, PARTITIONS) === 0),
      );
      const second = { ...HEADERS, [RUN_HEADER]: 'r2' };
      for (const headers of [HEADERS, second, HEADERS, second]) await replayPins(log, registry, headers);
      const [first, other] = [await runOf(log, HEADERS), await runOf(log, second)];
      assert.deepEqual(
        await held(log, BATCH_PINS_TOPIC),
        first.map((records, partition) => [...records, ...other[partition]]),
      );
    });
  });
});
