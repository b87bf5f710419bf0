import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addPinsCommand } from '../../cli/pins.ts';
import { readAll } from '../../shared/stream/log.ts';
import { pinsTopic, PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { usage } from '../support/usage.ts';
import { registry } from '../workers/made.ts';
import { withStateLog } from '../support/state.ts';

const LINES = '{"id":"a","title":"An owl"}\n{"title":"no id"}\n{"id":"a","version":2,"deleted":true}\n';

describe('p2i pins publish', () => {
  let state: string;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'p2i-pins-'));
  });
  after(() => rm(state, { recursive: true }));

  const publish = (...args: string[]): Promise<Finished> =>
    p2i(['pins', 'publish', '--input', '-', '--state', state, ...args], LINES);

  const corpus = (): Promise<[id: string, version: number, deleted: boolean][]> =>
    withStateLog(state, async (log) => {
      const found: [string, number, boolean][] = [];
      for await (const { value } of readAll(log, PINS_TOPIC))
        for (const { id, version, deleted } of pinsTopic(registry).decode(value, 'x').pins)
          found.push([id, version, deleted]);
      return found;
    });

  test('needs the topic', async () => {
    const { code, stderr } = await publish();
    assert.equal(code, 1);
    assert.match(stderr, /^error CONFIG_INVALID p2i-pins: there is no such topic\n/m);
    await withStateLog(state, (log) => log.createTopic(PINS_TOPIC, 2));
  });

  test('a dry run reads and checks the input, and writes nothing', async () => {
    const { code, stdout, stderr } = await publish('--dry-run', '--json');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { dryRun: true, published: 2, rejected: 1 });
    assert.match(stderr, /^rejected PIN_INVALID .*:2: the id is missing$/m);
    assert.deepEqual(await corpus(), []);
  });

  test('new Pins, newer versions and deletions are appended', async () => {
    assert.match((await publish()).stdout, /^published 2 Pins, rejected 1 lines\n$/);
    assert.deepEqual(await corpus(), [
      ['a', 1, false],
      ['a', 2, true],
    ]);
  });

  test('help has an example, and options that make no sense are a usage error', async () => {
    const { code, said } = await usage(addPinsCommand, 'pins', 'publish', '--help');
    assert.equal(code, 0);
    assert.match(said, /\nExample:\n {2}p2i pins publish /);
    assert.equal((await usage(addPinsCommand, 'pins', 'publish', '--inputs', '-')).code, 2);
  });
});
