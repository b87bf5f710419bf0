import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { PATHS } from '../../cli/paths.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { readTate } from '../../shared/pins/tate.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import { readAll } from '../../shared/stream/log.ts';
import { runToEnd } from '../../shared/stream/run.ts';
import { readTaxonomy } from '../../shared/taxonomy/read.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import { COOCCURRENCE_DIRECTORY, EmbeddedRun } from '../../workers/embedded-run.ts';
import { RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { openWorker } from '../../workers/worker.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { inputOf, publish, registry, versionsOf, withLog } from './made.ts';

const model = await RankingModel.load(PATHS.model);
const models = new RankingModels(model);

interface Outcome {
  /** That was read. */
  generation: number;
  /** What it says of each Pin. */
  found: Map<string, PinInterests['interests']>;
}

describe('Tate’s taxonomy and Shopify’s, of which neither is a version of the other', () => {
  let directory: string;
  let tate: TaxonomyArtefacts;
  let shopify: TaxonomyArtefacts;
  let pins: Pin[];
  const both: Outcome[] = [];
  const alone: Outcome[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-two-'));
    tate = taxonomyArtefacts(await readTaxonomy(PATHS.taxonomy), TEXT_MODELS);
    shopify = taxonomyArtefacts(await readTaxonomy(PATHS.shopify), TEXT_MODELS);
    pins = (await readTate(PATHS.tate)).pins.filter((_, i) => i % 40 === 0);
    for (const artefacts of [tate, shopify, tate, shopify]) both.push(await run('both', artefacts));
    for (const artefacts of [tate, tate]) alone.push(await run('tate', artefacts));
    for (const artefacts of [shopify, shopify]) alone.push(await run('shopify', artefacts));
  });
  after(() => rm(directory, { recursive: true }));

  /** One run of the Pins on a state. */
  async function run(state: string, artefacts: TaxonomyArtefacts): Promise<Outcome> {
    const embedded = await EmbeddedRun.open({
      ...{
        state: join(directory, state),
        schemas: PATHS.schemas,
        input: inputOf(pins).pins,
        artefacts,
        model,
      },
      ...{ lane: 'batch', partitions: 2, pools: false },
      onRejected: (error) => {
        throw error;
      },
      onProgress: () => undefined,
    });
    try {
      const { generation } = await embedded.execute();
      const found = new Map<string, PinInterests['interests']>();
      for await (const { pin, interests } of embedded.results()) found.set(pin, interests);
      await embedded.finish();
      return { generation, found };
    } finally {
      await embedded.close();
    }
  }

  test('share a store, and each run reads what was learnt for its own', () => {
    assert.equal(alone[0].found.size, pins.length);
    for (const [i, of] of [0, 2, 1, 3].entries()) {
      assert.equal(both[i].generation, alone[of].generation, `run ${i}`);
      // Not deepEqual: what it would print of some thousand Pins takes minutes.
      const others = pins.filter(
        ({ id }) => !isDeepStrictEqual(both[i].found.get(id), alone[of].found.get(id)),
      );
      assert.equal(others.length, 0, `run ${i} says something else of ${others.length} Pins`);
    }
  });

  test('classify one new Pin of the instant lane, each as where it is the only one', async () => {
    const pin = pinOf({
      ...{ id: 'P', title: 'A dog by a river, with a leather saddle', language: 'en' },
      boards: pins[0].boards,
    });
    const resultsBy = async (
      state: string,
      ...held: TaxonomyArtefacts[]
    ): Promise<Map<string, PinInterests>> => {
      const found = new Map<string, PinInterests>();
      const store = new LmdbStore(join(directory, state, COOCCURRENCE_DIRECTORY));
      await withLog(async (log) => {
        const options = { ...{ log, registry, store, models }, taxonomies: versionsOf(...held) };
        const workers = [
          await openWorker({ ...options, stages: ['candidates', 'features', 'ranking'], lane: 'instant' }),
          await openWorker({ ...options, stages: ['publishing'], lane: 'batch' }),
        ];
        await publish(log, [pin]);
        await runToEnd(workers);
        const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
        for await (const { key, value } of readAll(log, RESULTS_TOPIC))
          found.set(key, codec.decode(value, key));
      });
      await store.close();
      return found;
    };
    const found = await resultsBy('both', tate, shopify);
    assert.equal(found.size, 2);
    for (const [state, artefacts] of Object.entries({ tate, shopify })) {
      const { taxonomy } = artefacts;
      const key = `P@${taxonomy.version}`;
      const { interests } = found.get(key)!;
      assert.ok(interests.length > 0, key);
      for (const { id } of interests) assert.ok(taxonomy.indexOf(id) >= 0, `${key}: ${id}`);
      const only = (await resultsBy(state, artefacts)).get(key)!;
      assert.deepEqual(interests, only.interests);
    }
  });
});
