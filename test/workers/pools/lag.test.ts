import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '../../../shared/stream/log.ts';
import { batchLaneLag, poolLag } from '../../../workers/pools/lag.ts';
import { poolOf } from '../../../workers/pools/pool.ts';
import { withLog } from '../made.ts';

const RECORD = { key: '', timestamp: 0, headers: {}, value: new Uint8Array(1) };

/** Appends records, the last of which stands for the marker that ends a transaction on Kafka. */
async function fill(log: Log, topic: string, counts: readonly number[]): Promise<void> {
  const transaction = log.transaction();
  for (const [partition, count] of counts.entries())
    for (let n = 0; n < count + (count > 0 ? 1 : 0); n++) transaction.append(topic, partition, RECORD);
  await transaction.commit();
}

async function consume(log: Log, group: string, topic: string, offsets: readonly number[]): Promise<void> {
  for (const [partition, offset] of offsets.entries()) {
    const transaction = log.transaction();
    transaction.consumed(group, topic, partition, offset);
    await transaction.commit();
  }
}

describe('the lag of a pool', () => {
  test('is what each partition holds after the offset that its group has committed', async () => {
    await withLog(async (log) => {
      await fill(log, 'p2i-candidates', [10, 4]);
      const features = poolOf(['features'], 'batch');
      assert.deepEqual(await poolLag(log, features), {
        group: 'p2i-features',
        topic: 'p2i-candidates',
        records: [10, 4],
      });
      await consume(log, 'p2i-features', 'p2i-candidates', [7, 4]);
      assert.deepEqual((await poolLag(log, features)).records, [3, 0]);
    });
  });

  test('of the batch lane is that of its worst partition, by the shape that runs', async () => {
    await withLog(async (log) => {
      assert.equal(await batchLaneLag(log), 0);
      await fill(log, 'p2i-batch-pins', [20, 5]);
      assert.equal(await batchLaneLag(log), 20);
      await consume(log, 'p2i-candidates-features-ranking', 'p2i-batch-pins', [18, 5]);
      assert.equal(await batchLaneLag(log), 2);
      await fill(log, 'p2i-ranked', [0, 9]);
      assert.equal(await batchLaneLag(log), 9);
      await consume(log, 'p2i-publishing', 'p2i-ranked', [0, 9]);
      assert.equal(await batchLaneLag(log), 2);
    });
  });
});
