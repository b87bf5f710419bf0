import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stamped, unstamped } from '../../../../shared/stream/kafka/timestamps.ts';
import type { LogRecord } from '../../../../shared/stream/log.ts';

const aRecord: fc.Arbitrary<LogRecord> = fc.record(
  {
    key: fc.string(),
    timestamp: fc.integer({ min: -1, max: 8.64e15 }),
    headers: fc.dictionary(fc.constantFrom('run', 'lane', 'trace'), fc.string(), { noNullPrototype: true }),
    value: fc.option(fc.uint8Array()),
    offset: fc.nat(),
  },
  { noNullPrototype: true },
);
const BROKER_TIME = 1_800_000_000_000;

describe('the time of a record on Kafka', () => {
  test('is the one it was appended with, whatever the broker makes of it', () => {
    fc.assert(
      fc.property(aRecord, (record) => {
        assert.deepEqual(unstamped({ ...stamped(record), timestamp: BROKER_TIME }), record);
      }),
    );
  });

  test('is Kafka’s own where another producer wrote no header, or one of the name that is no time', () => {
    const plain = { key: 'k', timestamp: BROKER_TIME, headers: {}, value: null, offset: 3 };
    for (const headers of [{}, { time: '2026-01-31T06:00Z' }, { time: '' }, { time: '1e999' }])
      assert.deepEqual(unstamped({ ...plain, headers }), { ...plain, headers });
  });
});
