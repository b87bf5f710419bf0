import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '../../../shared/store/memory.ts';
import { readAll, type Log } from '../../../shared/stream/log.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { RUN_HEADER, runHeaders } from '../../../workers/headers.ts';
import { RESULTS_TOPIC, SHADOW_RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';
import { rankedTopic } from '../../../workers/ranking/topic.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { openWorker } from '../../../workers/worker.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { NATURE } from '../candidates/made.ts';
import { registry, versionsOf, withLog } from '../made.ts';

const ranked = rankedTopic(registry, oneTaxonomy(NATURE));
const codec = registry.codec<PinInterests>(RESULTS_TOPIC);

interface Ranked {
  run: string;
  order: number;
  shadow: boolean;
  pins: { id: string; version: number; deleted?: boolean; score?: number }[];
}

/** Appends what ranking found of Pins in a run to p2i-ranked, and runs a new publishing worker to its end. */
async function publish(log: Log, { run, order, shadow, pins }: Ranked): Promise<void> {
  const headers = runHeaders({ run, order, shadow, lane: 'batch', taxonomy: NATURE.version });
  const value = ranked.encode({
    ...{ taxonomy: NATURE.version, model: 'm1', lane: 'batch' },
    pins: pins.map(({ id, version, deleted = false, score = 0.5 }) => ({
      ...{ id, version, deleted },
      interests: deleted ? [] : [{ interest: 0, score }],
    })),
  });
  const transaction = log.transaction();
  transaction.append(ranked.topic, 0, { key: '0', timestamp: 7, headers, value });
  await transaction.commit();
  const worker = await openWorker({
    ...{ log, registry, stages: ['publishing'], lane: 'batch', store: new MemoryStore() },
    taxonomies: versionsOf(taxonomyArtefacts(NATURE, TEXT_MODELS)),
  });
  await runToEnd([worker], {});
  await worker.close();
}

interface Written {
  key: string;
  run: string;
  /** null: a tombstone. */
  score: number | null;
}

async function written(log: Log, topic: string): Promise<Written[]> {
  const all: Written[] = [];
  for await (const { key, headers, value, offset } of readAll(log, topic)) {
    const decoded = value && codec.decode(value, `${topic}@${offset}`);
    all.push({ key, run: headers[RUN_HEADER], score: decoded && decoded.interests[0].score });
  }
  return all;
}

const key = (pin: string): string => `${pin}@${NATURE.version}`;

describe('what a shadow run found', () => {
  test('goes to p2i-results-shadow, and what is published stays as it is', async () => {
    await withLog(async (log) => {
      await publish(log, { run: 'r1', order: 1, shadow: false, pins: [{ id: 'a', version: 2, score: 0.1 }] });
      const published = await written(log, RESULTS_TOPIC);
      // Older, newer, gone: a shadow run is of whatever Pins it reads.
      const pins = [
        { id: 'a', version: 1, score: 0.2 },
        { id: 'b', version: 9 },
        { id: 'c', version: 1, deleted: true },
      ];
      await publish(log, { run: 's1', order: 2, shadow: true, pins });
      assert.deepEqual(await written(log, RESULTS_TOPIC), published);
      assert.deepEqual(await written(log, SHADOW_RESULTS_TOPIC), [
        { key: `${key('a')}@s1`, run: 's1', score: 0.2 },
        { key: `${key('b')}@s1`, run: 's1', score: 0.5 },
        { key: `${key('c')}@s1`, run: 's1', score: null },
      ]);
    });
  });

  test('does not rank: a run that began before it, of an older version of the Pin, is published', async () => {
    await withLog(async (log) => {
      await publish(log, { run: 's1', order: 2, shadow: true, pins: [{ id: 'a', version: 9, score: 0.9 }] });
      await publish(log, { run: 'r1', order: 1, shadow: false, pins: [{ id: 'a', version: 1, score: 0.1 }] });
      assert.deepEqual(await written(log, RESULTS_TOPIC), [{ key: key('a'), run: 'r1', score: 0.1 }]);
    });
  });

  test('of two shadow runs is kept side by side', async () => {
    await withLog(async (log) => {
      for (const [i, run] of ['s2', 's1'].entries())
        await publish(log, { run, order: 5 - i, shadow: true, pins: [{ id: 'a', version: 1, score: 0.9 }] });
      const keys = (await written(log, SHADOW_RESULTS_TOPIC)).map((one) => one.key);
      assert.deepEqual(keys, [`${key('a')}@s2`, `${key('a')}@s1`]);
    });
  });
});
