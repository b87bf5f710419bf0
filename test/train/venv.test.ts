import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { hasPython } from '../../train/venv.ts';

const VENV = join(import.meta.dirname, '../../train/venv.ts');
const skip = !(await hasPython()) && 'no Python 3.10 with venv on this machine';

test('an environment that several processes ask for at once is made by one of them', { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p2i-venv-'));
  const [requirements, venv] = [join(directory, 'requirements.txt'), join(directory, 'venv')];
  await writeFile(requirements, '# none\n');
  const script = `import { ensureVenv } from ${JSON.stringify(VENV)};
    console.log(await ensureVenv(${JSON.stringify(requirements)}, ${JSON.stringify(venv)}));`;
  const ask = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])).stdout.trim();
  try {
    const python = join(venv, 'bin/python');
    assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [python, python, python]);
    assert.ok(existsSync(python));
    const made = statSync(python).ctimeMs;
    await ask();
    assert.equal(statSync(python).ctimeMs, made, 'it is not made again');
  } finally {
    await rm(directory, { recursive: true });
  }
});
