import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { p2i, startP2i } from '../support/p2i.ts';
import { writeTateSample } from '../support/tate-jsonl.ts';

const KILLS = 20;

describe('the embedded run on real Pins', () => {
  let directory: string;
  let input: string;
  let expected: Buffer;
  let pins: number;
  const args = (state: string, output: string, ...more: string[]): string[] => [
    'run',
    ...[
      '--input',
      input,
      '--state',
      join(directory, state),
      '--output',
      join(directory, output),
      '--partitions',
      '3',
    ],
    ...more,
  ];
  const isFinished = async (state: string): Promise<boolean> => {
    const manifest = await readFile(join(directory, state, 'run.json'), 'utf8').catch(() => '{}');
    return (JSON.parse(manifest) as { finished?: boolean }).finished === true;
  };
  const result = (name: string): Promise<Buffer> => readFile(join(directory, name));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-kill-'));
    input = join(directory, 'pins.jsonl');
    pins = await writeTateSample(input, 24);
    const { code, stderr } = await p2i(args('whole', 'whole.jsonl'));
    assert.equal(code, 0, stderr);
    expected = await result('whole.jsonl');
  });
  after(() => rm(directory, { recursive: true, force: true }));

  test('gives one result for each Pin', () => {
    const ids = expected
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { pin: string }).pin);
    assert.equal(ids.length, pins);
    assert.equal(new Set(ids).size, pins);
  });

  test(`killed at ${KILLS} random moments and resumed, it ends with the same bytes`, async (t) => {
    let kills = 0;
    let completed = 0;
    const moments: number[] = [];
    for (let state = 0; kills < KILLS;) {
      const { child, finished } = startP2i(args(`killed-${state}`, 'killed.jsonl'));
      const moment = Math.round(Math.random() * 1000);
      // One of four while it starts, the others while it works.
      if (kills % 4 > 0) await Promise.race([finished, once(child.stderr!, 'data')]);
      await Promise.race([finished, setTimeout(moment)]);
      child.kill('SIGKILL');
      const { code, signal, stderr } = await finished;
      if (signal === 'SIGKILL') {
        kills++;
        moments.push(moment);
        // Between its last write and its exit it was done already: starting it once more would be a run of its own.
        if (!(await isFinished(`killed-${state}`))) continue;
      } else assert.equal(code, 0, stderr);
      assert.ok((await result('killed.jsonl')).equals(expected), `after kills at ${moments.join(', ')} ms`);
      completed++;
      state++;
    }
    // The last state is in whatever shape the last kill left it in.
    const { code, stderr } = await p2i(args(`killed-${completed}`, 'killed.jsonl'));
    assert.equal(code, 0, stderr);
    assert.ok((await result('killed.jsonl')).equals(expected), `after kills at ${moments.join(', ')} ms`);
    t.diagnostic(`${kills} kills, ${completed + 1} runs resumed to their end`);
  });

  test('with a topic between the pools it gives the same bytes as fused', async () => {
    const { code, stderr } = await p2i(args('pools', 'pools.jsonl', '--pools'));
    assert.equal(code, 0, stderr);
    assert.ok((await result('pools.jsonl')).equals(expected));
  });

  test('a second run of the same state replays the corpus and gives the same interests', async () => {
    const { code, stderr } = await p2i(args('whole', 'again.jsonl'));
    assert.equal(code, 0, stderr);
    const again = (await result('again.jsonl')).toString().replaceAll('"run":"run-2"', '"run":"run-1"');
    // Partitions take turns in the output, and the turns fall elsewhere in a longer log.
    const lines = (text: string): string[] => text.split('\n').sort();
    assert.deepEqual(lines(again), lines(expected.toString()));
  });

  test('SIGTERM ends it within the grace period, and it can be resumed', async () => {
    const { child, finished } = startP2i(args('stopped', 'stopped.jsonl'));
    // The first words of progress come when the signal is heeded and the Pins are read.
    await once(child.stderr!, 'data');
    child.kill('SIGTERM');
    const stopped = await Promise.race([finished, setTimeout(10_000, null)]);
    assert.ok(stopped, 'it did not stop');
    assert.equal(stopped.code, 0);
    assert.match(stopped.stderr, /stopped; the same command goes on where it was/);
    const { code, stderr } = await p2i(args('stopped', 'stopped.jsonl'));
    assert.equal(code, 0, stderr);
    assert.ok((await result('stopped.jsonl')).equals(expected));
  });

  test('another input on the same state is refused', async () => {
    const other = join(directory, 'other.jsonl');
    await writeTateSample(other, 997);
    const { code, stderr } = await p2i([
      'run',
      '--input',
      other,
      '--state',
      join(directory, 'whole'),
      '--output',
      '-',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /error CONFIG_INVALID/);
  });
});
