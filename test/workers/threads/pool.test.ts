import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PATHS } from '../../../cli/paths.ts';
import { RankingModels } from '../../../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../../../shared/store/lmdb.ts';
import { DEAD_LETTERS } from '../../../shared/stream/dead-letters.ts';
import { readAll, type Log } from '../../../shared/stream/log.ts';
import { pinsTopic } from '../../../shared/stream/pins-topic.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import type { StageName } from '../../../shared/stream/stage.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import { taxonomyArtefacts, type TextModels } from '../../../workers/artefacts.ts';
import type { TaxonomyVersions } from '../../../workers/chains.ts';
import { GENERATION_HEADER, RUN_HEADER, TAXONOMY_HEADER } from '../../../workers/headers.ts';
import { BATCH_PINS_TOPIC } from '../../../workers/replay.ts';
import { openWorker } from '../../../workers/worker.ts';
import { pinOf } from '../../support/pin.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { TOY_LANGUAGES } from '../../support/toy-language.ts';
import { NATURE, taxonomyOf } from '../candidates/made.ts';
import { registry, versionsOf, withLog } from '../made.ts';

const models = await RankingModels.load([PATHS.model]);
const nature = taxonomyArtefacts(NATURE, TEXT_MODELS);
const rivers = taxonomyArtefacts(taxonomyOf({ 1: [0, 'nature'], 2: [1, 'river'] }), TEXT_MODELS);

const directory = mkdtempSync(join(tmpdir(), 'p2i-threads-'));
const store = new LmdbStore(directory);
after(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const HEADERS = { [RUN_HEADER]: 'r1', [TAXONOMY_HEADER]: NATURE.version };
const FUSED: readonly StageName[] = ['candidates', 'features', 'ranking'];

interface Work {
  headers?: Record<string, string>;
  taxonomies?: TaxonomyVersions;
  textModels?: TextModels;
  titles?: readonly string[];
}

/** Twenty batches of a few Pins, one that is no Avro and one with a Pin that no stage can take. */
async function write(
  log: Log,
  { headers = HEADERS, titles = ['A castle by a river', 'Horse', 'Mountain'] }: Work,
): Promise<void> {
  const topic = pinsTopic(registry);
  const transaction = log.transaction();
  for (let batch = 0; batch < 20; batch++) {
    const pins = Array.from({ length: 1 + (batch % 4) }, (_, i) =>
      pinOf({ id: `P${batch}-${i}`, title: titles[(batch + i) % titles.length] }),
    );
    if (batch === 13)
      pins[0] = { ...pins[0], annotations: [{ term: 'horse', confidence: NaN, sources: [] }] };
    const value = batch === 7 ? new Uint8Array([0, 0, 0]) : topic.encode({ pins });
    transaction.append(BATCH_PINS_TOPIC, batch % 2, { key: String(batch), timestamp: batch, headers, value });
  }
  await transaction.commit();
}

/** All that a fused worker of so many threads writes. */
async function outcome(threads: number, task: Work = {}): Promise<{ ranked: unknown[]; letters: unknown[] }> {
  const { taxonomies = versionsOf(nature), textModels = TEXT_MODELS } = task;
  const found: { ranked: unknown[]; letters: unknown[] } = { ranked: [], letters: [] };
  await withLog(async (log) => {
    await write(log, task);
    const worker = await openWorker({
      ...{ log, registry, taxonomies, store, models, stages: FUSED, lane: 'batch' },
      ...(threads > 1 && { threads: { count: threads, store: directory, models: textModels } }),
    });
    try {
      await runToEnd([worker]);
    } finally {
      await worker.close();
    }
    for await (const { partition, offset, key, headers: own, value } of readAll(log, 'p2i-ranked'))
      found.ranked.push({
        partition,
        offset,
        key,
        headers: own,
        value: value && Buffer.from(value).toString('hex'),
      });
    const codec = registry.codec<Record<string, unknown>>(DEAD_LETTERS);
    for await (const { key, value } of readAll(log, DEAD_LETTERS)) {
      const { code, message, pinId, value: bytes, stage } = codec.decode(value, key);
      found.letters.push({ key, code, message, pinId, stage, bytes: (bytes as Buffer).toString('hex') });
    }
  });
  return found;
}

describe('the threads of a worker', () => {
  test('write what one thread writes, in its order, and dead-letter what it does', async () => {
    const alone = await outcome(1);
    assert.equal(alone.ranked.length, 19);
    assert.deepEqual(alone.letters.map((letter) => (letter as { code: string }).code).sort(), [
      'PIN_INVALID',
      'SCHEMA_UNKNOWN',
    ]);
    assert.deepEqual(await outcome(3), alone);
  });

  test('translate as one thread does', async () => {
    const textModels = { ...TEXT_MODELS, languages: Languages.of(TOY_LANGUAGES) };
    const titles = ['Schlossburg am Flusslauf', 'Pferdchen', 'Gebirgsberg'];
    const taxonomies = versionsOf(taxonomyArtefacts(NATURE, textModels));
    const alone = await outcome(1, { taxonomies, textModels, titles });
    assert.deepEqual(await outcome(2, { taxonomies, textModels, titles }), alone);
    const untranslated = await outcome(1, { titles });
    assert.equal(untranslated.ranked.length, alone.ranked.length);
    assert.notDeepEqual(untranslated.ranked, alone.ranked);
  });

  test('classify by a version that is published while they run', async () => {
    const live = [nature];
    const taxonomies: TaxonomyVersions = {
      ...versionsOf(nature),
      versions: () => live.map(({ taxonomy }) => taxonomy.version),
      artefacts: (version) => live.find(({ taxonomy }) => taxonomy.version === version),
      async refresh() {
        if (!live.includes(rivers)) live.push(rivers);
      },
    };
    const headers = { [RUN_HEADER]: 'r1', [TAXONOMY_HEADER]: rivers.taxonomy.version };
    const { ranked } = await outcome(2, { headers, taxonomies });
    assert.equal(ranked.length, 19);
    assert.ok(live.includes(rivers));
  });

  test('say which version is not there', async () => {
    const headers = { [RUN_HEADER]: 'r1', [TAXONOMY_HEADER]: 'nobody' };
    const [one, two] = [await outcome(1, { headers }), await outcome(2, { headers })];
    assert.equal((two.letters[0] as { code: string }).code, 'TAXONOMY_UNKNOWN');
    assert.deepEqual(two, one);
  });

  test('wait for a generation that is not sealed yet: the worker gets the transient error', async () => {
    const headers = { ...HEADERS, [GENERATION_HEADER]: '5' };
    const message = /there is no generation 5/;
    await assert.rejects(outcome(2, { headers }), { code: 'GENERATION_UNKNOWN', message });
  });

  test('that cannot open their store say so, with a code that a retry goes by', async () => {
    await withLog(async (log) => {
      const opening = openWorker({
        ...{ log, registry, taxonomies: versionsOf(nature), store, models, stages: FUSED, lane: 'batch' },
        threads: { count: 2, store: fileURLToPath(import.meta.url), models: TEXT_MODELS },
      });
      await assert.rejects(opening, { code: 'STORE_UNAVAILABLE' });
    });
  });
});
