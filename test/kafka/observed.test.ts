import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '../../shared/stream/stage.ts';
import { WORKERS_TOPIC } from '../../shared/stream/topics.ts';
import { readHeartbeats } from '../../workers/pools/heartbeat.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { p2i } from '../support/p2i.ts';
import { Pipeline, portOf, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const STAGES: readonly StageName[] = ['candidates', 'features', 'ranking'];
const GROUP = 'p2i-candidates-features-ranking';

const available = brokersAvailable();

describe('a worker on Kafka', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let worker: WorkerProcess;
  let pins: number;

  before(async () => {
    pipeline = await Pipeline.start({ partitions: 2, taxonomy: await smallTaxonomy() });
    worker = pipeline.worker(STAGES, { threads: 2, store: 'observed', more: ['--port', '0'] });
    const sample = await tatePins(50);
    pins = sample.length;
    await pipeline.publish(sample, 64);
    await pipeline.replay('r1', 1);
    await worker.logged('"working"');
    await pipeline.untilConsumed(GROUP, 'p2i-batch-pins', 60);
  });
  after(() => pipeline.close());

  async function get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${portOf(worker)}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** The sum of a metric's samples that have the label. */
  function sumOf(text: string, name: string, label = ''): number {
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  test('has the metrics of what its threads made, each with the group', async () => {
    const { text } = await get('/metrics');
    assert.equal(sumOf(text, 'p2i_stage_pins_total', 'stage="ranking",outcome="out"'), pins);
    assert.equal(sumOf(text, 'p2i_candidates_per_pin_count'), pins);
    assert.equal(sumOf(text, 'p2i_results_per_pin_count'), pins);
    assert.equal(sumOf(text, 'p2i_result_score_count'), sumOf(text, 'p2i_results_per_pin_sum'));
    assert.match(text, /p2i_interest_pins_total\{[^}]*level="1",interest="\d+",name="[a-z][^"]*"/);
    assert.ok(sumOf(text, 'p2i_record_bytes_total', 'topic="p2i-ranked",direction="out"') > 0);
    assert.ok(sumOf(text, 'p2i_transactions_total', 'outcome="committed"') > 0);
    assert.ok(sumOf(text, 'process_cpu_seconds_total') > 0);
    const ungrouped = text
      .split('\n')
      .filter((line) => /^\w+[ {]/.test(line) && !line.includes(`group="${GROUP}"`));
    assert.deepEqual(ungrouped, []);
  });

  test('is in p2i status, with the partitions of its pool', async () => {
    const { code, stdout } = await p2i(['status', ...pipeline.connection]);
    assert.equal(code, 0);
    assert.match(stdout, /^candidates,features,ranking +1 of 2 +\d+ % .* well$/m);
    assert.match(stdout, /\n\nno pool holds up the others\n$/);
  });

  test('is alive and ready, and not ready once its store is gone', async () => {
    assert.deepEqual(await get('/live'), { status: 200, text: '{"ok":true}\n' });
    assert.deepEqual(await get('/ready'), { status: 200, text: '{"ok":true}\n' });
    rmSync(join(pipeline.directory, 'observed'), { recursive: true });
    const { status, text } = await get('/ready');
    assert.equal(status, 503);
    assert.match(text, /STORE_UNAVAILABLE/);
    assert.equal((await get('/live')).status, 200);
  });

  test('logs JSON lines with its name and its group', () => {
    const lines = worker.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) {
      assert.equal(line.group, GROUP);
      assert.match(String(line.worker), /^.+-\d+-[0-9a-f]{8}$/);
    }
  });

  test('says with its last heartbeat that it leaves; a killed one is missed', async () => {
    const killed = pipeline.worker(['publishing']);
    await killed.logged('"working"');
    while ((await said('p2i-publishing')).length === 0) await sleep(100);
    await killed.kill();
    assert.equal(await worker.stop(), 0);
    assert.equal((await said(GROUP)).at(-1), true);
    assert.equal((await said('p2i-publishing')).at(-1), false);
    assert.equal(await pipeline.log.partitions(WORKERS_TOPIC), 1);
  });

  /** Of each heartbeat of a pool, whether it was the last. */
  async function said(pool: string): Promise<boolean[]> {
    const heartbeats = await readHeartbeats(pipeline.log, pipeline.registry, 0);
    return heartbeats.filter(({ group }) => group === pool).map(({ leaving }) => leaving);
  }
});
