import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VALUES, type Values } from '../../../bench/scale-simulation/inputs.ts';
import { planFor, type Plan } from '../../../bench/scale-simulation/plan.ts';
import {
  dailyCurve,
  simulate,
  type Scenario,
  type Simulation,
} from '../../../bench/scale-simulation/simulate.ts';

/** A hundredth of the load, for which a day takes a moment. */
const SMALL: Values = { ...VALUES, pinsADay: 2e9, newPinsASecond: 100 };

function day(
  changes: Partial<Scenario> = {},
  plan: Plan = planFor({ scale: 1, shape: 'fused' }, SMALL),
): Simulation {
  const scenario = {
    plan,
    scaled: [],
    hours: 24,
    pins: SMALL.pinsADay,
    newPins: SMALL.newPinsASecond,
    seed: 1,
  };
  return simulate({ ...scenario, ...changes }, SMALL);
}

/** The plan with other numbers of workers. */
function withWorkers(workers: Record<string, number>): Plan {
  const plan = planFor({ scale: 1, shape: 'fused' }, SMALL);
  return {
    ...plan,
    pools: plan.pools.map((pool) => ({ ...pool, workers: workers[pool.name] ?? pool.workers })),
  };
}

function pool(simulation: Simulation, name: string): Simulation['pools'][number] {
  return simulation.pools.find((one) => one.name === name)!;
}

describe('a simulated day', () => {
  test('is the same again for the same seed, and another for another', () => {
    assert.deepEqual(day(), day());
    assert.notDeepEqual(day().latency, day({ seed: 2 }).latency);
  });

  test('publishes every Pin of the run once, in about the planned time', () => {
    const { finishedAfter, published } = day();
    assert.ok(Math.abs(published / SMALL.pinsADay - 1) < 1e-6, String(published));
    assert.ok(finishedAfter! >= 20 && finishedAfter! < 22, String(finishedAfter));
  });

  test('names the pool that the run waits for', () => {
    const { finishedAfter, bottlenecks, share } = day({}, withWorkers({ fused: 4 }));
    assert.equal(finishedAfter, undefined);
    assert.ok(share < 0.9);
    assert.deepEqual([...new Set(bottlenecks.map((one) => one.pool))], ['fused']);
    const hours = bottlenecks.reduce((sum, { from, to }) => sum + to - from, 0);
    assert.ok(hours > 12, String(hours));
  });

  test('holds the replay back while the pool after it is behind', () => {
    const slow = day({}, withWorkers({ fused: 4 }));
    assert.ok(pool(slow, 'fused').peakLag < 700, String(pool(slow, 'fused').peakLag));
  });

  test('follows the lag with workers: up for the run, down after it', () => {
    const followed = pool(day({ scaled: ['fused'] }), 'fused');
    const workersAt = (hour: number): number =>
      followed.samples.find((sample) => sample.hour >= hour)!.workers;
    assert.ok(workersAt(10) > 8, String(workersAt(10)));
    assert.equal(workersAt(23), 1);
    assert.ok(followed.peakWorkers <= planFor({ scale: 1, shape: 'fused' }, SMALL).pools[1].workers);
    assert.ok(followed.workerHours < pool(day(), 'fused').workerHours);
  });

  test('makes new Pins wait behind the run where publishing follows its lag', () => {
    const prompt = day();
    const late = day({ scaled: ['fused', 'publishing'] });
    assert.ok(prompt.latency.p99 < 1, String(prompt.latency.p99));
    assert.ok(late.latency.p99 > 10, String(late.latency.p99));
  });

  test('goes on after a broker died, with lag for as long as its partitions had no leader', () => {
    const died = pool(day({ brokerDies: 12 }), 'instant');
    assert.ok(died.peakLag > pool(day(), 'instant').peakLag);
    assert.ok(day({ brokerDies: 12 }).finishedAfter! < 22);
  });

  test('on a machine with few cores is as fast as the cores allow', () => {
    const plan = planFor({ scale: 1, shape: 'pools' }, SMALL);
    const cpu = plan.pools.reduce((sum, one) => sum + (one.name === 'instant' ? 0 : one.cpu), 0);
    const { published } = day({ hours: 2, newPins: 0, cores: 2 }, plan);
    const most = 2 / cpu;
    const rate = published / 7200;
    assert.ok(rate <= most && rate > 0.8 * most, `${rate} of ${most}`);
  });
});

test('new Pins come in waves about their mean', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => dailyCurve(hour, 1.5));
  assert.ok(Math.abs(hours.reduce((a, b) => a + b) / 24 - 1) < 1e-9);
  assert.equal(Math.max(...hours), dailyCurve(15, 1.5));
  assert.ok(Math.abs(dailyCurve(15, 1.5) - 1.5) < 1e-9);
});
