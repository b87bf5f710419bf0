import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VALUES, type Values } from '../../../bench/scale-simulation/inputs.ts';
import {
  limitsOf,
  planFor,
  storeSizeFor,
  type Plan,
  type Pool,
} from '../../../bench/scale-simulation/plan.ts';

function pool(plan: Plan, name: string): Pool {
  return plan.pools.find((one) => one.name === name)!;
}

describe('a plan', () => {
  const plan = planFor({ scale: 1, shape: 'fused' }, VALUES);

  test('has workers enough for the rate at the planned utilisation', () => {
    for (const { rate, seconds, workers } of plan.pools)
      assert.ok((rate * seconds) / workers <= VALUES.utilisation);
  });

  test('gives all workers of a pool the same number of partitions, or one less', () => {
    for (const { workers, needed } of plan.pools) {
      assert.ok(workers >= needed);
      const most = Math.ceil(plan.partitions / workers);
      assert.equal(most, Math.floor(plan.partitions / needed));
    }
  });

  test('lets the workers that new Pins pass get around their partitions in time', () => {
    for (const name of ['instant', 'publishing']) {
      const { rate, service, needed } = pool(plan, name);
      const cycle = (plan.partitions * plan.transaction) / (needed - rate * service);
      assert.ok(cycle <= VALUES.instantCycleMs / 1000 + 1e-9, name);
    }
  });

  test('never has more partitions than a cluster holds, nor more workers than partitions', () => {
    const large = planFor({ scale: 100, shape: 'pools' }, VALUES);
    assert.ok(large.partitions * VALUES.replication <= VALUES.replicasACluster);
    assert.equal(pool(large, 'features').workers, large.partitions);
    assert.ok(pool(large, 'features').needed > large.partitions);
  });

  test('needs half the workers where a worker has two threads, but for what it waits for', () => {
    const values: Values = { ...VALUES, threadsAWorker: 2 };
    const threaded = pool(planFor({ scale: 1, shape: 'fused' }, values), 'fused');
    const ratio = pool(plan, 'fused').needed / threaded.needed;
    assert.ok(ratio > 1.6 && ratio < 2, String(ratio));
  });

  test('costs more with a topic between the stages, above all for the network', () => {
    const pools = planFor({ scale: 1, shape: 'pools' }, VALUES);
    for (const part of ['workers', 'brokers', 'disks', 'network'] as const) {
      assert.ok(pools.cost[part] > plan.cost[part], part);
      assert.ok(pools.cost[part] <= pools.cost.network, part);
    }
  });

  test('keeps each topic as long as its retention says', () => {
    const kept = plan.flows.find(({ topic }) => topic === 'p2i-batch-pins')!.kept;
    assert.equal(kept, 2 * VALUES.pinsADay * VALUES.pinBytes);
  });
});

test('the store that has learned Tate is as large as was measured', () => {
  const { terms } = storeSizeFor(69_202, VALUES);
  assert.ok(Math.abs(terms / 158_549 - 1) < 0.02, String(terms));
});

test('limits come with the worst first, and are the same at every scale', () => {
  const [one, ten] = [1, 10].map((scale) => limitsOf(planFor({ scale, shape: 'fused' }, VALUES), VALUES));
  const ratios = one.map(({ needs, holds }) => needs / holds);
  assert.deepEqual(
    ratios,
    ratios.toSorted((a, b) => b - a),
  );
  assert.deepEqual(one.map(({ limit }) => limit).sort(), ten.map(({ limit }) => limit).sort());
});
