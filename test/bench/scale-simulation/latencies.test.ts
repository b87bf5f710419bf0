import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cycleSeconds } from '../../../bench/scale-simulation/latencies.ts';

describe('a cycle around the partitions of a worker', () => {
  const one = { partitions: 10, rate: 1, transaction: 0.01, service: 0.001, batch: 256 };

  test('is a transaction where hardly anything comes', () => {
    assert.equal(cycleSeconds({ ...one, rate: 1e-6 }), one.transaction);
  });

  test('is a transaction a partition, and the service of what came meanwhile, where all of them get Pins', () => {
    const busy = { ...one, rate: 90 };
    // T = k c / (1 − ρ), in which every partition has something each time.
    const expected = (10 * 0.01) / (1 - 0.9);
    assert.ok(Math.abs(cycleSeconds(busy) / expected - 1) < 0.01, String(cycleSeconds(busy)));
  });

  test('takes no more than a full batch of each partition, however many wait', () => {
    assert.equal(cycleSeconds({ ...one, rate: 1e6 }), 10 * (0.01 + 256 * 0.001));
  });
});
