import type { PinBatch } from '../shared/pins/pin.ts';
import type { BatchTopic } from '../shared/stream/binding.ts';
import { readAll, type Headers, type Log, type NewRecord } from '../shared/stream/log.ts';
import { PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import { RUN_END_HEADER, RUN_HEADER } from './headers.ts';

export const BATCH_PINS_TOPIC = 'p2i-batch-pins';

const POLL_BYTES = 1 << 20;
const WAIT_MS = 1000;

/**
 * Copies every PinBatch that p2i-pins holds now, unopened and in its partition, to p2i-batch-pins with the run's headers:
 * what reclassifying the corpus is. A batch without Pins that says so ends the run in each partition. Killed anywhere and
 * called again, it goes on where it was; nothing is copied twice.
 *
 * @param headers of the run, RUN_HEADER among them
 * @param onProgress is told how many records are copied
 * @returns how many this call copied
 */
export async function replayPins(
  log: Log,
  pins: BatchTopic<PinBatch>,
  headers: Headers,
  options: { signal?: AbortSignal; onProgress?: (records: number) => void } = {},
): Promise<number> {
  const group = `replay/${headers[RUN_HEADER]}`;
  await log.createTopic(BATCH_PINS_TOPIC, await log.partitions(PINS_TOPIC));
  const ends = await log.endOffsets(PINS_TOPIC);
  const committed = await log.committedOffsets(group, PINS_TOPIC);
  const open = new Set([...ends.keys()].filter((partition) => committed[partition] < ends[partition]));
  const runEnd = endOf(pins, headers);
  // What holds nothing ends too: whoever waits for the run's end waits for every partition.
  await endEmpty(log, runEnd, ends);

  const consumer = await log.consumer(PINS_TOPIC, group);
  let copied = 0;
  try {
    while (open.size > 0) {
      options.signal?.throwIfAborted();
      const polled = await consumer.poll(POLL_BYTES, WAIT_MS);
      if (polled === null) {
        // The last offsets of a partition may hold no record.
        for (const [partition, { position, epoch }] of consumer.partitions())
          if (open.has(partition) && position >= ends[partition]) await close(partition, position, epoch);
        continue;
      }
      const { partition } = polled;
      const records = polled.records.filter(({ offset }) => offset < ends[partition]);
      if (!open.has(partition) || records.length === 0) continue;
      const nextOffset = records[records.length - 1].offset + 1;
      const transaction = log.transaction();
      for (const record of records) {
        transaction.append(BATCH_PINS_TOPIC, partition, {
          ...record,
          headers: { ...record.headers, ...headers },
        });
      }
      if (nextOffset >= ends[partition]) transaction.append(BATCH_PINS_TOPIC, partition, runEnd);
      transaction.consumed(group, PINS_TOPIC, partition, nextOffset, polled.epoch);
      await transaction.commit();
      if (nextOffset >= ends[partition]) open.delete(partition);
      copied += records.length;
      options.onProgress?.(copied);
    }
  } finally {
    await consumer.close();
  }
  return copied;

  async function close(partition: number, position: number, epoch: number): Promise<void> {
    const transaction = log.transaction();
    transaction.append(BATCH_PINS_TOPIC, partition, runEnd);
    transaction.consumed(group, PINS_TOPIC, partition, position, epoch);
    await transaction.commit();
    open.delete(partition);
  }
}

function endOf(pins: BatchTopic<PinBatch>, headers: Headers): NewRecord {
  return {
    key: 'end',
    timestamp: 0,
    headers: { ...headers, [RUN_END_HEADER]: 'true' },
    value: pins.encode({ pins: [] }),
  };
}

async function endEmpty(log: Log, runEnd: NewRecord, ends: readonly number[]): Promise<void> {
  const empty = new Set([...ends.keys()].filter((partition) => ends[partition] === 0));
  if (empty.size === 0) return;
  // Where the corpus holds nothing, there are only the ends of runs to read.
  const from = new Map([...empty].map((partition) => [partition, 0]));
  for await (const { partition, headers } of readAll(log, BATCH_PINS_TOPIC, from))
    if (headers[RUN_HEADER] === runEnd.headers[RUN_HEADER]) empty.delete(partition);
  const transaction = log.transaction();
  for (const partition of empty) transaction.append(BATCH_PINS_TOPIC, partition, runEnd);
  if (empty.size > 0) await transaction.commit();
}
