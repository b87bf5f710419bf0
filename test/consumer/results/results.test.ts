import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Results } from '../../../consumer/results/results.ts';
import type { ResultUpdate, UpdateBatch } from '../../../consumer/results/update.ts';
import type { P2iError } from '../../../shared/errors/errors.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';
import { unexpected } from '../../support/assertions.ts';
import { registry, withLog } from '../../workers/made.ts';
import { resultOf } from '../../support/zoo.ts';

const codec = registry.codec<PinInterests>(RESULTS_TOPIC);

interface Written {
  pin: string;
  partition?: number;
  taxonomy?: string;
  value?: Uint8Array | null;
  time?: number;
}

/** Writes results, in one transaction. */
async function write(log: Log, ...records: Written[]): Promise<void> {
  const transaction = log.transaction();
  for (const { pin, partition = 0, taxonomy = 'v1', time = 0, ...more } of records) {
    const value = more.value === undefined ? codec.encode(resultOf(pin, taxonomy, [])) : more.value;
    transaction.append(RESULTS_TOPIC, partition, {
      ...{ key: resultKey(pin, taxonomy), timestamp: time, headers: {}, value },
    });
  }
  await transaction.commit();
}

async function updatesOf(batches: AsyncIterable<UpdateBatch>): Promise<ResultUpdate[]> {
  const all: ResultUpdate[] = [];
  for await (const { updates } of batches) all.push(...updates);
  return all;
}

const pinsOf = (updates: readonly ResultUpdate[]): string[] => updates.map(({ pin }) => pin).sort();

describe('following results', () => {
  test('each record is told with its Pin, its version, its place and what it says', async () => {
    await withLog(async (log) => {
      await write(log, { pin: 'a@b', partition: 1 }, { pin: 'c', taxonomy: 'v2', value: null });
      const updates = await updatesOf(
        new Results(log, registry).follow({ until: 'now', onUnreadable: unexpected }),
      );
      assert.deepEqual(
        updates.toSorted((x, y) => x.partition - y.partition),
        [
          { pin: 'c', taxonomy: 'v2', partition: 0, offset: 0, result: null },
          { pin: 'a@b', taxonomy: 'v1', partition: 1, offset: 0, result: resultOf('a@b', 'v1', []) },
        ],
      );
    });
  });

  test('it begins at a time, or at the offsets that the caller kept', async () => {
    await withLog(async (log) => {
      await write(log, { pin: 'a', time: 10 });
      await write(log, { pin: 'b', time: 20 });
      await write(log, { pin: 'c', time: 30, partition: 1 });
      const results = new Results(log, registry);
      const options = { until: 'now', onUnreadable: unexpected } as const;
      assert.deepEqual(pinsOf(await updatesOf(results.follow({ ...options, from: new Date(20) }))), [
        'b',
        'c',
      ]);
      const next = new Map<number, number>();
      for await (const batch of results.follow(options)) next.set(batch.partition, batch.next);
      assert.deepEqual(pinsOf(await updatesOf(results.follow({ ...options, from: next }))), []);
      await write(log, { pin: 'd' });
      assert.deepEqual(pinsOf(await updatesOf(results.follow({ ...options, from: next }))), ['d']);
      const one = new Map([[1, 1]]);
      assert.deepEqual(pinsOf(await updatesOf(results.follow({ ...options, from: one }))), ['a', 'b', 'd']);
    });
  });

  test('without an end it goes on as results come, until it is aborted', async () => {
    await withLog(async (log) => {
      const stop = new AbortController();
      const following = updatesOf(
        (async function* () {
          for await (const batch of new Results(log, registry).follow({
            signal: stop.signal,
            onUnreadable: unexpected,
          })) {
            yield batch;
            if (batch.updates.some(({ pin }) => pin === 'last')) stop.abort();
          }
        })(),
      );
      await write(log, { pin: 'first' });
      await write(log, { pin: 'last' });
      assert.deepEqual(pinsOf(await following), ['first', 'last']);
    });
  });

  test('a record that cannot be read is told and passed over, and nothing else waits for it', async () => {
    await withLog(async (log) => {
      await write(log, { pin: 'a' }, { pin: 'b', value: Buffer.from('no Avro') }, { pin: 'c' });
      const truncated = codec.encode(resultOf('d', 'v1', [])).subarray(0, 12);
      await write(log, { pin: 'd', value: truncated }, { pin: 'e' });
      const errors: P2iError[] = [];
      const following = new Results(log, registry).follow({
        ...{ until: 'now', onUnreadable: (error) => errors.push(error) },
      });
      assert.deepEqual(pinsOf(await updatesOf(following)), ['a', 'c', 'e']);
      assert.deepEqual(
        errors.map(({ code, where }) => [code, where]),
        [
          ['SCHEMA_UNKNOWN', 'p2i-results-0@1'],
          ['AVRO_MALFORMED', 'p2i-results-0@3'],
        ],
      );
    });
  });

  test('what stands there now is the last of each Pin and version, without what was taken back', async () => {
    await withLog(async (log) => {
      const second = { ...resultOf('a', 'v1', []), pinVersion: 2 };
      await write(log, { pin: 'a' }, { pin: 'b' }, { pin: 'c' });
      await write(log, { pin: 'a', value: codec.encode(second) }, { pin: 'b', value: null });
      await write(log, { pin: 'a', taxonomy: 'v2' });
      const latest = await new Results(log, registry).latest(
        { onUnreadable: unexpected },
        (pin) => pin !== 'c',
      );
      assert.deepEqual(
        latest,
        new Map([
          ['a@v1', second],
          ['a@v2', resultOf('a', 'v2', [])],
        ]),
      );
    });
  });
});

describe('a subscription', () => {
  test('goes on where its group was, after the batches that were handled to their end', async () => {
    await withLog(async (log) => {
      const results = new Results(log, registry);
      const options = { group: 'g', until: 'now', onUnreadable: unexpected } as const;
      await write(log, { pin: 'a' });
      assert.deepEqual(pinsOf(await updatesOf(results.subscribe(options))), ['a']);
      await write(log, { pin: 'b' });
      // A member that fails while it handles a batch has not handled it.
      await assert.rejects(async () => {
        for await (const { updates } of results.subscribe(options)) throw new Error(`at ${updates[0].pin}`);
      }, /at b/);
      assert.deepEqual(pinsOf(await updatesOf(results.subscribe(options))), ['b']);
      assert.deepEqual(pinsOf(await updatesOf(results.subscribe(options))), []);
      const other = await updatesOf(results.subscribe({ ...options, group: 'other' }));
      assert.deepEqual(pinsOf(other), ['a', 'b']);
    });
  });

  test('a group that is new may begin with what comes from now on', async () => {
    await withLog(async (log) => {
      const results = new Results(log, registry);
      await write(log, { pin: 'old' });
      const options = { group: 'g', start: 'latest', until: 'now', onUnreadable: unexpected } as const;
      assert.deepEqual(pinsOf(await updatesOf(results.subscribe(options))), []);
      await write(log, { pin: 'new' });
      assert.deepEqual(pinsOf(await updatesOf(results.subscribe(options))), ['new']);
    });
  });
});
