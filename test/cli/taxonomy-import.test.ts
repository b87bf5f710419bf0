import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { p2i, type Finished } from '../support/p2i.ts';

const GOOGLE = '# comment\n1 - Animals\n3237 - Animals > Live Animals\n2 - Animals > Supplies\n';
const JSONL = `{"id":1,"name":"Animals","parent":null}
{"id":3237,"name":"Live Animals","parent":1}
{"id":2,"name":"Supplies","parent":1}
`;

describe('p2i taxonomy import', () => {
  let folder: string;
  let google: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-cli-'));
    google = join(folder, 'google.txt');
    await writeFile(google, GOOGLE);
  });
  after(() => rm(folder, { recursive: true }));

  const at = (name: string): string => join(folder, name);
  const run = (...args: string[]): Promise<Finished> => p2i(['taxonomy', 'import', ...args]);

  test('writes the JSONL, whose summary it prints, and nothing beside it', async () => {
    const { code, stdout, stderr } = await run(google, '--output', at('a.jsonl'));
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /a\.jsonl is written: 3 interests \(L1 1, L2 2\), version [0-9a-f]{12}; the ids of the source\n$/,
    );
    assert.equal(await readFile(at('a.jsonl'), 'utf8'), JSONL);
    assert.deepEqual((await readdir(folder)).sort(), ['a.jsonl', 'google.txt']);
  });

  test('reads and writes zstd, which the other commands read too', async () => {
    await writeFile(at('google.zst'), zstdCompressSync(GOOGLE));
    assert.equal((await run(at('google.zst'), '--output', at('b.jsonl.zst'))).code, 0);
    assert.equal(zstdDecompressSync(await readFile(at('b.jsonl.zst'))).toString(), JSONL);
    const { stdout } = await p2i(['taxonomy', 'validate', at('b.jsonl.zst')]);
    assert.match(stdout, /b\.jsonl\.zst is valid: 3 interests/);
    await writeFile(at('cut.zst'), zstdCompressSync(GOOGLE).subarray(0, -5));
    const cut = await run(at('cut.zst'), '--output', at('cut.jsonl'));
    assert.match(cut.stderr, /^error TAXONOMY_INVALID .*cut\.zst: the zstd data is truncated or broken\n/);
  });

  test('--dry-run tells the same and writes nothing; --json is one document', async () => {
    const { stdout } = await run(google, '--output', at('none.jsonl'), '--dry-run', '--json');
    const { version, warnings, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    assert.match(String(version), /^[0-9a-f]{12}$/);
    assert.deepEqual(warnings, []);
    assert.deepEqual(rest, {
      file: google,
      format: 'paths',
      output: at('none.jsonl'),
      written: false,
      ids: 'kept',
      polyhierarchy: 0,
      valid: true,
      interests: 3,
      interestsByLevel: [1, 2],
      problems: [],
    });
    assert.ok(!existsSync(at('none.jsonl')));
    assert.match(
      (await run(google, '--output', at('none.jsonl'), '--dry-run')).stdout,
      /none\.jsonl would be written: 3 interests/,
    );
  });

  test('every problem is printed with its line, and what was there stays', async () => {
    await writeFile(at('old.jsonl'), JSONL);
    await writeFile(at('bad.txt'), '1 - A\n2 - B > C\nD\n');
    const { code, stdout, stderr } = await run(at('bad.txt'), '--output', at('old.jsonl'));
    assert.equal(code, 1);
    assert.deepEqual(stdout.replaceAll(folder, '').split('\n'), [
      '/bad.txt:2: problem: interest 2 has the unknown parent B',
      '/bad.txt:3: problem: the line has no number, as the first one does',
      '',
    ]);
    assert.match(stderr, /^error TAXONOMY_INVALID .*bad\.txt: 2 problems, listed above\n/);
    assert.equal(await readFile(at('old.jsonl'), 'utf8'), JSONL);
  });

  test('several broader concepts are counted', async () => {
    await writeFile(
      at('skos.ttl'),
      '@prefix s: <http://www.w3.org/2004/02/skos/core#> .\n@prefix : <http://example.org/> .\n' +
        ':a a s:Concept ; s:prefLabel "a"@en . :b a s:Concept ; s:prefLabel "b"@en .\n' +
        ':c a s:Concept ; s:prefLabel "c"@en ; s:broader :a, :b .\n',
    );
    const { stdout } = await run(at('skos.ttl'), '--output', at('skos.jsonl'));
    assert.match(stdout, /warning: \S+c has 2 broader concepts; \S+a becomes its parent\n/);
    assert.match(stdout, /\n1 concept has several parents, of which the first is kept\n/);
    assert.match(stdout, /ids hashed from those of the source\n$/);
  });

  test('a format that is not recognised can be forced', async () => {
    await writeFile(at('roots.txt'), 'Animals\nPlants\n');
    const unknown = await run(at('roots.txt'), '--output', at('roots.jsonl'));
    assert.match(unknown.stderr, /^error CONFIG_INVALID --format: .*name it: tree, paths, turtle, rdfxml\n/);
    assert.equal((await run(at('roots.txt'), '--output', at('roots.jsonl'), '--format', 'paths')).code, 0);
    assert.equal((await run(google, '--output', at('x'), '--format', 'xml')).code, 2);
    assert.match(
      (await run(google, '--output', at('no/such/folder.jsonl'))).stderr,
      /^error CONFIG_INVALID --output .*cannot be written \(ENOENT\)\n/,
    );
  });
});
