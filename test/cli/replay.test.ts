import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addReplayCommand } from '../../cli/replay.ts';
import { readAll } from '../../shared/stream/log.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { publishVersion } from '../../workers/taxonomies/publish.ts';
import { packTaxonomy } from '../../workers/taxonomies/topic.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { pinOf } from '../support/pin.ts';
import { usage } from '../support/usage.ts';
import { publish, registry } from '../workers/made.ts';
import { withStateLog } from '../support/state.ts';

const TAXONOMY = Buffer.from('{"id":4,"name":"nature","parent":null}');

describe('p2i replay', () => {
  let state: string;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'p2i-replay-'));
    await withStateLog(state, async (log) => {
      await log.createTopic(PINS_TOPIC, 2);
      await publish(log, [pinOf({ id: 'a' })]);
    });
  });
  after(() => rm(state, { recursive: true }));

  const replay = (...args: string[]): Promise<Finished> =>
    p2i(['replay', '--run', 'r1', ...args, '--state', state]);

  test('needs a taxonomy version that is live', async () => {
    const none = await replay();
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^error TAXONOMY_UNPUBLISHED no taxonomy version is live\n/);
    await withStateLog(state, async (log) => {
      for (const version of ['t1', 't2']) {
        const published = packTaxonomy(TAXONOMY, 'made', { version, reason: '', published: 1 });
        await publishVersion(log, registry, published);
      }
    });
    const { stderr } = await replay('--taxonomy', 't3');
    assert.match(stderr, /^error TAXONOMY_UNKNOWN t3: no live version is called so; there are t1, t2\n/);
  });

  test('a dry run shows the headers of the run and copies nothing', async () => {
    const dry = JSON.parse((await replay('--generation', '3', '--dry-run', '--json')).stdout);
    assert.deepEqual([dry.dryRun, dry.records], [true, 1]);
    const shadow = JSON.parse((await replay('--shadow', '--dry-run', '--json')).stdout);
    assert.deepEqual([shadow.headers.shadow, shadow.headers.learn], ['true', 'false']);
    const { run, taxonomy, generation, lane } = dry.headers;
    assert.deepEqual(
      { run, taxonomy, generation, lane },
      { run: 'r1', taxonomy: 't2', generation: '3', lane: 'batch' },
    );
    assert.equal(await withStateLog(state, (log) => log.partitions(BATCH_PINS_TOPIC)), 0);
  });

  test('copies the corpus once a name, as the run that it prints', async () => {
    const { stdout, stderr } = await replay('--taxonomy', 't1', '--json');
    assert.match(stderr, /^copying: 1 of 1 records/);
    const { headers, copied, pins, dryRun } = JSON.parse(stdout);
    assert.deepEqual([copied, pins, dryRun], [1, 1, false]);
    await withStateLog(state, async (log) => {
      for await (const record of readAll(log, BATCH_PINS_TOPIC)) {
        const { 'run-end': end, pins, ...of } = record.headers;
        assert.deepEqual([end, pins], record.key === 'end' ? ['true', undefined] : [undefined, '1']);
        assert.deepEqual(of, headers);
      }
    });
  });

  test('help has an example, and options that make no sense are a usage error', async () => {
    const { code, said } = await usage(addReplayCommand, 'replay', '--help');
    assert.equal(code, 0);
    assert.match(said, /\nExample:\n {2}p2i replay --run /);
    const unnamed = await usage(addReplayCommand, 'replay');
    assert.match(unnamed.said, /^error: required option '--run <name>' not specified/);
    assert.equal(unnamed.code, 2);
    assert.equal((await usage(addReplayCommand, 'replay', '--run', 'r1', '--generation', '-1')).code, 2);
  });
});
