import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '../../shared/stream/stage.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { ABORTED, assertExact, keyedPins, ledgerOf, untilResults } from '../support/exactly-once.ts';
import { Pipeline, type WorkerProcess } from '../support/pipeline.ts';
import { seeded } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

/*
 * After Kafka Streams' own driver for exactly once (tests/kafkatest/tests/streams/streams_eos_test.py): keyed records over
 * five partitions, three processors a stage, processes that are killed and transactions that are aborted.
 */
const PINS = 20_000;
const PARTITIONS = 5;
const STAGES: readonly StageName[] = ['candidates', 'features', 'ranking', 'publishing'];
const WORKERS_A_STAGE = 3;
const KILLS = 5;
const ABORTS = 3;
const SEEDS = scaled([1], [1, 2, 3, 4, 5]);
const PINS_A_RECORD = 25;
const TIMEOUT_S = 240;
const ABORTING = join(import.meta.dirname, '../support/aborting-worker.ts');

const available = brokersAvailable();

describe('exactly once', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ partitions: PARTITIONS, taxonomy: await smallTaxonomy() });
  });
  after(() => pipeline.close());

  for (const seed of SEEDS) {
    test(`${PINS} Pins, ${WORKERS_A_STAGE} workers a stage, ${KILLS} SIGKILLs, ${ABORTS} forced aborts: none lost, none twice (seed ${seed})`, async (t) => {
      const random = seeded(seed);
      const pool: { stage: StageName; worker: WorkerProcess; aborting: boolean }[] = [];
      const everStarted: WorkerProcess[] = [];
      const start = (stage: StageName, aborting: boolean): void => {
        const options = aborting ? { program: ABORTING, env: { P2I_TEST_ABORT_AT: '2' } } : {};
        const threads = 1 + (everStarted.length % 2);
        const store = `${stage}-${everStarted.length}`;
        const worker = pipeline.worker([stage], { store, threads, ...options });
        everStarted.push(worker);
        pool.push({ stage, worker, aborting });
      };
      for (let i = 0; i < WORKERS_A_STAGE; i++) for (const stage of STAGES) start(stage, false);
      for (let i = 0; i < ABORTS; i++) {
        const stage = STAGES[Math.floor(random() * STAGES.length)];
        const at = pool.findIndex((one) => one.stage === stage && !one.aborting);
        await pool.splice(at, 1)[0].worker.kill();
        start(stage, true);
      }
      await Promise.all(pool.map(({ worker }) => worker.logged('working')));

      const pins = keyedPins(PINS, `seed${seed}`);
      await pipeline.publish(pins, PINS_A_RECORD);
      const began = performance.now();
      const run = `seed-${seed}`;
      await pipeline.replay(run, seed);
      const killed: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(1000 + random() * 3000);
        // A worker whose abort is still to come is spared: the abort is part of the test.
        const mortal = pool.filter(({ aborting, worker }) => !aborting || worker.stderr.includes(ABORTED));
        const { stage, worker } = mortal[Math.floor(random() * mortal.length)];
        pool.splice(
          pool.findIndex((one) => one.worker === worker),
          1,
        );
        await worker.kill();
        killed.push(stage);
        start(stage, false);
      }
      await untilResults(pipeline, run, pins, TIMEOUT_S);
      const seconds = (performance.now() - began) / 1000;
      const ledger = await ledgerOf(pipeline, run, pins);
      const aborted = everStarted.filter(({ stderr }) => stderr.includes(ABORTED)).length;
      t.diagnostic(
        `seed ${seed}: ${PINS} Pins in ${seconds.toFixed(0)} s, killed ${killed.join(', ')}, ${aborted} aborted: ${ledger.lost} lost, ${ledger.duplicated} duplicated`,
      );
      assertExact(ledger, `seed ${seed}`);
      assert.equal(aborted, ABORTS, 'every forced abort happened');
      assert.equal((await pipeline.records('p2i-dead-letters')).length, 0);
      for (const code of await Promise.all(pool.map(({ worker }) => worker.stop()))) assert.equal(code, 0);
    });
  }
});
