import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { readTate } from '../../shared/pins/tate.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import { DEAD_LETTERS } from '../../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { readAll, type Headers, type Log } from '../../shared/stream/log.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import { runToEnd } from '../../shared/stream/run.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { createTopics } from '../../shared/stream/topics.ts';
import { parseTaxonomy } from '../../shared/taxonomy/read.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import type { Comparison } from '../../workers/comparing/compare.ts';
import { MODEL_HEADER, runHeaders } from '../../workers/headers.ts';
import { RESULTS_TOPIC, SHADOW_RESULTS_TOPIC, type PinInterests } from '../../workers/publishing/topic.ts';
import { rankedTopic } from '../../workers/ranking/topic.ts';
import { BATCH_PINS_TOPIC, replayPins } from '../../workers/replay.ts';
import { oneTaxonomy } from '../../workers/taxonomy-source.ts';
import { openWorker } from '../../workers/worker.ts';
import { p2i } from '../support/p2i.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';
import { TEXT_MODELS } from '../support/text-models.ts';
import { PARTITIONS, publish, registry, versionsOf, withLog } from './made.ts';

/** Every n-th Pin of the Tate sample. */
const EVERY = 100;
const RECORD_PINS = 16;
const FUSED: readonly StageName[] = ['candidates', 'features', 'ranking'];

const both = await RankingModels.load([PATHS.model, PATHS.heldOutModel]);
const [served, tried] = both.versions();
const alone = new Map([served, tried].map((version) => [version, new RankingModels(both.named(version))]));

