import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import {
  COS_SIM_FEATURES,
  CosSimBatch,
  cosSimByLevel,
  PackedInterests,
  type LevelledInterest,
} from 'p2i/consumer';
import { ofCode } from '../../support/assertions.ts';
import { INVALID, someInterests } from './interests.ts';

/** Comparisons of one Pin with one query that allocated.ts measures. */
const MEASURED = 40_000;

function packed(pins: readonly (readonly LevelledInterest[])[]): PackedInterests {
  const columns = new PackedInterests();
  for (const [row, pin] of pins.entries()) assert.equal(columns.append(pin), row);
  return columns;
}

describe('similarity of many Pins', () => {
  test('is that of each Pin to the bit, for one query after another', () => {
    const batch = new CosSimBatch();
    fc.assert(
      fc.property(fc.array(someInterests, { maxLength: 12 }), fc.array(someInterests), (pins, queries) => {
        const columns = packed(pins);
        const similarity = new Float64Array(10 * pins.length).fill(NaN);
        for (const query of queries) {
          batch.setQuery(query);
          batch.compute(columns, similarity);
          const expected = pins.flatMap((pin) => {
            const byLevel = cosSimByLevel(pin, query);
            return COS_SIM_FEATURES.map((name) => byLevel[name]);
          });
          assert.deepEqual(similarity, Float64Array.from(expected));
        }
      }),
    );
  });

  test('is the same after a query that outgrows the table', () => {
    const pins = packed([[{ id: 900, level: 3, score: 0.5 }]]);
    const batch = new CosSimBatch();
    const similarity = new Float64Array(10);
    const long = Array.from({ length: 1000 }, (_, i) => ({ id: i + 1, level: 3, score: 1 }));
    for (const [query, expected] of [[long, 0.5] as const, [long.slice(0, 5), 0] as const]) {
      batch.setQuery(query);
      batch.compute(pins, similarity);
      assert.equal(similarity[2], expected);
    }
  });

  test('leaves the rest of a longer array alone, and refuses a shorter one', () => {
    const pins = packed([[{ id: 1, level: 1, score: 1 }]]);
    const similarity = new Float64Array(11).fill(7);
    new CosSimBatch().compute(pins, similarity);
    assert.deepEqual([...similarity], [...new Array<number>(10).fill(0), 7]);
    assert.throws(() => new CosSimBatch().compute(pins, new Float64Array(9)), RangeError);
  });

  test('makes no garbage', async () => {
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
    const script = join(import.meta.dirname, 'allocated.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
    const { batch, scalar } = JSON.parse(stdout) as { batch: number; scalar: number };
    // The smallest thing on the heap takes 16 bytes; measuring takes some kilobytes.
    assert.ok(batch < MEASURED / 2, `${batch} bytes`);
    assert.ok(scalar > MEASURED, `the measurement sees nothing: ${scalar} bytes`);
  });

  for (const [interest, message] of INVALID) {
    test(`refuses what can be none, and takes nothing of its Pin: ${message.source}`, () => {
      const pins = packed([[{ id: 1, level: 1, score: 1 }]]);
      const valid = { id: 2, level: 2, score: 1 };
      assert.throws(() => pins.append([valid, interest]), ofCode('PIN_INVALID', message));
      assert.throws(() => new CosSimBatch().setQuery([interest]), ofCode('PIN_INVALID', message));
      assert.equal(pins.size, 1);
      assert.equal(pins.append([valid]), 1);
      assert.deepEqual([...pins.start.subarray(0, 3)], [0, 1, 2]);
    });
  }
});
