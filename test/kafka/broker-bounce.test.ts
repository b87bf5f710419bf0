import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { assertExact, keyedPins, ledgerOf, untilResults } from '../support/exactly-once.ts';
import { Pipeline } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

/*
 * After Kafka Streams' tests/kafkatest/tests/streams/streams_broker_bounce_test.py: three brokers, each bounced cleanly
 * and hard under load.
 */
const BROKERS = 3;
const ROUNDS = scaled(1, 5);
const PINS = scaled(60_000, 300_000);
const PINS_A_RECORD = 20;
const RESUME_S = 30;
const TIMEOUT_S = 240;
/** Pause between two bounces, ms: the brokers elect leaders and the workers work. */
const PAUSE_MS = 2000;

const available = brokersAvailable();

describe('brokers that go and come back', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ brokers: BROKERS, partitions: 6, taxonomy: await smallTaxonomy() });
  });
  after(() => pipeline.close());

  test(`each of ${BROKERS} is stopped and killed, ${ROUNDS} rounds under load: no Pin is lost, none twice, work resumes`, async (t) => {
    const workers = [
      pipeline.worker(['candidates', 'features', 'ranking'], { store: 'fused-1' }),
      pipeline.worker(['candidates', 'features', 'ranking'], { store: 'fused-2' }),
      pipeline.worker(['publishing'], { store: 'publishing-1' }),
      pipeline.worker(['publishing'], { store: 'publishing-2' }),
    ];
    await Promise.all(workers.map((worker) => worker.logged('working')));
    const pins = keyedPins(PINS, 'bounce');
    await pipeline.publish(pins, PINS_A_RECORD);
    await pipeline.replay('bounce', 1);

    const resumed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let node = 0; node < BROKERS; node++) {
        for (const how of ['stop', 'kill'] as const) {
          await pipeline.cluster[how](node);
          await sleep(1000);
          await pipeline.cluster.restart(node);
          const seconds = await untilMoving(pipeline, PINS);
          if (seconds !== undefined) resumed.push(seconds);
          await sleep(PAUSE_MS);
        }
      }
    }
    await untilResults(pipeline, PINS, TIMEOUT_S);
    const ledger = await ledgerOf(pipeline, pins);
    const slowest = Math.max(0, ...resumed);
    t.diagnostic(
      `${PINS} Pins, ${ROUNDS * BROKERS * 2} bounces, ${resumed.length} of them under load; slowest to resume ${slowest.toFixed(1)} s: ${ledger.lost} lost, ${ledger.duplicated} duplicated`,
    );
    assertExact(ledger, 'bounce');
    assert.ok(resumed.length > 0, 'there was load when brokers came back');
    assert.ok(slowest < RESUME_S, `it took ${slowest} s to resume`);
    for (const worker of workers) assert.equal(await worker.stop(), 0);
  });
});

/** Seconds until p2i-results grows; undefined where all Pins are there. */
async function untilMoving(pipeline: Pipeline, pins: number): Promise<number | undefined> {
  const start = performance.now();
  const total = async (): Promise<number> =>
    (await pipeline.log.endOffsets(RESULTS_TOPIC)).reduce((a, b) => a + b, 0);
  const before = await total();
  if (before >= pins) return undefined;
  for (;;) {
    const seconds = (performance.now() - start) / 1000;
    if ((await total()) > before || seconds > 2 * RESUME_S) return seconds;
    await sleep(100);
  }
}