describe('a worker that holds two models', () => {
  let directory: string;
  let store: LmdbStore;
  let artefacts: TaxonomyArtefacts;
  let pins: Pin[];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-two-models-'));
    store = new LmdbStore(join(directory, 'store'));
    artefacts = taxonomyArtefacts(parseTaxonomy(await smallTaxonomy(), 'taxonomy.jsonl'), TEXT_MODELS);
    pins = (await readTate(PATHS.tate)).pins.filter((_, i) => i % EVERY === 0);
  });
  after(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  /** Runs a fused worker, and what publishes, until they have nothing to do. */
  async function work(log: Log, models: RankingModels, threads: number): Promise<void> {
    const options = {
      ...{ log, registry, store, models },
      lane: 'batch',
      taxonomies: versionsOf(artefacts),
    } as const;
    const pool = threads > 1 && {
      threads: { count: threads, store: join(directory, 'store'), models: TEXT_MODELS },
    };
    for (const stages of [FUSED, ['publishing']] as const) {
      const worker = await openWorker({ ...options, ...(stages === FUSED && pool), stages });
      try {
        await runToEnd([worker]);
      } finally {
        await worker.close();
      }
    }
  }

  /** What is ranked of records that name these models in turn: by their keys, which model and the bytes. */
  async function ranked(
    models: RankingModels,
    named: readonly (string | undefined)[],
    threads: number,
  ): Promise<Map<string, { model: string; value: string }>> {
    const found = new Map<string, { model: string; value: string }>();
    await withLog(async (log) => {
      const transaction = log.transaction();
      const topic = pinsTopic(registry);
      for (let from = 0; from < pins.length; from += RECORD_PINS) {
        const record = from / RECORD_PINS;
        const model = named[record % named.length];
        const headers: Headers = model === undefined ? {} : { [MODEL_HEADER]: model };
        const value = topic.encode({ pins: pins.slice(from, from + RECORD_PINS) });
        transaction.append(BATCH_PINS_TOPIC, record % PARTITIONS, {
          ...{ key: String(record), timestamp: 1, headers, value },
        });
      }
      await transaction.commit();
      await work(log, models, threads);
      const codec = rankedTopic(registry, oneTaxonomy(artefacts.taxonomy));
      for await (const { key, value } of readAll(log, codec.topic)) {
        const { model } = codec.decode(value, key);
        found.set(key, { model, value: Buffer.from(value!).toString('hex') });
      }
      assert.deepEqual(await keysOf(log, DEAD_LETTERS), []);
    });
    return found;
  }

  test('ranks each record with the model that it names, else with the first, as a worker with that one alone', async () => {
    const [byServed, byTried] = [
      await ranked(alone.get(served)!, [undefined], 1),
      await ranked(alone.get(tried)!, [undefined], 1),
    ];
    const records = Math.ceil(pins.length / RECORD_PINS);
    assert.deepEqual([byServed.size, byTried.size], [records, records]);
    const named = [tried, undefined, served, tried, undefined];
    for (const threads of [1, 2]) {
      const found = await ranked(both, named, threads);
      assert.equal(found.size, records);
      for (const [key, { model, value }] of found) {
        const expected = named[Number(key) % named.length] ?? served;
        assert.equal(model, expected, `record ${key}, ${threads} threads`);
        assert.equal(value, (expected === served ? byServed : byTried).get(key)!.value, `record ${key}`);
      }
    }
  });

  /** A log in a state of its own, as `--state` names it. */
  async function withState(name: string, use: (log: Log) => Promise<void>): Promise<string> {
    const state = join(directory, name);
    const log = await EmbeddedLog.open(join(state, 'log'));
    try {
      await createTopics(log, PARTITIONS);
      await publish(log, pins);
      await use(log);
    } finally {
      await log.close();
    }
    return state;
  }

  const run = (
    log: Log,
    name: string,
    order: number,
    more: { model?: string; shadow?: boolean },
  ): Promise<unknown> =>
    replayPins(
      log,
      registry,
      runHeaders({
        ...{ run: name, order, lane: 'batch', taxonomy: artefacts.taxonomy.version, generation: 0 },
        ...more,
      }),
    );

  test('does a shadow run with the second beside the daily run, and p2i compare reads both', async () => {
    const found = new Map<string, Map<string, PinInterests>>();
    const state = await withState('both', async (log) => {
      await run(log, 'daily', 1, {});
      await run(log, 'shadow', 2, { model: tried, shadow: true });
      await work(log, both, 2);
      for (const topic of [RESULTS_TOPIC, SHADOW_RESULTS_TOPIC]) found.set(topic, await results(log, topic));
      assert.deepEqual(await keysOf(log, DEAD_LETTERS), []);
    });
    const [daily, shadow] = [found.get(RESULTS_TOPIC)!, found.get(SHADOW_RESULTS_TOPIC)!];
    for (const [of, version] of [
      [daily, served],
      [shadow, tried],
    ] as const) {
      await withState(version, async (log) => {
        await run(log, 'alone', 1, {});
        await work(log, alone.get(version)!, 1);
        const expected = await results(log, RESULTS_TOPIC);
        assert.deepEqual([of.size, expected.size], [pins.length, pins.length]);
        for (const [pin, { model, interests }] of of) {
          assert.equal(model, version);
          assert.deepEqual(interests, expected.get(pin)!.interests, pin);
        }
      });
    }

    const { code, stdout, stderr } = await p2i(['compare', '--run', 'shadow', '--json', '--state', state]);
    assert.equal(code, 0, stderr);
    const { before: was, after: is, pins: counts } = JSON.parse(stdout) as Comparison;
    assert.deepEqual([was.models, is.models], [[served], [tried]]);
    assert.equal(counts.compared, pins.length);
    const changed = pins.filter(({ id }) => ids(daily.get(id)!) !== ids(shadow.get(id)!)).length;
    assert.equal(counts.setChanged, changed);
    assert.ok(changed > 0, 'the models agree: nothing was tested');
  });
});

async function keysOf(log: Log, topic: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of readAll(log, topic)) keys.push(key);
  return keys;
}

/** By Pin. */
async function results(log: Log, topic: string): Promise<Map<string, PinInterests>> {
  const codec = registry.codec<PinInterests>(RESULTS_TOPIC);
  const found = new Map<string, PinInterests>();
  for await (const { key, value } of readAll(log, topic)) {
    const result = codec.decode(value, key);
    found.set(result.pin, result);
  }
  return found;
}

/** The interests as a set. */
function ids({ interests }: PinInterests): string {
  return String(interests.map(({ id }) => id).sort());
}
