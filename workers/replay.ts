import type { Log } from '../shared/stream/log.ts';
import { PINS_TOPIC } from '../shared/stream/pins-topic.ts';

export const BATCH_PINS_TOPIC = 'p2i-batch-pins';

/** Header that names the run a record belongs to. */
export const RUN_HEADER = 'run';

const POLL_BYTES = 1 << 20;

/**
 * Copies every PinBatch of p2i-pins, unopened and in its partition, to p2i-batch-pins with the run's headers: what
 * reclassifying the corpus is. Killed anywhere and called again, it goes on where it was; nothing is copied twice.
 *
 * @param headers of the run, RUN_HEADER among them
 */
export async function replayPins(
  log: Log,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const group = `replay/${headers[RUN_HEADER]}`;
  await log.createTopic(BATCH_PINS_TOPIC, await log.partitions(PINS_TOPIC));
  const consumer = await log.consumer(PINS_TOPIC, group);
  for (;;) {
    signal?.throwIfAborted();
    const polled = await consumer.poll(POLL_BYTES);
    if (polled === null) return;
    const { partition, records } = polled;
    const transaction = log.transaction();
    for (const record of records) {
      transaction.append(BATCH_PINS_TOPIC, partition, {
        ...record,
        headers: { ...record.headers, ...headers },
      });
    }
    transaction.consumed(group, PINS_TOPIC, partition, records[records.length - 1].offset + 1);
    await transaction.commit();
  }
}
