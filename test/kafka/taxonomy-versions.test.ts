import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PinInterests } from '../../workers/publishing/topic.ts';
import { publishVersion, retireVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../workers/taxonomies/topic.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { pinOf } from '../support/pin.ts';
import { Pipeline } from '../support/pipeline.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const available = brokersAvailable();

describe('taxonomy versions of running workers', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let small: Buffer;
  before(async () => {
    small = await smallTaxonomy();
    pipeline = await Pipeline.start({ partitions: 2, taxonomy: small });
  });
  after(() => pipeline.close());

  /** The results of a Pin by taxonomy version, once there are as many as asked for. */
  async function resultsOf(id: string, count: number): Promise<Map<string, PinInterests>> {
    for (let tries = 0; tries < 100; tries++) {
      const found = new Map<string, PinInterests>();
      for (const { value } of await pipeline.results())
        if (value?.pin === id) found.set(value.taxonomy, value);
      if (found.size >= count) return found;
      await sleep(200);
    }
    throw new Error(`no ${count} results of ${id}\n${await pipeline.describe()}`);
  }

  test('a new one is taken up without a restart, both are served, and a retired one is served no more', async () => {
    const workers = [
      pipeline.worker(['candidates', 'features', 'ranking'], { lane: 'instant', store: 'instant' }),
      pipeline.worker(['publishing'], { store: 'publishing' }),
    ];
    await Promise.all(workers.map((worker) => worker.logged('working')));
    // Until the worker has been assigned its partitions, what is published may lie before the tail it begins at.
    for (let first = 0; (await pipeline.results()).length === 0; first++) {
      await pipeline.publish([pinOf({ id: `first-${first}`, title: 'Zeppelins over a river' })], 1);
      await sleep(300);
    }
    const before = await resultsOf('first-0', 0).then(() => pipeline.results());
    assert.deepEqual([...new Set(before.map(({ value }) => value!.taxonomy))], [pipeline.taxonomy]);

    // An interest that no model has ever seen.
    const added = `${JSON.stringify({ id: 999_999, name: 'zeppelins', parent: 60, level: 2 })}\n`;
    const version = packTaxonomy(Buffer.concat([small, Buffer.from(added)]), 'with zeppelins', {
      ...{ version: 'zeppelins', published: 1, reason: 'they fly again' },
    });
    await publishVersion(pipeline.log, pipeline.registry, version);
    await sleep(2500);
    await pipeline.publish([pinOf({ id: 'second', title: 'Zeppelins over a river' })], 1);
    const both = await resultsOf('second', 2);
    assert.deepEqual([...both.keys()].sort(), [pipeline.taxonomy, 'zeppelins'].sort());
    const has = (of: string): boolean => both.get(of)!.interests.some(({ id }) => id === 999_999);
    assert.equal(has('zeppelins'), true, 'the new interest is found with no retraining');
    assert.equal(has(pipeline.taxonomy), false);

    await retireVersion(pipeline.log, pipeline.taxonomy, 2);
    await sleep(2500);
    await pipeline.publish([pinOf({ id: 'third', title: 'Zeppelins over a river' })], 1);
    await resultsOf('third', 1);
    await sleep(1000);
    assert.deepEqual([...(await resultsOf('third', 1)).keys()], ['zeppelins']);
    for (const worker of workers) assert.equal(await worker.stop(), 0);
  });

  test('a run that names a version published a moment ago waits for nothing, and one that nobody published is dead-lettered', async () => {
    const fused = pipeline.worker(['candidates', 'features', 'ranking'], { store: 'batch', threads: 2 });
    const publishing = pipeline.worker(['publishing'], { store: 'publishing' });
    await Promise.all([fused.logged('working'), publishing.logged('working')]);
    const version = packTaxonomy(small, 'again', { version: 'fresh', published: 3, reason: '' });
    await publishVersion(pipeline.log, pipeline.registry, version);
    await pipeline.replay('fresh', 1, 0, 'fresh');
    await resultsOf('second', 2);
    assert.ok((await resultsOf('third', 2)).has('fresh'));
    assert.equal((await pipeline.records('p2i-dead-letters')).length, 0);
    await pipeline.replay('nobody', 2, 0, 'unpublished');
    for (let tries = 0; (await pipeline.records('p2i-dead-letters')).length === 0 && tries < 50; tries++)
      await sleep(200);
    const letters = await pipeline.records('p2i-dead-letters');
    assert.ok(letters.length > 0);
    assert.match(Buffer.from(letters[0].value!).toString('latin1'), /TAXONOMY_UNKNOWN/);
    for (const worker of [fused, publishing]) assert.equal(await worker.stop(), 0);
  });
});
