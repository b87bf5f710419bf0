/**
 * The simulation of docs/scale.md held against the real thing: four pools on Kafka, a process each, work off a backlog of
 * Tate Pins on one machine. The simulation is given the CPU that the workers got (brokers and others take the rest), and
 * predicts how many Pins a second come out.
 * Usage: node bench/scale-validation.ts [--json]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LmdbStore } from '../shared/store/lmdb.ts';
import type { StageName } from '../shared/stream/stage.ts';
import { Pipeline, tatePins } from '../test/support/pipeline.ts';
import { VALUES, type Values } from './scale-simulation/inputs.ts';
import { planFor, type Plan } from './scale-simulation/plan.ts';
import { simulate } from './scale-simulation/simulate.ts';
import { round } from './support/figures.ts';
import { runBenchmark } from './support/report.ts';
import { GENERATION, learnTate, openTate } from './support/tate.ts';

const POOLS: readonly StageName[] = ['candidates', 'features', 'ranking', 'publishing'];
const PARTITIONS = 4;
const BACKLOG = 100_000;
const STORE = 'store';
/** Code is compiled and caches are filled; then it is measured. */
const WARM_UP_SECONDS = 15;
const SECONDS = 25;
/** Of the CPU times in /proc. */
const TICKS = 100;

/** Tate Pins, next to the broker; the backlog is there before the workers are. */
const TATE: Values = {
  ...VALUES,
  ...{ fullPin: 1, replaySecondsAGb: 0, storeWaitMicros: 0, replicationMs: 0 },
  ...{ workerSpread: 0, workerDeathsADay: 0 },
};

/** Pins that were published a second, and CPU seconds a second that each pool got. */
interface Measured {
  perSecond: number;
  cores: number[];
}

await runBenchmark(async () => {
  const { perSecond, cores } = await measure();
  const predicted = predict(sum(cores));
  const name = 'four pools on one machine: predicted against measured';
  const planned = poolsOf(TATE).pools.filter((pool) => (POOLS as readonly string[]).includes(pool.name));
  return {
    claims: [{ name, value: round(predicted / perSecond), unit: '×' }],
    tables: {
      'Pins a second': [
        {
          'cores of the workers': round(sum(cores)),
          measured: Math.round(perSecond),
          predicted: Math.round(predicted),
        },
      ],
      'CPU µs a Pin': planned.map((pool, i) => ({
        pool: pool.name,
        measured: Math.round((cores[i] / perSecond) * 1e6),
        planned: Math.round(pool.cpu * 1e6),
      })),
    },
  };
});

async function measure(): Promise<Measured> {
  const pipeline = await Pipeline.start({ partitions: PARTITIONS, client: 'platformatic' });
  try {
    const store = new LmdbStore(join(pipeline.directory, STORE, 'cooccurrence'));
    learnTate(await openTate(), store);
    await store.close();
    const sample = await tatePins(1);
    for (let done = 0; done < BACKLOG; done += sample.length)
      await pipeline.publish(
        sample.slice(0, BACKLOG - done).map((pin, i) => ({ ...pin, id: `${pin.id}-${done + i}` })),
        VALUES.recordPins,
      );
    await pipeline.replay('backlog', 1, GENERATION);
    const workers = POOLS.map((stage) => pipeline.worker([stage], { store: STORE }));
    await Promise.all(workers.map((worker) => worker.logged('working')));
    await sleep(WARM_UP_SECONDS * 1000);
    const now = async (): Promise<{ at: number; cpu: number[]; pins: number }> => ({
      at: performance.now() / 1000,
      cpu: await Promise.all(workers.map(({ child }) => cpuSeconds(child.pid!))),
      pins: sum(await pipeline.log.endOffsets('p2i-results')),
    });
    const before = await now();
    await sleep(SECONDS * 1000);
    const after = await now();
    const seconds = after.at - before.at;
    return {
      perSecond: (after.pins - before.pins) / seconds,
      cores: after.cpu.map((cpu, i) => (cpu - before.cpu[i]) / seconds),
    };
  } finally {
    await pipeline.close();
  }
}

function poolsOf(values: Values): Plan {
  const plan = planFor({ scale: 1, shape: 'pools' }, values);
  return { ...plan, partitions: PARTITIONS, pools: plan.pools.map((pool) => ({ ...pool, workers: 1 })) };
}

/** Pins a second of the same pools in the simulation, on so many cores. */
function predict(cores: number): number {
  const hours = 1;
  const scenario = {
    plan: poolsOf(TATE),
    scaled: [],
    hours,
    pins: TATE.pinsADay,
    newPins: 0,
    cores,
    seed: 1,
  };
  return simulate(scenario, TATE).published / (hours * 3600);
}

/** CPU time of a process, all its threads. */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
