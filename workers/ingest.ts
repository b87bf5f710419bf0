import { createHash } from 'node:crypto';
import { hashText } from '../shared/cooccurrence/hash.ts';
import { P2iError } from '../shared/errors/errors.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { readAll, type Log } from '../shared/stream/log.ts';
import type { BatchTopic } from '../shared/stream/binding.ts';
import type { PinBatch } from '../shared/pins/pin.ts';

/** Pins of one record: a Pin costs little more alone than among many, and a batch fits the caches. */
const BATCH_PINS = 256;

/** Records of one transaction. */
const TRANSACTION_RECORDS = 16;

const SHARD_SEED = 0x73;

/**
 * Writes Pins to the topic, a shard of their ids to a partition, in batches. The same Pins in the same order make the
 * same records, so that after a kill the same call skips what is there and goes on: nothing is lost or written twice.
 *
 * @param rejected gets what the input could not make a Pin of
 * @returns how many Pins the topic holds of this input
 * @throws P2iError CONFIG_INVALID where the topic holds other Pins
 */
export async function ingestPins(
  log: Log,
  topic: BatchTopic<PinBatch>,
  partitions: number,
  input: AsyncIterable<Pin | P2iError>,
  rejected: (error: P2iError) => void,
  onProgress: (pins: number) => void,
  signal?: AbortSignal,
): Promise<number> {
  await log.createTopic(topic.topic, partitions);
  const there = await digests(log, topic.topic, partitions);
  const written = new Array<number>(partitions).fill(0);
  const open = Array.from({ length: partitions }, (): Pin[] => []);
  let transaction = log.transaction();
  let records = 0;
  let pins = 0;

  const close = async (partition: number): Promise<void> => {
    const batch = open[partition];
    open[partition] = [];
    const value = topic.encode({ pins: batch });
    const known = there[partition][written[partition]++];
    if (known !== undefined) {
      if (known === digest(value)) return;
      throw new P2iError('CONFIG_INVALID', 'it holds other Pins than this input; choose another --state', {
        where: `${topic.topic}-${partition}@${written[partition] - 1}`,
      });
    }
    const timestamp = Math.max(...batch.map((pin) => pin.createdAt));
    transaction.append(topic.topic, partition, { key: String(partition), timestamp, headers: {}, value });
    if (++records < TRANSACTION_RECORDS) return;
    await transaction.commit();
    transaction = log.transaction();
    records = 0;
  };

  for await (const pin of input) {
    signal?.throwIfAborted();
    if (pin instanceof P2iError) {
      rejected(pin);
      continue;
    }
    onProgress(++pins);
    const partition = hashText(pin.id, SHARD_SEED) % partitions;
    open[partition].push(pin);
    if (open[partition].length === BATCH_PINS) await close(partition);
  }
  for (let partition = 0; partition < partitions; partition++)
    if (open[partition].length > 0) await close(partition);
  if (records > 0) await transaction.commit();
  return pins;
}

/** Digests of the values that the topic holds, by partition. */
async function digests(log: Log, topic: string, partitions: number): Promise<string[][]> {
  const all = Array.from({ length: partitions }, (): string[] => []);
  for await (const { partition, value } of readAll(log, topic)) all[partition].push(digest(value));
  return all;
}

function digest(value: Uint8Array): string {
  return createHash('sha1').update(value).digest('base64');
}
