import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { p2i } from '../support/p2i.ts';

const BEFORE = [
  { id: 1, name: 'nature', parent: null },
  { id: 2, name: 'birds', parent: 1, aliases: ['avians'] },
  { id: 3, name: 'owls', parent: 2 },
  { id: 4, name: 'night birds', parent: 2 },
];
const AFTER = [
  { id: 1, name: 'nature', parent: null, translations: { da: 'natur' } },
  { id: 2, name: 'bird life', parent: 1 },
  { id: 3, name: 'owls', parent: 1, aliases: ['night birds'], unsafe: true },
  ...Array.from({ length: 22 }, (_, i) => ({ id: 100 + i, name: `owl ${i}`, parent: 3 })),
];

describe('p2i taxonomy diff', () => {
  let folder: string;
  let old: string;
  let changed: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-cli-'));
    old = join(folder, 'old.jsonl');
    changed = join(folder, 'changed.jsonl');
    const jsonl = (interests: object[]): string => interests.map((one) => JSON.stringify(one)).join('\n');
    await writeFile(old, jsonl(BEFORE));
    await writeFile(changed, jsonl(AFTER));
  });
  after(() => rm(folder, { recursive: true }));

  test('every kind of change is printed with paths and ids, of many the first', async () => {
    const { code, stdout } = await p2i(['taxonomy', 'diff', old, changed]);
    assert.equal(code, 0);
    const lines = stdout.split('\n');
    assert.match(lines[0], /^[0-9a-f]{12} \(4 interests\) → [0-9a-f]{12} \(25 interests\)$/);
    assert.deepEqual(lines.slice(1, 3), ['22 added', '  nature > owls > owl 0 (100)']);
    assert.deepEqual(lines.slice(22), [
      '  and 2 more; --json has them all',
      '1 removed',
      '  nature > birds > night birds (4), merged into nature > owls (3)',
      '1 moved',
      '  nature > owls (3), was nature > birds > owls',
      '2 renamed',
      '  nature > bird life (2): was "birds"; no longer avians',
      '  nature > owls (3): also night birds',
      '1 with other marks',
      '  nature > owls (3): unsafe',
      '1 with other translations',
      '  nature (1)',
      '',
    ]);
  });

  test('--json has every change', async () => {
    const { stdout } = await p2i(['taxonomy', 'diff', old, changed, '--json']);
    const { before, after, counts, added, merged } = JSON.parse(stdout);
    assert.deepEqual([before.interests, after.interests, added.length], [4, 25, 22]);
    assert.deepEqual(counts, {
      added: 22,
      removed: 1,
      merged: 1,
      moved: 1,
      renamed: 2,
      marked: 1,
      translated: 1,
    });
    assert.deepEqual(merged[0].into, [{ id: 3, path: 'nature > owls' }]);
  });

  test('a taxonomy does not differ from itself', async () => {
    const { stdout } = await p2i(['taxonomy', 'diff', old, old]);
    assert.match(stdout, /\nno difference\n$/);
  });

  test('an invalid taxonomy is told with its file and lines', async () => {
    const bad = join(folder, 'bad.jsonl');
    await writeFile(bad, '{"id":1,"name":"","parent":null}');
    const { code, stderr } = await p2i(['taxonomy', 'diff', old, bad]);
    assert.equal(code, 1);
    assert.match(stderr, /^error TAXONOMY_INVALID .*bad\.jsonl: 1 problem\n {2}line 1: the name is empty/);
  });
});
