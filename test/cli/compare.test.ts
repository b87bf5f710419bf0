import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addCompareCommand } from '../../cli/compare.ts';
import { PATHS } from '../../cli/paths.ts';
import type { Comparison } from '../../workers/comparing/compare.ts';
import type { PinInterests } from '../../workers/publishing/topic.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { writeTateSample } from '../support/tate-jsonl.ts';
import { usage } from '../support/usage.ts';

/** Every n-th Pin of the Tate sample. */
const EVERY = 60;

describe('p2i compare', () => {
  let directory: string;
  let pins: number;
  /** What is published: p2i-results, byte for byte, before and after the shadow run. */
  let published: Buffer[];

  const run = (output: string, ...more: string[]): Promise<Finished> =>
    p2i([
      ...['run', '--input', join(directory, 'pins.jsonl'), '--state', join(directory, 'state')],
      ...['--output', join(directory, output), ...more],
    ]);
  const compare = (...args: string[]): Promise<Finished> =>
    p2i(['compare', ...args, '--state', join(directory, 'state')]);
  const comparison = async (...args: string[]): Promise<Comparison> => {
    const { code, stdout, stderr } = await compare(...args, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Comparison;
  };
  const idsOf = async (output: string): Promise<Map<string, number[]>> => {
    const lines = (await readFile(join(directory, output), 'utf8')).trimEnd().split('\n');
    const results = lines.map((line) => JSON.parse(line) as PinInterests);
    return new Map(results.map(({ pin, interests }) => [pin, interests.map(({ id }) => id)]));
  };
  const resultsFile = (): Promise<Buffer> => readFile(join(directory, 'state/log/topics/p2i-results/0.log'));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-compare-'));
    pins = await writeTateSample(join(directory, 'pins.jsonl'), EVERY);
    const first = await run('published.jsonl');
    assert.equal(first.code, 0, first.stderr);
    published = [await resultsFile()];
    const second = await run('shadow.jsonl', '--shadow', '--model', PATHS.heldOutModel);
    assert.equal(second.code, 0, second.stderr);
    published.push(await resultsFile());
  });
  after(() => rm(directory, { recursive: true }));

  test('tells what a shadow run with another model would change, as the results of both runs have it', async () => {
    assert.ok(published[0].equals(published[1]), 'the shadow run published something');
    const { before, after, pins: counts, levels } = await comparison('--run', 'run-2');
    assert.deepEqual([before.topic, after.topic], ['p2i-results', 'p2i-results-shadow']);
    assert.notDeepEqual(before.models, after.models);
    assert.deepEqual([counts.compared, counts.onlyBefore, counts.onlyAfter], [pins, 0, 0]);
    const [was, is] = [await idsOf('published.jsonl'), await idsOf('shadow.jsonl')];
    let [setChanged, firstChanged, gained, lost, kept] = [0, 0, 0, 0, 0];
    for (const [pin, old] of was) {
      const young = is.get(pin)!;
      const both = old.filter((id) => young.includes(id)).length;
      [gained, lost, kept] = [gained + young.length - both, lost + old.length - both, kept + both];
      if (both < Math.max(old.length, young.length)) setChanged++;
      if (old[0] !== young[0]) firstChanged++;
    }
    assert.deepEqual([counts.setChanged, counts.firstChanged], [setChanged, firstChanged]);
    const sum = (of: 'gained' | 'lost' | 'kept'): number => levels.reduce((all, level) => all + level[of], 0);
    assert.deepEqual([sum('gained'), sum('lost'), sum('kept')], [gained, lost, kept]);
    assert.ok(setChanged > 0 && gained > 0 && lost > 0, 'the models agree: nothing was tested');
  });

  test('prints tables, and as many examples as are asked for', async () => {
    const { code, stdout, stderr } = await compare('--run', 'run-2', '--examples', '2');
    assert.equal(code, 0);
    assert.match(stderr, /^reading: [\d,]+ of [\d,]+ records/);
    assert.match(
      stdout,
      /^before {2}p2i-results, taxonomy \w+, model \w+\nafter {3}p2i-results-shadow, run run-2, /,
    );
    assert.match(stdout, new RegExp(`\ncompared +${pins.toLocaleString('en')}  100\\.0 %\n`));
    assert.match(stdout, /\nlevel {2}gained {2}lost +kept {2}mean shift .* > \+0\.20\n/);
    assert.match(stdout, /\n\d+ interests gained or lost Pins; by Pins:\n/);
    assert.equal(stdout.match(/^Pin \S+: scores moved by \d+\.\d{4} in all$/gm)?.length, 2);
  });

  test('fails where more Pins change than --fail-above allows, after it has shown what', async () => {
    const { pins: counts } = await comparison('--run', 'run-2', '--fail-above', '1');
    const share = counts.changed / counts.compared;
    assert.equal((await compare('--run', 'run-2', '--fail-above', String(share))).code, 0);
    const failed = await compare('--run', 'run-2', '--fail-above', String(share - 1e-9));
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^before /);
    assert.match(
      failed.stderr,
      /\nerror CHANGE_TOO_LARGE run-2: \d+ of \d+ Pins change, more than a share of 0\.\d+\n/,
    );
  });

  test('of a shadow run with itself nothing changes', async () => {
    const { pins: counts, interests, examples } = await comparison('--run', 'run-2', '--against', 'run-2');
    assert.deepEqual([counts.compared, counts.changed, interests, examples], [pins, 0, [], []]);
  });

  test('a run that is not there is told in one line', async () => {
    const { code, stdout, stderr } = await compare('--run', 'run-9');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /\nerror NOTHING_TO_COMPARE p2i-results-shadow: .*run-9; there is run-2\n/);
  });

  test('help has an example, and options that make no sense are a usage error', async () => {
    const { code, said } = await usage(addCompareCommand, 'compare', '--help');
    assert.equal(code, 0);
    assert.match(said, /\nExample:\n {2}p2i compare --run /);
    for (const args of [
      [],
      ['--run', 'r', '--fail-above', '5'],
      ['--run', 'r', '--fail-above', ''],
      ['--run', 'r', '--against', 's', '--taxonomy', 't'],
    ])
      assert.equal((await usage(addCompareCommand, 'compare', ...args)).code, 2, args.join(' '));
  });

  test('a shadow run without a state has nothing to be compared with', async () => {
    const { code, stderr } = await p2i(['run', '--input', '-', '--shadow']);
    assert.equal(code, 1);
    assert.match(stderr, /^error CONFIG_INVALID a shadow run needs --state/);
  });
});
