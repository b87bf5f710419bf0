import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { P2iConsumer } from '../../consumer/consumer.ts';
import { formatCount } from '../../cli/output.ts';
import type { ResultsStart } from '../../consumer/results/results.ts';
import type { ResultUpdate } from '../../consumer/results/update.ts';
import type { PinChange } from '../../consumer/taxonomies/followed.ts';
import type { Decision } from '../../consumer/unsafe/decision.ts';
import type { DecisionChange } from '../../consumer/unsafe/topics.ts';
import { hasPython } from '../../train/venv.ts';
import type { PublishedTaxonomy } from '../../consumer/taxonomies/published.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { RANKED_TOPIC } from '../../workers/ranking/topic.ts';
import { groupOf } from '../../workers/pools/pool.ts';
import type { PinInterests, ScoredInterest } from '../../workers/publishing/topic.ts';
import { publishVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy, type TaxonomyVersion } from '../../workers/taxonomies/topic.ts';
import { unexpected } from '../support/assertions.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { plainEnvironment } from '../support/environment.ts';
import { Pipeline, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';
import { TATE } from '../support/tate-jsonl.ts';

const EXAMPLES = join(import.meta.dirname, '../../consumer/examples/main.ts');
const MILDER = join(import.meta.dirname, '../../consumer/examples/data/unsafe-policy-milder.json');
/** Every n-th Pin of the Tate sample. */
const EVERY = scaled(20, 1);
const RECORD_PINS = 64;
const FUSED = ['candidates', 'features', 'ranking'] as const;

const available = brokersAvailable();
const python = await hasPython();

/** What the second version does to frequent interests of Tate: castles, figures and hills. */
const MOVED = { id: 1138, under: 60 };
const MERGED = { id: 451, into: 195 };
const REMOVED = 636;

describe('consumers of p2i-results on Kafka', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let p2i: P2iConsumer;
  let pins: Pin[];
  let workers: WorkerProcess[];
  let taxonomy: PublishedTaxonomy;
  /** What each Pin is about, as the results came. */
  const held = new Map<string, PinChange>();
  /** Where the results that are held end. */
  const next = new Map<number, number>();

  before(async () => {
    pipeline = await Pipeline.start({ partitions: 2 });
    pins = await tatePins(EVERY);
    await pipeline.publish(pins, RECORD_PINS);
    p2i = await P2iConsumer.connect({ brokers: pipeline.cluster.bootstrap, registry: pipeline.schemas.url });
    taxonomy = await p2i.taxonomy({ onInvalid: unexpected });
    workers = [
      pipeline.worker(FUSED, { store: 'fused', threads: 2 }),
      pipeline.worker(['publishing'], { store: 'publishing' }),
    ];
    await Promise.all(workers.map((worker) => worker.logged('"working"')));
    await classify('first', 1, pipeline.taxonomy);
  });
  after(async () => {
    await p2i.close();
    await pipeline.close();
  });

  async function classify(run: string, order: number, version: string): Promise<void> {
    await pipeline.replay(run, order, 0, version);
    await pipeline.untilConsumed(groupOf(FUSED, 'batch'), BATCH_PINS_TOPIC, 120);
    await pipeline.untilConsumed(groupOf(['publishing'], 'batch'), RANKED_TOPIC, 120);
  }

  async function updatesFrom(from: ResultsStart): Promise<ResultUpdate[]> {
    const all: ResultUpdate[] = [];
    const options = { from, until: 'now', onUnreadable: unexpected } as const;
    for await (const { updates, partition, next: end } of p2i.results.follow(options)) {
      all.push(...updates);
      next.set(partition, end);
    }
    return all;
  }

  function take(updates: readonly ResultUpdate[]): void {
    for (const update of updates) {
      const change = taxonomy.change(update, held.get(update.pin)?.taxonomy);
      if (change?.interests === null) held.delete(change.pin);
      else if (change !== undefined) held.set(change.pin, change);
    }
  }

  test('every result keeps the contract', async () => {
    const updates = await updatesFrom('beginning');
    assert.deepEqual(updates.map(({ pin }) => pin).sort(), pins.map(({ id }) => id).sort());
    for (const { pin, result, taxonomy: version } of updates) {
      assert.equal(result!.pin, pin);
      assert.equal(result!.taxonomy, version);
      assertKept(result!.interests, taxonomy.newest, pin);
    }
    assert.ok(updates.filter(({ result }) => result!.interests.length > 0).length > 0.9 * pins.length);
    take(updates);
    assert.equal(held.size, pins.length);
  });

  test('a subscription goes on where its group was, in another process as well', async () => {
    const subscribe = (...more: string[]): Promise<string> =>
      example('subscribe', '--group', 'resumed', ...more);
    assert.match(await subscribe(), new RegExp(`^${formatCount(pins.length)} results`));
    assert.match(await subscribe(), /^0 results/);
    assert.match(await subscribe('--client', 'platformatic'), /^0 results/);
    assert.match(
      await example('subscribe', '--latest', pins[0].id),
      new RegExp(`^${pins[0].id} by taxonomy`),
    );
  });

  test('a new version is taken up as results name it, and a deleted Pin goes, whatever version it is known by', async () => {
    const between = new Date();
    const [gone] = pins;
    await publishVersion(pipeline.log, pipeline.registry, await secondVersion());
    await pipeline.publish([{ ...gone, version: gone.version + 1, deleted: true }], 1);
    await classify('second', 2, 'second');
    for (const worker of workers) assert.equal(await worker.stop(), 0);

    const since = await updatesFrom(between);
    // A deleted Pin has a result of each of its versions, of which the first is overtaken in the same run.
    assert.deepEqual(new Set(since.map(({ pin }) => pin)), new Set(pins.map(({ id }) => id)));
    assert.ok(since.every(({ taxonomy: version }) => version === 'second'));
    assert.equal(since.findLast(({ pin }) => pin === gone.id)!.result, null);

    const [succession] = await taxonomy.takeUp(since);
    assert.equal(taxonomy.newest.version, 'second');
    for (const [pin, { interests, taxonomy: version }] of held) {
      const carried = succession.carry(interests!);
      assertKept(carried, taxonomy.newest, `${pin}, carried`);
      held.set(pin, { pin, taxonomy: version, interests: carried });
    }
    const castles = withInterest(MOVED.id);
    assert.ok(castles.length > 10);
    take(since);
    assert.equal(held.size, pins.length - 1);
    for (const { pin, interests, taxonomy: version } of held.values()) {
      assert.equal(version, 'second');
      assertKept(interests!, taxonomy.newest, pin);
    }
    assert.deepEqual([withInterest(MERGED.id), withInterest(REMOVED)], [[], []]);
    assert.ok(withInterest(MERGED.into).length > 10);
    const under = new Set(withInterest(MOVED.under));
    assert.ok(withInterest(MOVED.id).every((pin) => under.has(pin)));
  });

  describe('each example runs on it', () => {
    test('similarity', async () => {
      const said = await example('similarity');
      assert.match(said, /cos_sim_l1_interests/);
    });

    test('user-interests, which foretell the rest of a board better than what is popular', async () => {
      const { figures } = JSON.parse(await example('user-interests', '--json')) as {
        figures: { judged: string; users: number; own: number; popular: number }[];
      };
      assert.ok(figures.length > 0);
      for (const { judged, own, popular } of figures) assert.ok(own > popular, judged);
    });

    test('query-interests', async () => {
      const [{ interests }] = JSON.parse(await example('query-interests', '--json', 'a ruined castle')) as {
        interests: ScoredInterest[];
      }[];
      assert.ok(interests.some(({ id }) => id === MOVED.id));
      assertKept(interests, taxonomy.newest, 'the query');
    });

    test('targeting', async () => {
      const said = await example('targeting', '--any', String(MOVED.id), '--json');
      assert.ok(said.includes('castle'), said);
    });

    test('retrieval, a second time with nothing new', async () => {
      const store = join(pipeline.directory, 'retrieval');
      const search = async (): Promise<unknown> =>
        JSON.parse(await example('retrieval', '--store', store, '--interest', String(MOVED.id), '--json'));
      const [{ pins: found }] = (await search()) as { pins: { pin: string; score: number }[] }[];
      const expected = [...held.values()]
        .flatMap(({ pin, interests }) =>
          interests!.filter(({ id }) => id === MOVED.id).map(({ score }) => ({ pin, score })),
        )
        .sort((a, b) => b.score - a.score);
      assert.equal(found.length, 10);
      found.forEach(({ score }, i) => assert.ok(Math.abs(score - expected[i].score) < 1e-4));
      const [{ pins: again }] = (await search()) as { pins: unknown[] }[];
      assert.deepEqual(again, found);
    });

    test('unsafe, whose milder policy lets Pins back', async () => {
      const standing = async (...args: string[]): Promise<Map<string, string>> => {
        const decisions = JSON.parse(await example('unsafe', '--json', ...args)) as Decision[];
        return new Map(decisions.map(({ pin, action }) => [pin, action]));
      };
      const strict = await standing();
      assert.ok([...strict.values()].includes('remove'));
      assert.deepEqual(await standing(), strict);
      const milder = await standing('--policy', MILDER);
      const back = [...strict].filter(
        ([pin, action]) => action !== 'allowed' && milder.get(pin) === 'allowed',
      );
      assert.ok(back.length > 0);
      const trail = JSON.parse(await example('unsafe', '--json', '--audit', back[0][0])) as DecisionChange[];
      assert.deepEqual(trail.map(({ after }) => after!.action).slice(-2), [back[0][1], 'allowed']);
    });

    test('python', { skip: !python && 'no Python 3' }, async () => {
      const [pin] = held.values();
      const read = async (...args: string[]): Promise<Record<string, unknown>> =>
        JSON.parse(await example('python', '--json', ...args)) as Record<string, unknown>;
      const found = await read('--pin', pin.pin);
      const latest = await p2i.results.latest({ onUnreadable: unexpected });
      assert.deepEqual([found.results, found.tombstones, found.unreadable], [latest.size, 1, 0]);
      const ofPin = [...latest.values()].filter((result) => result.pin === pin.pin);
      assert.deepEqual(sortedByVersion(found.pin as PinInterests[]), sortedByVersion(ofPin));
      assert.equal((await read('--group', 'python')).results, latest.size);
      assert.equal((await read('--group', 'python')).results, 0);
    });
  });

  const withInterest = (wanted: number): string[] =>
    [...held.values()]
      .filter(({ interests }) => interests!.some(({ id }) => id === wanted))
      .map(({ pin }) => pin);

  /** What an example prints, in a process of its own. */
  async function example(name: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        EXAMPLES,
        name,
        '--brokers',
        pipeline.cluster.bootstrap.join(),
        '--registry',
        pipeline.schemas.url,
        ...args,
      ],
      { env: plainEnvironment(), maxBuffer: 1 << 26 },
    );
    return stdout;
  }
});

