import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PATHS } from '../../../cli/paths.ts';
import { RankingModels } from '../../../shared/ranking/ranking-models.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { readAll } from '../../../shared/stream/log.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import type { StageName } from '../../../shared/stream/stage.ts';
import { planRedrive, redrive } from '../../../workers/dead-letters/redrive.ts';
import { RESULTS_TOPIC } from '../../../workers/publishing/topic.ts';
import { BATCH_PINS_TOPIC } from '../../../workers/replay.ts';
import { PublishedTaxonomies } from '../../../workers/taxonomies/published.ts';
import { publishVersion } from '../../../workers/taxonomies/publish.ts';
import { openWorker } from '../../../workers/worker.ts';
import { pins, registry } from '../../shared/stream/toy.ts';
import { BAD_PIN, badPinAlone, BATCH_PINS, namedPins, poison } from '../../support/poison.ts';
import { smallTaxonomy } from '../../support/small-taxonomy.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { versionOf } from '../taxonomies/made.ts';
import { allLetters, sourceOf } from './made.ts';

const POOLS: StageName[][] = [['candidates', 'features', 'ranking'], ['publishing']];

describe('a poisoned batch', () => {
  let directory: string;
  let log: EmbeddedLog;
  let models: RankingModels;
  let taxonomies: PublishedTaxonomies;
  const store = new MemoryStore();
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'p2i-poison-'));
    log = await EmbeddedLog.open(directory);
    models = await RankingModels.load([PATHS.model]);
    await log.createTopic(BATCH_PINS_TOPIC, 1);
    await publishVersion(log, registry, versionOf(await smallTaxonomy(), 'now'));
    taxonomies = await PublishedTaxonomies.open({
      ...{ log, registry, models: TEXT_MODELS },
      onInvalid: (error) => {
        throw error;
      },
    });
  });
  after(async () => {
    await taxonomies.close();
    await log.close();
    rmSync(directory, { recursive: true });
  });

  async function write(values: readonly (Uint8Array | null)[], taxonomy: string): Promise<void> {
    const transaction = log.transaction();
    const headers = { run: 'r1', taxonomy };
    for (const value of values)
      transaction.append(BATCH_PINS_TOPIC, 0, { key: '0', timestamp: 7, headers, value });
    await transaction.commit();
  }

  /** Runs the fused pool and publishing until they have nothing to do. */
  async function work(): Promise<void> {
    for (const stages of POOLS) {
      const worker = await openWorker({
        ...{ log, registry, stages, taxonomies, store, models },
        lane: 'batch',
      });
      await runToEnd([worker]);
      await worker.close();
    }
  }

  async function results(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of readAll(log, RESULTS_TOPIC)) keys.push(key);
    return keys;
  }

  test('leaves its neighbours classified, and the dead letters with the original bytes', async () => {
    const { magicByte, unknownSchema, truncated, badPin } = poison(registry);
    await write([magicByte, badPin, unknownSchema, truncated, null], 'now');
    await work();
    const found = await results();
    assert.equal(new Set(found).size, BATCH_PINS - 1);
    assert.equal(found.length, BATCH_PINS - 1);
    const letters = (await allLetters(log)).map(({ letter }) => letter);
    assert.deepEqual(
      letters.map(({ code, stage, pinId, offset }) => ({ code, stage, pinId, offset })),
      [
        { code: 'SCHEMA_UNKNOWN', stage: 'candidates', pinId: null, offset: 0 },
        { code: 'PIN_INVALID', stage: 'candidates', pinId: BAD_PIN, offset: 1 },
        { code: 'SCHEMA_UNKNOWN', stage: 'candidates', pinId: null, offset: 2 },
        { code: 'AVRO_MALFORMED', stage: 'candidates', pinId: null, offset: 3 },
        { code: 'SCHEMA_UNKNOWN', stage: 'candidates', pinId: null, offset: 4 },
      ],
    );
    assert.deepEqual(
      letters.map(({ value }) => value),
      [magicByte, badPinAlone(registry), unknownSchema, truncated, Buffer.alloc(0)],
    );
  });

  test('is classified by a version that is published after it failed, once it is redriven', async () => {
    const some = namedPins('early', 20);
    await write([pins.encode({ pins: some })], 'later');
    await work();
    const filter = { code: 'TAXONOMY_UNKNOWN' };
    const limits = { maxAttempts: 3 };
    assert.equal((await results()).filter((key) => key.endsWith('@later')).length, 0);

    await publishVersion(log, registry, versionOf(await smallTaxonomy(), 'later'));
    const plan = await planRedrive(sourceOf(log), filter, limits);
    assert.equal(await redrive({ log, registry }, plan), 1);
    await work();
    assert.deepEqual(
      (await results()).filter((key) => key.endsWith('@later')).sort(),
      some.map(({ id }) => `${id}@later`).sort(),
    );
    assert.equal(await redrive({ log, registry }, plan), 0);
    assert.deepEqual((await planRedrive(sourceOf(log), filter, limits)).left.redriven, 1);
  });
});
