import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokersAvailable } from '../support/brokers/files.ts';
import { freePort } from '../support/brokers/ports.ts';
import { assertExact, keyedPins, ledgerOf, untilResults } from '../support/exactly-once.ts';
import { Pipeline, type WorkerProcess } from '../support/pipeline.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const available = brokersAvailable();

describe('when something is away', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let fused: WorkerProcess;
  let publishing: WorkerProcess;
  let port: number;
  let order = 0;
  const pins = keyedPins(600, 'outage');

  before(async () => {
    pipeline = await Pipeline.start({ partitions: 2, taxonomy: await smallTaxonomy() });
    port = await freePort();
    fused = pipeline.worker(['candidates', 'features', 'ranking'], {
      store: 'fused',
      more: ['--port', String(port)],
    });
    publishing = pipeline.worker(['publishing'], { store: 'publishing' });
    await Promise.all([fused.logged('working'), publishing.logged('working')]);
  });
  after(() => pipeline.close());

  async function probe(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async function untilReady(wanted: number, seconds: number): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      await sleep(200);
      const { status, text } = await probe('/ready');
      if (status === wanted) return text;
    }
    throw new Error(`/ready does not answer ${wanted}: ${(await probe('/ready')).text}\n${fused.stderr}`);
  }

  /** A third of the Pins more, and a run over all that are there, that ends with one result each. */
  async function classify(): Promise<void> {
    const part = pins.slice(200 * order, 200 * (order + 1));
    await pipeline.publish(part, 20);
    order++;
    await pipeline.replay(`run-${order}`, order);
    const classified = pins.slice(0, 200 * order);
    await untilResults(pipeline, `run-${order}`, classified, 60);
    assertExact(await ledgerOf(pipeline, `run-${order}`, classified), `run ${order}`);
  }

  test('a worker that works is live and ready, and counts what it does', async () => {
    await untilReady(200, 20);
    await classify();
    assert.equal((await probe('/live')).status, 200);
    assert.match(
      (await probe('/metrics')).text,
      /p2i_stage_pins_total\{stage="ranking",outcome="out",group="[^"]+"\} 200$/m,
    );
  });

  test('with the brokers gone it is live but not ready, and goes on by itself when they are back', async () => {
    await pipeline.cluster.kill(0);
    const reason = await untilReady(503, 30);
    assert.match(reason, /"ok":false/);
    assert.equal((await probe('/live')).status, 200);
    await pipeline.cluster.restart(0);
    await untilReady(200, 60);
    await classify();
  });

  test('with the registry gone it is not ready, works on with the schemas it knows, and is ready again', async () => {
    await pipeline.schemas.stop();
    assert.match(await untilReady(503, 30), /REGISTRY_UNAVAILABLE/);
    await classify();
    await pipeline.schemas.start();
    await untilReady(200, 60);
  });

  test('a worker that starts while the brokers are gone waits for them', async () => {
    await pipeline.cluster.kill(0);
    const late = pipeline.worker(['candidates', 'features', 'ranking'], { store: 'late' });
    await late.logged('trying again');
    assert.equal(late.child.exitCode, null);
    await pipeline.cluster.restart(0);
    await late.logged('"working"');
    assert.equal(await late.stop(), 0);
  });

  test('SIGTERM ends each within its grace period with code 0, and nothing was lost or came twice', async () => {
    const start = performance.now();
    assert.equal(await fused.stop(), 0);
    assert.equal(await publishing.stop(), 0);
    assert.ok(performance.now() - start < 25_000);
    for (let run = 1; run <= order; run++)
      assertExact(await ledgerOf(pipeline, `run-${run}`, pins.slice(0, 200 * run)), `run ${run}`);
  });
});
