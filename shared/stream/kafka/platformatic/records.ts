import {
  type fetchV13,
  IS_CONTROL,
  IS_TRANSACTIONAL,
  type KafkaRecord,
  type RecordsBatch,
} from '@platformatic/kafka';
import type { LogRecord } from '../../log.ts';

/**
 * The committed records from an offset on. The brokers send aborted ones as well, with a list of the transactions that
 * are: the library's own filter knows one of each producer only, and none whose end is not among what was fetched.
 */
export function committedRecords(partition: fetchV13.FetchResponsePartition, from: number): LogRecord[] {
  const records: LogRecord[] = [];
  const aborted = [...(partition.abortedTransactions ?? [])].sort((a, b) =>
    a.firstOffset < b.firstOffset ? -1 : 1,
  );
  const aborting = new Set<bigint>();
  let begun = 0;
  for (const batch of partition.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (begun < aborted.length && aborted[begun].firstOffset <= last)
      aborting.add(aborted[begun++].producerId);
    if (batch.attributes & IS_CONTROL) {
      if (isAbort(batch)) aborting.delete(batch.producerId);
      continue;
    }
    if (batch.attributes & IS_TRANSACTIONAL && aborting.has(batch.producerId)) continue;
    for (const record of batch.records) {
      const offset = Number(batch.firstOffset) + record.offsetDelta;
      if (offset >= from) records.push(toLogRecord(batch, record, offset));
    }
  }
  return records;
}

/** The key of a control record: its version and its type, two bytes each; type 0 aborts, 1 commits. */
function isAbort({ records }: RecordsBatch): boolean {
  return records[0]?.key?.readInt16BE(2) === 0;
}

function toLogRecord(batch: RecordsBatch, record: KafkaRecord, offset: number): LogRecord {
  const { key, value, timestampDelta } = record;
  const timestamp =
    batch.attributes & IS_APPEND_TIME ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta;
  const headers = record.headers.map(
    ([name, text]) => [name?.toString() ?? '', text?.toString() ?? ''] as const,
  );
  return {
    offset,
    key: key?.toString() ?? '',
    timestamp: Number(timestamp),
    headers: Object.fromEntries(headers),
    // A copy: the library hands out views of the whole batch, or of the bytes from the network.
    value: value === null ? null : new Uint8Array(value),
  };
}

/** The attribute of a batch whose records have the time at which the broker appended them. */
const IS_APPEND_TIME = 1 << 3;
