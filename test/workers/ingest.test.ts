import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { P2iError } from '../../shared/errors/errors.ts';
import { parsePin } from '../../shared/pins/parse.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { ingestPins, partitionOf, publishPins } from '../../workers/ingest.ts';
import { pinOf } from '../support/pin.ts';
import { inputOf, PARTITIONS, publish, registry, withLog } from './made.ts';

const topic = pinsTopic(registry);
/** Some batches a partition. */
const PINS = Array.from({ length: 1200 }, (_, i) => pinOf({ id: `P${i}`, createdAt: i }));

interface Written {
  partition: number;
  timestamp: number;
  pins: Pin[];
}

async function corpus(log: Log): Promise<Written[]> {
  const written: Written[] = [];
  for await (const { partition, timestamp, value, offset } of readAll(log, PINS_TOPIC))
    written.push({ partition, timestamp, pins: topic.decode(value, String(offset)).pins });
  return written;
}

const idsOf = (written: readonly Written[]): string[] =>
  written.flatMap(({ pins }) => pins.map(({ id }) => id));

describe('publishing Pins', () => {
  test('puts each in the partition of its id, in batches that have the time of their newest', async () => {
    await withLog(async (log) => {
      assert.equal(await publish(log, PINS), PINS.length);
      const written = await corpus(log);
      assert.deepEqual(idsOf(written).sort(), PINS.map(({ id }) => id).sort());
      for (const { partition, timestamp, pins } of written) {
        for (const { id } of pins) assert.equal(partitionOf(id, PARTITIONS), partition);
        assert.equal(timestamp, Math.max(...pins.map(({ createdAt }) => createdAt)));
        assert.ok(pins.length <= 256);
      }
    });
  });

  test('cuts batches of large Pins into records that brokers take, and leaves none out', async () => {
    await withLog(async (log) => {
      const large = PINS.slice(0, 60).map((pin) => ({ ...pin, description: 'x'.repeat(50_000) }));
      await publish(log, large);
      const sizes: number[] = [];
      for await (const { value } of readAll(log, PINS_TOPIC)) sizes.push(value!.length);
      assert.ok(Math.max(...sizes) <= 1 << 20);
      assert.deepEqual(idsOf(await corpus(log)).sort(), large.map(({ id }) => id).sort());
    });
  });

  test('appends: a newer version and a deletion come after what they are of', async () => {
    await withLog(async (log) => {
      const pin = pinOf({ id: 'a', title: 'An owl' });
      for (const next of [pin, { ...pin, version: 2 }, { ...pin, version: 3, deleted: true }])
        await publish(log, [next]);
      const written = (await corpus(log)).flatMap(({ pins }) => pins);
      assert.deepEqual(
        written.map(({ version, deleted }) => [version, deleted]),
        [
          [1, false],
          [2, false],
          [3, true],
        ],
      );
    });
  });

  test('goes on after what is no Pin, and stops where it is asked to', async () => {
    await withLog(async (log) => {
      const broken = new P2iError('PIN_INVALID', 'the id is missing', { where: 'pins.jsonl:2' });
      const rejected: P2iError[] = [];
      const pins = [PINS[0], broken, PINS[1]];
      const onRejected = (error: P2iError): number => rejected.push(error);
      assert.equal(await publishPins(log, topic, inputOf(pins, { onRejected })), 2);
      assert.deepEqual(rejected, [broken]);
      const signal = AbortSignal.abort();
      await assert.rejects(publishPins(log, topic, inputOf(PINS, { signal })), { name: 'AbortError' });
      assert.equal(idsOf(await corpus(log)).length, 2);
    });
  });

  test('writes the greatest version that a Pin may have', async () => {
    await withLog(async (log) => {
      const { pin } = parsePin({ id: 'a', version: Number.MAX_SAFE_INTEGER - 1 }, 'x');
      await publish(log, [pin]);
      assert.deepEqual((await corpus(log))[0].pins[0].version, pin.version);
    });
  });

  test('needs the topic: to make one is to decide its partitions', async () => {
    await withLog(async (log) => {
      await assert.rejects(publish(log, PINS), { code: 'CONFIG_INVALID', where: PINS_TOPIC });
      assert.equal(await log.partitions(PINS_TOPIC), 0);
    }, true);
  });
});

describe('ingesting Pins', () => {
  test('killed anywhere and called again, it writes what one call would have', async () => {
    let whole: Written[] = [];
    await withLog(async (log) => {
      await ingestPins(log, topic, PARTITIONS, inputOf(PINS));
      whole = await corpus(log);
    }, true);
    await withLog(async (log) => {
      for (let i = 0; i < 4; i++) {
        const stopping = new AbortController();
        const input = inputOf(PINS, {
          signal: stopping.signal,
          onProgress: (pins) => pins > 300 * (i + 1) && stopping.abort(),
        });
        const call = ingestPins(log, topic, PARTITIONS, input);
        if (i < 3) await assert.rejects(call, { name: 'AbortError' });
        else assert.equal(await call, PINS.length);
      }
      assert.deepEqual(await corpus(log), whole);
    }, true);
  });

  test('over other Pins than these is refused, and names the record', async () => {
    await withLog(async (log) => {
      await ingestPins(log, topic, PARTITIONS, inputOf(PINS));
      const others = PINS.map((pin) => ({ ...pin, title: 'other' }));
      await assert.rejects(ingestPins(log, topic, PARTITIONS, inputOf(others)), {
        code: 'CONFIG_INVALID',
        where: /^p2i-pins-[01]@0$/,
      });
    }, true);
  });
});
