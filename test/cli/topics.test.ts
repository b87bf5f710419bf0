import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addTopicsCommand } from '../../cli/topics.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { partitionsOf, TOPICS } from '../../shared/stream/topics.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { usage } from '../support/usage.ts';

describe('p2i topics create and list', () => {
  let state: string;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'p2i-topics-'));
  });
  after(() => rm(state, { recursive: true }));

  const topics = (...args: string[]): Promise<Finished> => p2i(['topics', ...args, '--state', state]);

  test('a dry run shows what would be made and makes nothing', async () => {
    const dry = JSON.parse((await topics('create', '--partitions', '3', '--dry-run', '--json')).stdout);
    assert.equal(dry.dryRun, true);
    assert.deepEqual(
      dry.topics,
      Object.entries(TOPICS).map(([topic, settings]) => ({
        ...{ topic, partitions: partitionsOf(settings, 3), made: true, config: settings.config },
      })),
    );
    const log = await EmbeddedLog.open(join(state, 'log'));
    for (const topic of Object.keys(TOPICS)) assert.equal(await log.partitions(topic), 0);
    await log.close();
  });

  test('every topic is made with its partitions, once', async () => {
    const made = await topics('create', '--partitions', '3');
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.match(made.stdout, /\np2i-pins +3 +made +cleanup\.policy=delete retention\.ms=-1 /);
    const { topics: listed } = JSON.parse((await topics('list', '--json')).stdout);
    assert.deepEqual(
      listed,
      Object.entries(TOPICS).map(([topic, settings]) => ({
        ...{ topic, partitions: partitionsOf(settings, 3), end: 0, meaning: settings.meaning },
      })),
    );
    const other = await topics('create', '--partitions', '4');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^error CONFIG_INVALID p2i-pins: the topic has 3 partitions, not 4\n/);
  });

  test('without brokers it says what is missing', async () => {
    const { code, stderr } = await p2i(['topics', 'list']);
    assert.equal(code, 1);
    assert.match(stderr, /^error CONFIG_INVALID --brokers \(or P2I_BROKERS\) is missing\n {2}what to do: /);
  });

  test('help has an example, and options that make no sense are a usage error', async () => {
    for (const command of ['create', 'list']) {
      const { code, said } = await usage(addTopicsCommand, 'topics', command, '--help');
      assert.equal(code, 0);
      assert.match(said, new RegExp(`\nExample:\n {2}p2i topics ${command} `));
    }
    for (const wrong of [
      ['--partitions', '0'],
      ['--brokers', 'localhost'],
      ['--client', 'librdkafka'],
      ['--replication', '17'],
    ]) {
      const { code, said } = await usage(addTopicsCommand, 'topics', 'create', ...wrong);
      assert.equal(code, 2, said);
    }
  });
});
