import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type fetchV13,
  IS_CONTROL,
  IS_TRANSACTIONAL,
  Reader,
  readRecordsBatches,
  type RecordsBatch,
} from '@platformatic/kafka';
import type { NewRecord } from '../../../../../shared/stream/log.ts';
import { encodeBatch } from '../../../../../shared/stream/kafka/platformatic/batch.ts';
import { committedRecords } from '../../../../../shared/stream/kafka/platformatic/records.ts';

const record = (key: string): NewRecord => ({ key, timestamp: 1_700_000_000_000, headers: {}, value: null });

/** A batch as it is fetched. */
function batch(firstOffset: number, producerId: number, records: readonly NewRecord[]): RecordsBatch {
  const bytes = encodeBatch(records, { producerId: BigInt(producerId), epoch: 0, sequence: 0 });
  const [read] = readRecordsBatches(Reader.from(bytes));
  return { ...read, firstOffset: BigInt(firstOffset) };
}

function marker(offset: number, producerId: number, end: 'abort' | 'commit'): RecordsBatch {
  const read = batch(offset, producerId, [record('')]);
  read.records[0].key = Buffer.from([0, 0, 0, end === 'abort' ? 0 : 1]);
  return { ...read, attributes: IS_CONTROL | IS_TRANSACTIONAL };
}

const fetched = (records: RecordsBatch[], aborted: [producerId: number, firstOffset: number][] = []) =>
  ({
    records,
    abortedTransactions: aborted.map(([producerId, firstOffset]) => ({
      producerId: BigInt(producerId),
      firstOffset: BigInt(firstOffset),
    })),
  }) as fetchV13.FetchResponsePartition;

const offsets = (partition: fetchV13.FetchResponsePartition, from = 0): number[] =>
  committedRecords(partition, from).map(({ offset }) => offset);

describe('records on the wire', () => {
  test('a batch is read as it was written, however far apart its times are', () => {
    const records: NewRecord[] = [
      { key: 'ключ', timestamp: 1_700_000_000_123, headers: { título: 'añil', empty: '' }, value: null },
      { key: '', timestamp: 0, headers: {}, value: new Uint8Array() },
      { key: 'k', timestamp: 4_000_000_000_000, headers: {}, value: new Uint8Array(70_000).fill(7) },
      { key: 'k', timestamp: 1_700_000_000_124, headers: {}, value: Uint8Array.of(0, 128, 255) },
    ];
    assert.deepEqual(
      committedRecords(fetched([batch(7, 1, records)]), 0),
      records.map((written, i) => ({ ...written, offset: 7 + i })),
    );
  });

  test('what lies before the offset that was asked for is left out', () => {
    assert.deepEqual(offsets(fetched([batch(4, 1, ['a', 'b', 'c'].map(record))]), 5), [5, 6]);
  });

  test('of a producer that aborts several times, all that was aborted is left out and nothing else', () => {
    const partition = fetched(
      [
        batch(0, 1, [record('aborted')]),
        batch(1, 2, [record('kept')]),
        marker(2, 1, 'abort'),
        batch(3, 1, [record('kept')]),
        marker(4, 1, 'commit'),
        batch(5, 1, [record('aborted')]),
        marker(6, 2, 'commit'),
        marker(7, 1, 'abort'),
        batch(8, 1, [record('kept')]),
      ],
      [
        [1, 5],
        [1, 0],
      ],
    );
    assert.deepEqual(offsets(partition), [1, 3, 8]);
  });

  test('aborted records are left out also where the fetch does not reach their end', () => {
    const partition = fetched([batch(3, 1, [record('aborted')]), batch(4, 2, [record('kept')])], [[1, 0]]);
    assert.deepEqual(offsets(partition), [4]);
  });
});
