import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '../../shared/stream/retry.ts';
import { RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { assertExact, keyedPins, ledgersOf, untilResults } from '../support/exactly-once.ts';
import { Pipeline } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

/*
 * After Kafka Streams' tests/kafkatest/tests/streams/streams_broker_bounce_test.py: three brokers, each bounced cleanly
 * and hard under load.
 */
const BROKERS = 3;
const ROUNDS = scaled(1, 5);
/** How the brokers go, of which each does so in each round: in CI once, by turns. */
const waysOf = (node: number): readonly ('stop' | 'kill')[] =>
  scaled([node % 2 === 0 ? 'kill' : 'stop'], ['stop', 'kill']);
const PINS = 10_000;
const PINS_A_RECORD = 20;
const RESUME_S = 30;
const TIMEOUT_S = 240;
const available = brokersAvailable();

describe('brokers that go and come back', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ brokers: BROKERS, partitions: 6, taxonomy: await smallTaxonomy() });
  });
  after(() => pipeline.close());

  test(`each of ${BROKERS} is stopped or killed, ${ROUNDS} rounds under load: no Pin is lost, none twice, work resumes`, async (t) => {
    const workers = [
      pipeline.worker(['candidates', 'features', 'ranking'], { store: 'fused-1' }),
      pipeline.worker(['candidates', 'features', 'ranking'], { store: 'fused-2' }),
      pipeline.worker(['publishing'], { store: 'publishing-1' }),
      pipeline.worker(['publishing'], { store: 'publishing-2' }),
    ];
    await Promise.all(workers.map((worker) => worker.logged('working')));
    const pins = keyedPins(PINS, 'bounce');
    await pipeline.publish(pins, PINS_A_RECORD);

    const runs: string[] = [];
    // A run over the whole corpus is the load. Copying is bounced too: it is called again until it has ended.
    const load = async (name: string): Promise<void> => {
      runs.push(name);
      const order = runs.length;
      for (;;) {
        try {
          await pipeline.replay(name, order);
          return;
        } catch (error) {
          if (!isTransient(error)) throw error;
        }
      }
    };
    let bounces = 0;
    let inTheMiddle = 0;
    let slowest = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      for (let node = 0; node < BROKERS; node++) {
        for (const how of waysOf(node)) {
          bounces++;
          const run = `${round}-${how}-${node}`;
          const before = await resultsEnd(pipeline);
          const loaded = load(run);
          while ((await resultsEnd(pipeline)) === before) await sleep(20);
          if ((await resultsEnd(pipeline)) - before < PINS) inTheMiddle++;
          await pipeline.cluster[how](node);
          await sleep(1000);
          await pipeline.cluster.restart(node);
          await loaded;
          slowest = Math.max(slowest, await secondsUntilMoving(pipeline, () => load(`after ${run}`)));
        }
      }
    }
    await untilResults(pipeline, runs.at(-1)!, pins, TIMEOUT_S);
    const ledgers = await ledgersOf(pipeline, runs, pins);
    const lost = ledgers.reduce((sum, ledger) => sum + ledger.lost, 0);
    const duplicated = ledgers.reduce((sum, ledger) => sum + ledger.duplicated, 0);
    t.diagnostic(
      `${bounces} bounces, ${inTheMiddle} in the middle of a run of ${PINS} Pins; results come at most ${slowest.toFixed(1)} s after a broker is back: ${lost} lost, ${duplicated} duplicated in ${runs.length} runs`,
    );
    assertExact({ lost, duplicated }, 'bounce');
    assert.ok(inTheMiddle > 0, 'a broker went while there was work');
    assert.ok(slowest < RESUME_S, `it took ${slowest} s to resume`);
    for (const worker of workers) assert.equal(await worker.stop(), 0);
  });
});

/** What p2i-results holds, ends of transactions included. */
async function resultsEnd(pipeline: Pipeline): Promise<number> {
  return (await pipeline.log.endOffsets(RESULTS_TOPIC)).reduce((a, b) => a + b, 0);
}

/** Seconds until p2i-results grows, once more work is there. */
async function secondsUntilMoving(pipeline: Pipeline, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const before = await resultsEnd(pipeline);
  await work();
  for (;;) {
    const seconds = (performance.now() - start) / 1000;
    if ((await resultsEnd(pipeline)) > before || seconds > 2 * RESUME_S) return seconds;
    await sleep(100);
  }
}
