import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  DEAD_LETTERS,
  REDRIVEN_FOR_HEADER,
  REDRIVEN_FROM_HEADER,
} from '../../../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { PINS_HEADER, RUN_END_HEADER, RUN_HEADER } from '../../../shared/stream/headers.ts';
import { readAll, type Headers, type Log } from '../../../shared/stream/log.ts';
import { LEDGER_TOPIC, statedPins, type Receipt } from '../../../shared/stream/receipts.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import { batches, fill, PARTITIONS, pin, pins, registry, toyPumps } from './toy.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-receipts-'));
after(() => rmSync(scratch, { recursive: true }));

async function withLog(use: (log: Log) => Promise<void>): Promise<void> {
  const log = await EmbeddedLog.open(mkdtempSync(join(scratch, 'l-')));
  try {
    await use(log);
  } finally {
    await log.close();
  }
}

/** Appends one record to partition 0. */
async function append(log: Log, headers: Headers, value: Uint8Array): Promise<void> {
  if ((await log.partitions(pins.topic)) === 0) await log.createTopic(pins.topic, PARTITIONS);
  const transaction = log.transaction();
  transaction.append(pins.topic, 0, { key: 'k', timestamp: 1, headers, value });
  await transaction.commit();
}

async function receipts(log: Log): Promise<Receipt[]> {
  const codec = registry.codec<Receipt>(LEDGER_TOPIC);
  const found: Receipt[] = [];
  for await (const { value } of readAll(log, LEDGER_TOPIC)) found.push(codec.decode(value, LEDGER_TOPIC));
  return found;
}

/** By stages: pins, failed, written of all receipts. */
async function sums(log: Log): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  for (const { stages, pins: read, failed, written } of await receipts(log)) {
    const sum = (all[stages] ??= [0, 0, 0]);
    [read, failed, written].forEach((n, i) => (sum[i] += n));
  }
  return all;
}

describe('a receipt', () => {
  test('says of each pool how many Pins of the run it read, how many failed, and what it wrote', async () => {
    const values = batches(4, 3, (n) => (n === 5 ? pin('5', 'fails second') : undefined)).map(pins.encode);
    await withLog(async (log) => {
      await fill(log, values);
      await runToEnd(await toyPumps(log, 'chained'));
      assert.deepEqual(await sums(log), {
        candidates: [12, 0, 4],
        // The batch with the failing Pin goes on in two parts.
        features: [12, 1, 5],
        ranking: [11, 0, 11],
      });
    });
    await withLog(async (log) => {
      await fill(log, values);
      await runToEnd(await toyPumps(log, 'fused'));
      assert.deepEqual(await sums(log), { 'candidates,features,ranking': [12, 1, 11] });
    });
  });

  test('counts the Pins of a record that cannot be read as failed, by what its header says', async () => {
    await withLog(async (log) => {
      await append(log, { [RUN_HEADER]: 'r', [PINS_HEADER]: '7' }, Buffer.from('no Avro'));
      await runToEnd(await toyPumps(log, 'fused'));
      assert.deepEqual(await sums(log), { 'candidates,features,ranking': [7, 7, 0] });
    });
  });

  test('does not count what a foreign header says that no record can hold', async () => {
    for (const nonsense of ['-7', '1.5', '1e300', 'Infinity', 'seven']) {
      await withLog(async (log) => {
        await append(log, { [RUN_HEADER]: 'r', [PINS_HEADER]: nonsense }, Buffer.from('no Avro'));
        await runToEnd(await toyPumps(log, 'fused'));
        assert.deepEqual(await sums(log), {});
        assert.equal(
          (await log.endOffsets(DEAD_LETTERS)).reduce((all, end) => all + end),
          1,
        );
      });
    }
  });

  test('adds up what headers say, however much that is', async () => {
    await withLog(async (log) => {
      const most = 2 ** 31 - 1;
      for (let i = 0; i < 3; i++)
        await append(log, { [RUN_HEADER]: 'r', [PINS_HEADER]: String(most) }, Buffer.from('no Avro'));
      await runToEnd(await toyPumps(log, 'fused'));
      assert.deepEqual(await sums(log), { 'candidates,features,ranking': [3 * most, 3 * most, 0] });
    });
  });

  test('is left by no record without a run, and tells of the end of one', async () => {
    await withLog(async (log) => {
      await append(log, {}, pins.encode({ pins: [pin('1', 'a')] }));
      await append(log, { [RUN_HEADER]: 'r', [RUN_END_HEADER]: 'true' }, pins.encode({ pins: [] }));
      await runToEnd(await toyPumps(log, 'fused'));
      const [receipt, ...others] = await receipts(log);
      assert.deepEqual(others, []);
      assert.deepEqual([receipt.run, receipt.pins, receipt.ended], ['r', 0, true]);
    });
  });

  test('of what is redriven stands apart: it was counted when it failed', async () => {
    await withLog(async (log) => {
      const value = pins.encode({ pins: [pin('1', 'a')] });
      const redriven = { [REDRIVEN_FROM_HEADER]: '0@0', [REDRIVEN_FOR_HEADER]: `${pins.topic}/candidates` };
      await append(log, { [RUN_HEADER]: 'r' }, value);
      await append(log, { [RUN_HEADER]: 'r', ...redriven }, value);
      await runToEnd(await toyPumps(log, 'fused'));
      assert.deepEqual(
        (await receipts(log)).map((receipt) => [receipt.redriven, receipt.pins]),
        [
          [false, 1],
          [true, 1],
        ],
      );
    });
  });
});

test('the number of Pins in a header is that of the record it is on, never of what was made of a part of it', async () => {
  await withLog(async (log) => {
    const value = pins.encode({ pins: [pin('1', 'a'), pin('2', 'fails second'), pin('3', 'c')] });
    await append(log, { [RUN_HEADER]: 'r', [PINS_HEADER]: '3' }, value);
    await runToEnd(await toyPumps(log, 'chained'));
    const stated = async (topic: string): Promise<(number | undefined)[]> => {
      const found = [];
      for await (const { headers } of readAll(log, topic)) found.push(statedPins(headers));
      return found;
    };
    assert.deepEqual(await stated('p2i-candidates'), [3]);
    assert.deepEqual(await stated('p2i-features'), [1, 1]);
    assert.deepEqual(await stated('p2i-results'), [undefined, undefined]);
    assert.deepEqual(await stated(DEAD_LETTERS), [undefined]);
  });
});

test('a record that others have had already holds no Pins for a run', () => {
  assert.equal(statedPins({ [PINS_HEADER]: '3', [REDRIVEN_FOR_HEADER]: 'p2i-pins/candidates' }), 0);
  assert.equal(statedPins({ [PINS_HEADER]: 'three' }), undefined);
});
