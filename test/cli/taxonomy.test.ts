import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function p2i(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, P2I_DEBUG: '', ...env }, maxBuffer: 64e6 };
    const child = execFile(process.execPath, ['cli/main.ts', ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const BIRDS = [
  { id: 1, name: 'nature', parent: null },
  { id: 2, name: 'birds', parent: 1, aliases: ['avians'] },
  { id: 3, name: 'owls', parent: 2, unsafe: true },
  { id: 4, name: 'people', parent: null },
  { id: 5, name: 'Birds', parent: 4 },
];

describe('p2i taxonomy', () => {
  let folder: string;
  let good: string;
  let bad: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-cli-'));
    good = join(folder, 'good.jsonl');
    bad = join(folder, 'bad.jsonl');
    const lines = BIRDS.map((interest) => JSON.stringify(interest));
    await writeFile(good, lines.join('\n'));
    await writeFile(bad, [...lines, '{"id":5,"name":"","parent":9}', 'nonsense'].join('\n'));
  });
  after(() => rm(folder, { recursive: true }));

  test('validate says that a valid file is valid, and warns of ambiguous names', async () => {
    const { code, stdout, stderr } = await p2i(['taxonomy', 'validate', good]);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /good\.jsonl:2: warning: "birds" names 2 interests: 2 \(line 2\), 5 \(line 5\)/);
    assert.match(stdout, /good\.jsonl is valid: 5 interests \(L1 2, L2 2, L3 1\), version [0-9a-f]{12}\n$/);
  });

  test('validate lists every problem with its line and fails in one line', async () => {
    const { code, stdout, stderr } = await p2i(['taxonomy', 'validate', bad]);
    assert.equal(code, 1);
    assert.match(stdout, /bad\.jsonl:6: problem: the name is empty/);
    assert.match(stdout, /bad\.jsonl:6: problem: the id 5 is already on line 5/);
    assert.match(stdout, /bad\.jsonl:7: problem: malformed JSON/);
    assert.match(
      stderr,
      /^error TAXONOMY_INVALID .*bad\.jsonl: 3 problems, listed above\n {2}what to do: .*\n$/,
    );
  });

  test('validate --json prints one document, also where the file is invalid', async () => {
    const valid = JSON.parse((await p2i(['taxonomy', 'validate', good, '--json'])).stdout);
    assert.deepEqual([valid.valid, valid.interests, valid.interestsByLevel], [true, 5, [2, 2, 1]]);
    const { code, stdout } = await p2i(['taxonomy', 'validate', bad, '--json']);
    assert.equal(code, 1);
    const invalid = JSON.parse(stdout);
    assert.equal(invalid.valid, false);
    assert.deepEqual(
      invalid.problems.map(({ line }: { line: number }) => line),
      [6, 6, 7],
    );
  });

  test('show prints the tree to the depth asked for', async () => {
    const { stdout } = await p2i(['taxonomy', 'show', good, '--depth', '3']);
    assert.deepEqual(stdout.split('\n').slice(1), [
      '├─ nature  (1; 1 child)',
      '│  └─ birds  (2; 1 child; also avians)',
      '│     └─ owls  (3; unsafe)',
      '└─ people  (4; 1 child)',
      '   └─ Birds  (5)',
      '',
    ]);
  });

  test('show --name finds every interest of that name, show --id the one', async () => {
    const byName = await p2i(['taxonomy', 'show', good, '--name', 'BIRDS']);
    assert.match(byName.stdout, /nature > birds\n[^]*└─ owls {2}\(3; unsafe\)\n\npeople > Birds\n/);
    const byAlias = JSON.parse((await p2i(['taxonomy', 'show', good, '--name', 'avians', '--json'])).stdout);
    assert.equal(byAlias.interests[0].id, 2);
    const byId = JSON.parse((await p2i(['taxonomy', 'show', good, '--id', '3', '--json'])).stdout);
    assert.deepEqual(byId.interests[0].path, ['nature', 'birds', 'owls']);
  });

  test('an unknown interest and an unreadable file fail in one line that says what to do', async () => {
    const unknown = await p2i(['taxonomy', 'show', good, '--id', '99']);
    assert.equal(unknown.code, 1);
    assert.match(
      unknown.stderr,
      /^error INTEREST_UNKNOWN .*good\.jsonl: no interest has the id 99\n {2}what to do: /,
    );
    const missing = await p2i(['taxonomy', 'show', join(folder, 'none.jsonl')]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^error INPUT_UNREADABLE .*none\.jsonl: .*ENOENT.*\n {2}what to do: .*\n$/);
  });

  test('the stack is shown where P2I_DEBUG is set, and only there', async () => {
    const args = ['taxonomy', 'show', join(folder, 'none.jsonl')];
    assert.doesNotMatch((await p2i(args)).stderr, /\n +at /);
    assert.match((await p2i(args, { P2I_DEBUG: '1' })).stderr, /\n +at /);
  });

  test('a usage error has exit code 2, help has 0', async () => {
    for (const args of [['taxonomy', 'show'], ['taxonomy', 'show', good, '--depth', 'x'], ['nonsense'], []]) {
      const { code, stdout, stderr } = await p2i(args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
    for (const command of ['validate', 'show']) {
      const { code, stdout } = await p2i(['taxonomy', command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, /Example:\n {2}p2i taxonomy /);
    }
  });

  test('a reader that stops early is no failure', async () => {
    const { code, stderr } = await new Promise<Outcome>((resolve) => {
      const command = `"${process.execPath}" cli/main.ts taxonomy show data/tate/taxonomy.jsonl --depth 3 | head -n 1`;
      const child = execFile('bash', ['-o', 'pipefail', '-c', command], (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
    assert.deepEqual([code, stderr], [0, '']);
  });
});