/** What docs/contracts.md says of the interests of a result. */
function assertKept(interests: readonly ScoredInterest[], taxonomy: Taxonomy, where: string): void {
  const ids = new Set(interests.map(({ id }) => id));
  assert.equal(ids.size, interests.length, `${where}: each once`);
  interests.forEach(({ id, level, score, label }, i) => {
    const index = taxonomy.indexOf(id);
    const parent = taxonomy.parent[index];
    assert.equal(level, taxonomy.level[index], where);
    assert.ok(score > 0 && score <= 1, where);
    assert.equal(label, taxonomy.names[index], where);
    assert.ok(parent < 0 || ids.has(taxonomy.ids[parent]), `${where}: with its ancestors`);
    assert.ok(i === 0 || interests[i - 1].score >= score, `${where}: best first`);
  });
}

/** Tate's taxonomy with one interest moved, one merged into another, one removed. */
async function secondVersion(): Promise<TaxonomyVersion> {
  const lines = (await readFile(join(TATE, 'taxonomy.jsonl'), 'utf8')).trimEnd().split('\n');
  const interests = lines.map((line) => {
    const interest = JSON.parse(line) as Record<string, unknown> & { id: number; name: string };
    // What is below the one that moves comes up by a level.
    return { ...interest, level: undefined };
  });
  const byId = new Map(interests.map((interest) => [interest.id, interest as Record<string, unknown>]));
  byId.get(MOVED.id)!.parent = MOVED.under;
  byId.get(MERGED.into)!.aliases = [byId.get(MERGED.id)!.name];
  byId.delete(MERGED.id);
  byId.delete(REMOVED);
  const jsonl = [...byId.values()].map((interest) => `${JSON.stringify(interest)}\n`).join('');
  return packTaxonomy(Buffer.from(jsonl), 'second', { version: 'second', published: 2, reason: 'a test' });
}

function sortedByVersion(results: readonly PinInterests[]): PinInterests[] {
  return results.toSorted((a, b) => (a.taxonomy < b.taxonomy ? -1 : 1));
}
