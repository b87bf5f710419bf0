import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '../../shared/stream/stage.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { assertExact, keyedPins, ledgerOf, untilResults } from '../support/exactly-once.ts';
import { Pipeline, type WorkerProcess } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

/*
 * After Kafka Streams' SmokeTestDriverIntegrationTest: a new client each second, three alive.
 */
const SECONDS = scaled(15, 60);
const ALIVE = 3;
const PINS = scaled(10_000, 40_000);
const PINS_A_RECORD = 10;
const TIMEOUT_S = 180;
const POOLS: readonly (readonly StageName[])[] = [['candidates', 'features', 'ranking'], ['publishing']];

const available = brokersAvailable();

describe('workers that come and go', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ partitions: 6, taxonomy: await smallTaxonomy() });
  });
  after(() => pipeline.close());

  test(`one joins and one leaves every second for ${SECONDS} s, ${ALIVE} alive a pool: no Pin is lost, none twice`, async (t) => {
    let started = 0;
    const alive = POOLS.map((): WorkerProcess[] => []);
    const left: { worker: WorkerProcess; exited: Promise<number | NodeJS.Signals> }[] = [];
    const join = (pool: number): void => {
      alive[pool].push(pipeline.worker(POOLS[pool], { store: `store-${started++}` }));
      if (alive[pool].length <= ALIVE) return;
      const worker = alive[pool].shift()!;
      left.push({ worker, exited: worker.stop() });
    };
    for (let i = 0; i < ALIVE; i++) for (const pool of POOLS.keys()) join(pool);
    await Promise.all(alive.flat().map((worker) => worker.logged('working')));

    const pins = keyedPins(PINS, 'churn');
    await pipeline.publish(pins, PINS_A_RECORD);
    await pipeline.replay('churn', 1);
    const until = Date.now() + SECONDS * 1000;
    for (let pool = 0; Date.now() < until; pool = (pool + 1) % POOLS.length) {
      join(pool);
      await sleep(1000);
    }
    const during = (await ledgerOf(pipeline, 'churn', pins)).lost;
    await untilResults(pipeline, 'churn', pins, TIMEOUT_S);
    const ledger = await ledgerOf(pipeline, 'churn', pins);
    t.diagnostic(
      `${PINS} Pins, ${left.length} workers left and ${started} joined; ${PINS - during} done meanwhile: ${ledger.lost} lost, ${ledger.duplicated} duplicated`,
    );
    assertExact(ledger, 'churn');
    for (const { worker, exited } of left) {
      const code = await exited;
      // On a busy machine some are told to leave before they have run a line of ours: the signal itself ends them.
      if (code !== 'SIGTERM' || worker.stderr !== '') assert.equal(code, 0, worker.stderr);
    }
    for (const worker of alive.flat()) assert.equal(await worker.stop(), 0);
  });
});
