import { P2iError } from '../../errors/errors.ts';
import type { KafkaProducer, ProducedRecord } from './client.ts';

/** Records of one request, bytes about: a larger one takes the memory of client and broker for no speed. */
const SEND_BYTES = 4 << 20;

export interface Consumed {
  group: string;
  topic: string;
  partition: number;
  nextOffset: number;
  /** In which it was polled. */
  epoch: number;
}

/** Writes the records, and the consumed offset if there is one, in one transaction. Aborts it where that fails. */
export async function commitTransaction(
  producer: KafkaProducer,
  records: readonly ProducedRecord[],
  consumed?: Omit<Consumed, 'epoch'>,
): Promise<void> {
  await producer.begin();
  try {
    for (let from = 0, to = 0, bytes = 0; from < records.length; from = to, bytes = 0) {
      while (to < records.length && (to === from || bytes < SEND_BYTES))
        bytes += records[to++].value?.length ?? 0;
      await producer.send(records.slice(from, to));
    }
    if (consumed !== undefined)
      await producer.consumed(consumed.group, consumed.topic, consumed.partition, consumed.nextOffset);
  } catch (error) {
    await producer.abort().catch(() => undefined);
    throw error;
  }
  await producer.commit();
}

export function partitionLost({ group, topic, partition }: Consumed, cause?: unknown): P2iError {
  const message = `group ${group} has given it to another worker, or to this one anew`;
  return new P2iError('PARTITION_LOST', message, { where: `${topic}-${partition}`, cause });
}
