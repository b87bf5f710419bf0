import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import { TextVectors } from '../../shared/embeddings/text.ts';
import type { Lane } from '../../shared/features/feature.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { Registry } from '../../shared/registry/registry.ts';
import { MemoryStore } from '../../shared/store/memory.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { runToEnd } from '../../shared/stream/run.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { partitionsOf, TOPICS } from '../../shared/stream/topics.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import type { TaxonomyVersions } from '../../workers/chains.ts';
import { RUN_END_HEADER, RUN_HEADER, TAXONOMY_HEADER } from '../../workers/headers.ts';
import { partitionOf, publishPins } from '../../workers/ingest.ts';
import { RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { BATCH_PINS_TOPIC, replayPins } from '../../workers/replay.ts';
import { groupOf, openWorker, type Worker } from '../../workers/worker.ts';
import { pinOf } from '../support/pin.ts';
import { NATURE, taxonomyOf } from './candidates/made.ts';

const PARTITIONS = 2;
const registry = new Registry(PATHS.schemas);
const model = await RankingModel.load(PATHS.model);
const vectors = TextVectors.load(PATHS.textVectors);
const nature = taxonomyArtefacts(NATURE, vectors);
const rivers = taxonomyArtefacts(taxonomyOf({ 1: [0, 'nature'], 2: [1, 'river'] }), vectors);
const scratch = mkdtempSync(join(tmpdir(), 'p2i-worker-'));
after(() => rmSync(scratch, { recursive: true }));

const PINS = Array.from({ length: 12 }, (_, i) =>
  pinOf({ id: `P${i}`, title: ['A castle by a river', 'Horse', 'Mountain'][i % 3], language: 'en' }),
);

async function withLog(use: (log: Log) => Promise<void>): Promise<void> {
  const log = await EmbeddedLog.open(mkdtempSync(join(scratch, 'l-')));
  try {
    for (const [topic, settings] of Object.entries(TOPICS))
      await log.createTopic(topic, partitionsOf(settings, PARTITIONS));
    await use(log);
  } finally {
    await log.close();
  }
}

function versionsOf(...held: TaxonomyArtefacts[]): TaxonomyVersions {
  return {
    versions: () => held.map(({ taxonomy }) => taxonomy.version),
    artefacts: (version) => held.find(({ taxonomy }) => taxonomy.version === version),
    refresh: async () => undefined,
  };
}

function worker(
  log: Log,
  stages: readonly StageName[],
  { lane = 'batch', taxonomies = versionsOf(nature) }: { lane?: Lane; taxonomies?: TaxonomyVersions } = {},
): Promise<Worker> {
  return openWorker({ log, registry, stages, lane, taxonomies, store: new MemoryStore(), model });
}

async function publish(log: Log, pins: readonly Pin[]): Promise<number> {
  const all = (async function* () {
    yield* pins;
  })();
  return publishPins(log, pinsTopic(registry), {
    ...{ pins: all, onProgress: () => undefined },
    onRejected: (error) => {
      throw error;
    },
  });
}

/** What stands on p2i-results, the last of each key. */
async function results(log: Log): Promise<Map<string, PinInterests | null>> {
  const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  const last = new Map<string, PinInterests | null>();
  for await (const { key, value } of readAll(log, RESULTS_TOPIC))
    last.set(key, value && codec.decode(value, key));
  return new Map([...last].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const HEADERS = { [RUN_HEADER]: 'r1', [TAXONOMY_HEADER]: NATURE.version };

describe('a worker', () => {
  test('is of a group for its stages and lane', () => {
    assert.equal(groupOf(['features'], 'batch'), 'p2i-features');
    const fused = groupOf(['candidates', 'features', 'ranking'], 'instant');
    assert.equal(fused, 'p2i-candidates-features-ranking-instant');
  });

  test('runs stages that follow each other, and no others', async () => {
    await withLog(async (log) => {
      for (const stages of [
        ['features', 'candidates'],
        ['candidates', 'ranking'],
        ['ranking', 'publishing'],
      ])
        await assert.rejects(worker(log, stages as StageName[]), { code: 'CONFIG_INVALID' });
      await assert.rejects(worker(log, ['features'], { lane: 'instant' }), /instant lane/);
    });
  });

  test('of one stage each or of three fused: the results are the same', async () => {
    const outcomes: Map<string, PinInterests | null>[] = [];
    for (const pools of [
      [['candidates'], ['features'], ['ranking']],
      [['candidates', 'features', 'ranking']],
    ]) {
      await withLog(async (log) => {
        assert.equal(await publish(log, PINS), PINS.length);
        await replayPins(log, pinsTopic(registry), HEADERS);
        const workers = await Promise.all(
          [...pools, ['publishing']].map((stages) => worker(log, stages as StageName[])),
        );
        await runToEnd(workers);
        outcomes.push(await results(log));
      });
    }
    assert.equal(outcomes[0].size, PINS.length);
    assert.deepEqual(outcomes[0], outcomes[1]);
  });

  test('of the instant lane begins at the tail, classifies by every live version, and takes deletions', async () => {
    await withLog(async (log) => {
      await publish(log, PINS.slice(0, 1));
      const taxonomies = versionsOf(nature, rivers);
      const stages = ['candidates', 'features', 'ranking'] as const;
      const workers = [
        await worker(log, stages, { lane: 'instant', taxonomies }),
        await worker(log, ['publishing'], { taxonomies }),
      ];
      await publish(log, PINS.slice(3, 4));
      await publish(log, [{ ...PINS[3], version: 2, deleted: true }, PINS[6]]);
      await runToEnd(workers);
      const keys = (id: string): string[] =>
        [NATURE, rivers.taxonomy].map(({ version }) => `${id}@${version}`);
      const found = await results(log);
      assert.deepEqual([...found.keys()].sort(), [...keys('P3'), ...keys('P6')].sort());
      for (const key of keys('P3')) assert.equal(found.get(key), null);
      for (const key of keys('P6')) assert.equal(found.get(key)?.lane, 'instant');
    });
  });
});

describe('a replay', () => {
  test('copies each record once, however often it is called, and ends the run in every partition', async () => {
    await withLog(async (log) => {
      // All in one partition: the other one is empty.
      const pins = PINS.filter(({ id }) => partitionOf(id, PARTITIONS) === 0);
      await publish(log, pins);
      for (let i = 0; i < 3; i++) await replayPins(log, pinsTopic(registry), HEADERS);
      const values = async (topic: string, partition: number): Promise<Buffer[]> => {
        const found = [];
        for await (const record of readAll(log, topic)) {
          assert.equal(record.headers[RUN_HEADER], topic === PINS_TOPIC ? undefined : 'r1');
          const isEnd = record.headers[RUN_END_HEADER] === 'true';
          if (record.partition === partition && !isEnd) found.push(Buffer.from(record.value!));
        }
        return found;
      };
      assert.deepEqual(await values(BATCH_PINS_TOPIC, 0), await values(PINS_TOPIC, 0));
      const ended = new Set<number>();
      for await (const { partition, headers } of readAll(log, BATCH_PINS_TOPIC))
        if (headers[RUN_END_HEADER] === 'true') ended.add(partition);
      assert.deepEqual([...ended].sort(), [0, 1]);
    });
  });
});
