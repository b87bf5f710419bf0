import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { PATHS } from '../../../cli/paths.ts';
import { makeSample } from '../../../consumer/examples/support/sample.ts';
import { readTate } from '../../../shared/pins/tate.ts';
import { hasPython } from '../../../train/venv.ts';
import { plainEnvironment } from '../../support/environment.ts';

const MAIN = join(import.meta.dirname, '../../../consumer/examples/main.ts');
/** Every n-th Pin of the sample. */
const EVERY = 40;
const python = await hasPython();

interface Ran {
  stdout: string;
  stderr: string;
}

describe('the examples on an embedded state', () => {
  let directory: string;
  let pins: number;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-examples-'));
    const all = (await readTate(PATHS.tate)).pins.filter((_, i) => i % EVERY === 0);
    pins = all.length;
    await makeSample(join(directory, 'state'), all);
  });
  after(() => rm(directory, { recursive: true }));

  function run(...args: string[]): Promise<Ran> {
    return promisify(execFile)(process.execPath, [MAIN, ...args], {
      ...{ env: plainEnvironment(), encoding: 'utf8', maxBuffer: 1 << 26 },
    });
  }

  const example = async (name: string, ...args: string[]): Promise<string> =>
    (await run(name, '--state', join(directory, 'state'), ...args)).stdout;

  test('without a name they are listed; an unknown one, or a wrong option, is refused', async () => {
    const { stderr } = await run();
    for (const name of ['subscribe', 'targeting', 'unsafe', 'python']) assert.ok(stderr.includes(name), name);
    await assert.rejects(run('nothing'), { code: 1 });
    await assert.rejects(run('subscribe', '--nothing'), { code: 2 });
    await assert.rejects(run('subscribe', '--state', 'a', '--brokers', 'b:1'), /exclude each other/);
    assert.match((await run('unsafe', '--help')).stdout, /Example:\n {2}npm run example -- unsafe/);
  });

  test('subscribe goes on where it was', async () => {
    assert.match(await example('subscribe'), new RegExp(`^${pins.toLocaleString('en')} results`));
    assert.match(await example('subscribe'), /^0 results/);
    assert.match(await example('subscribe', '--since', '1800-01-01'), /^[1-9].* results/);
  });

  test('similarity shows what is alike, level by level', async () => {
    assert.match(await example('similarity'), /cos_sim_l1_interests/);
  });

  test('user-interests says how well they foretell', async () => {
    const { figures } = JSON.parse(await example('user-interests', '--json')) as {
      figures: { judged: string; own: number; popular: number }[];
    };
    assert.ok(figures.length > 0);
    for (const { judged, own, popular } of figures) assert.ok(own > popular, judged);
  });

  test('targeting answers an advertiser', async () => {
    assert.match(await example('targeting', '--any', 'nature', '--none', 'man'), /nature/);
  });

  test('unsafe removes Pins and says why', async () => {
    assert.match(await example('unsafe'), /What stands, by rule/);
    assert.match(await example('unsafe'), /^0 decisions made/);
  });

  test('retrieval finds the best Pins', async () => {
    const store = join(directory, 'retrieval');
    assert.match(await example('retrieval', '--store', store), /10 Pins in \d+ µs/);
  });

  test('query-interests knows what is searched for', async () => {
    const said = await example('query-interests', '--cooccurrence', join(directory, 'state/cooccurrence'));
    for (const label of ['castle', 'flower', 'mountain']) assert.ok(said.includes(label), label);
  });

  test('python reads the same', { skip: !python && 'no Python 3' }, async () => {
    const { results } = JSON.parse(await example('python', '--json')) as { results: number };
    assert.equal(results, pins);
  });
});
