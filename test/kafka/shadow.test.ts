import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Comparison } from '../../workers/comparing/compare.ts';
import { runHeaders } from '../../workers/headers.ts';
import { groupOf } from '../../workers/pools/pool.ts';
import { SHADOW_RESULTS_TOPIC, shadowKey } from '../../workers/publishing/topic.ts';
import { RANKED_TOPIC } from '../../workers/ranking/topic.ts';
import { replayPins } from '../../workers/replay.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { p2i } from '../support/p2i.ts';
import { Pipeline, tatePins, type ReadResult } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

/** Every n-th Pin of the Tate sample. */
const EVERY = scaled(100, 10);
const RECORD_PINS = 64;

const available = brokersAvailable();

describe('a shadow run', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let ids: string[];
  const byKey = async (): Promise<ReadResult[]> =>
    (await pipeline.results()).sort((a, b) => (a.key < b.key ? -1 : 1));
  const untilPublished = async (): Promise<void> => {
    await pipeline.untilConsumed(groupOf(FUSED, 'batch'), 'p2i-batch-pins', 120);
    await pipeline.untilConsumed(groupOf(['publishing'], 'batch'), RANKED_TOPIC, 120);
  };

  before(async () => {
    pipeline = await Pipeline.start({ partitions: 2, taxonomy: await smallTaxonomy() });
    const pins = await tatePins(EVERY);
    ids = pins.map(({ id }) => id);
    await pipeline.publish(pins, RECORD_PINS);
    const workers = [
      pipeline.worker(FUSED, { store: 'fused' }),
      pipeline.worker(['publishing'], { store: 'publishing' }),
    ];
    await Promise.all(workers.map((worker) => worker.logged('working')));
    await pipeline.replay('published', 1);
    await untilPublished();
    const published = await byKey();
    assert.equal(published.length, ids.length);

    const { log, registry, taxonomy } = pipeline;
    const details = {
      run: 'shadow',
      order: 2,
      generation: 0,
      lane: 'batch',
      taxonomy,
      shadow: true,
    } as const;
    await replayPins(log, registry, runHeaders(details));
    await untilPublished();
    assert.deepEqual(await byKey(), published, 'the shadow run published something');
  });
  after(() => pipeline.close());

  test('writes each Pin once beside what is published', async () => {
    const keys = (await pipeline.records(SHADOW_RESULTS_TOPIC)).map(({ key }) => key);
    const expected = ids.map((id) => shadowKey(id, pipeline.taxonomy, 'shadow'));
    assert.deepEqual(keys.sort(), expected.sort());
  });

  test('is compared from the brokers: what was classified by the same is the same', async () => {
    const { code, stdout, stderr } = await p2i([
      'compare',
      '--run',
      'shadow',
      '--json',
      ...pipeline.connection,
    ]);
    assert.equal(code, 0, stderr);
    const { pins, partitions, levels } = JSON.parse(stdout) as Comparison;
    assert.deepEqual([pins.compared, pins.changed, pins.onlyBefore, pins.onlyAfter], [ids.length, 0, 0, 0]);
    assert.deepEqual(partitions, { compared: 2, all: 2 });
    assert.ok(levels.some(({ kept }) => kept > 0));
  });
});

const FUSED = ['candidates', 'features', 'ranking'] as const;
