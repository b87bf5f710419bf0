import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { p2i, type Finished } from '../support/p2i.ts';

const TATE = 'data/tate/taxonomy.jsonl';

describe('p2i taxonomy publish, retire and list', () => {
  let folder: string;
  let small: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-cli-'));
    small = join(folder, 'small.jsonl');
    await writeFile(small, '{"id":4,"name":"group/movement","parent":null}');
  });
  after(() => rm(folder, { recursive: true }));

  const taxonomy = (...args: string[]): Promise<Finished> =>
    p2i(['taxonomy', ...args, '--state', join(folder, 'state')]);
  const listed = async (): Promise<string[]> => {
    const versions: { version: string }[] = JSON.parse((await taxonomy('list', '--json')).stdout);
    return versions.map(({ version }) => version);
  };

  test('versions are published, listed and retired', async () => {
    const first = await taxonomy('publish', TATE, '--reason', 'the first');
    assert.deepEqual([first.code, first.stderr], [0, '']);
    assert.match(first.stdout, /^e25bc734a155 is published: 16,632 interests, content e25bc734a155\n$/);

    const second = await taxonomy('publish', small, '--as', 'small');
    assert.match(
      second.stdout,
      /^e25bc734a155 \(16,632 interests\) → small \(1 interest\)\n16,631 removed\n/,
    );
    assert.match((await taxonomy('list')).stdout, /\ne25bc734a155 .* 16,632 .* the first\nsmall .* 1 /);

    const retired = await taxonomy('retire', 'e25bc734a155', '--json');
    assert.deepEqual(JSON.parse(retired.stdout), { version: 'e25bc734a155', retired: true, left: ['small'] });
    assert.deepEqual(await listed(), ['small']);
  });

  test('a dry run shows the same and changes nothing', async () => {
    const published = JSON.parse(
      (await taxonomy('publish', TATE, '--as', 'big', '--dry-run', '--json')).stdout,
    );
    assert.deepEqual(
      [published.version, published.published, published.diff.counts.added],
      ['big', false, 16_631],
    );
    assert.match(
      (await taxonomy('retire', 'small', '--dry-run')).stdout,
      /^small would be retired; left: none\n/,
    );
    assert.deepEqual(await listed(), ['small']);
  });

  test('the same content again is no failure, other content under the name is', async () => {
    const again = await taxonomy('publish', small, '--as', 'small');
    assert.deepEqual([again.code, again.stdout.includes('small is published already')], [0, true]);
    const other = await taxonomy('publish', TATE, '--as', 'small');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^error CONFIG_INVALID version small: .*not e25bc734a155/);
    const unknown = await taxonomy('retire', 'big');
    assert.match(unknown.stderr, /^error CONFIG_INVALID version big: it is not live; live are: small\n/);
  });

  test('an invalid file is told with its lines before any log is opened', async () => {
    const bad = join(folder, 'bad.jsonl');
    await writeFile(bad, '{"id":1,"name":"nature","parent":9}');
    const { code, stderr } = await p2i(['taxonomy', 'publish', bad, '--state', '/dev/null/none']);
    assert.equal(code, 1);
    assert.match(stderr, /^error TAXONOMY_INVALID .*bad\.jsonl: 1 problem\n {2}line 1: .*unknown parent 9/);
  });
});
