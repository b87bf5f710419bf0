import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import type { Lane } from '../../shared/features/feature.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { MemoryStore } from '../../shared/store/memory.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import { runToEnd } from '../../shared/stream/run.ts';
import { STAGES, type StageName } from '../../shared/stream/stage.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import type { TaxonomyVersions } from '../../workers/chains.ts';
import { RUN_HEADER, TAXONOMY_HEADER } from '../../workers/headers.ts';
import { groupOf } from '../../workers/pools/pool.ts';
import { RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { replayPins } from '../../workers/replay.ts';
import { checkPool, openWorker, type Worker, type WorkerOptions } from '../../workers/worker.ts';
import { pinOf } from '../support/pin.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { NATURE, taxonomyOf } from './candidates/made.ts';
import { publish, registry, versionsOf, withLog } from './made.ts';

const models = await RankingModels.load([PATHS.model]);
const nature = taxonomyArtefacts(NATURE, TEXT_MODELS);
const rivers = taxonomyArtefacts(taxonomyOf({ 1: [0, 'nature'], 2: [1, 'river'] }), TEXT_MODELS);

const PINS = Array.from({ length: 12 }, (_, i) =>
  pinOf({ id: `P${i}`, title: ['A castle by a river', 'Horse', 'Mountain'][i % 3], language: 'en' }),
);

function optionsOf(log: Log): Omit<WorkerOptions, 'stages'> {
  return { log, registry, lane: 'batch', taxonomies: versionsOf(nature), store: new MemoryStore() };
}

function worker(
  log: Log,
  stages: readonly StageName[],
  { lane = 'batch', taxonomies = versionsOf(nature) }: { lane?: Lane; taxonomies?: TaxonomyVersions } = {},
): Promise<Worker> {
  return openWorker({ ...optionsOf(log), stages, lane, taxonomies, models });
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

  test('reads what the stage before writes; for the batch lane runs, for the instant one the corpus itself', async () => {
    await withLog(async (log) => {
      const inputs = await Promise.all(STAGES.map(async (stage) => (await worker(log, [stage])).input));
      assert.deepEqual(inputs, [
        ...['p2i-batch-pins', 'p2i-candidates', 'p2i-features', 'p2i-ranked', 'p2i-candidates'],
      ]);
      assert.equal((await worker(log, ['candidates'], { lane: 'instant' })).input, 'p2i-pins');
    });
  });

  test('runs stages that follow each other, and no others', () => {
    for (const stages of [['candidates'], ['features', 'ranking'], ['publishing'], ['cooccurrence']])
      checkPool(stages as StageName[], 'batch');
    for (const stages of [
      ['features', 'candidates'],
      ['candidates', 'ranking'],
      ['ranking', 'publishing'],
      ['publishing', 'publishing'],
      ['features', 'features'],
    ]) {
      assert.throws(() => checkPool(stages as StageName[], 'batch'), {
        code: 'CONFIG_INVALID',
        message: `--stages: ${stages.join(',')} do not follow each other`,
      });
    }
    checkPool(['candidates', 'features'], 'instant');
    for (const stage of ['features', 'publishing'] as const) {
      assert.throws(() => checkPool([stage], 'instant'), {
        code: 'CONFIG_INVALID',
        message: '--stages: the instant lane begins with candidates',
      });
    }
  });

  test('is not opened for stages that no pool has, without a model to rank with, or without topics', async () => {
    await withLog(async (log) => {
      await assert.rejects(worker(log, ['features', 'candidates']), { code: 'CONFIG_INVALID' });
      await assert.rejects(openWorker({ ...optionsOf(log), stages: ['ranking'] }), {
        code: 'CONFIG_INVALID',
        message: '--stages: ranking needs a model',
      });
    });
    await withLog(async (log) => {
      for (const stage of STAGES) await assert.rejects(worker(log, [stage]), { code: 'CONFIG_INVALID' });
    }, true);
  });

  test('of one stage each or of three fused: the results are the same', async () => {
    const outcomes: Map<string, PinInterests | null>[] = [];
    for (const pools of [
      [['candidates'], ['features'], ['ranking']],
      [['candidates', 'features', 'ranking']],
    ]) {
      await withLog(async (log) => {
        assert.equal(await publish(log, PINS), PINS.length);
        await replayPins(log, registry, HEADERS);
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

  test('of the instant lane goes on where it was: what came while none ran is not passed over', async () => {
    await withLog(async (log) => {
      await publish(log, PINS.slice(0, 1));
      const instant = (): Promise<Worker> =>
        worker(log, ['candidates', 'features', 'ranking'], { lane: 'instant' });
      // It has read nothing when it leaves.
      await (await instant()).close();
      await publish(log, PINS.slice(3, 4));
      await runToEnd([await instant(), await worker(log, ['publishing'])]);
      assert.deepEqual([...(await results(log)).keys()], [`P3@${NATURE.version}`]);
    });
  });
});
