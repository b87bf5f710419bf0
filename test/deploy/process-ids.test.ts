import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import type { Availability } from '../support/brokers/files.ts';
import { ROOT } from './tools.ts';

const READER = join(ROOT, 'test/support/store-reader.ts');
/** As a container does: the program is process 1 of a space of ids of its own. */
const CONTAINED = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

function namespacesAvailable(): Availability {
  const [command, ...args] = [...CONTAINED, 'true'];
  if (spawnSync(command, args).status === 0) return { available: true };
  const why = 'this user may not make spaces of process ids (unshare --pid)';
  if (process.env.CI === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

const namespaces = namespacesAvailable();

/** Why compose file and chart let whoever reads the co-occurrence store see the host's process ids. */
describe('two readers of one store', { skip: !namespaces.available && namespaces.why }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'p2i-process-ids-'));
  const readers: ChildProcess[] = [];

  before(async () => {
    const store = new LmdbStore(directory);
    store.apply({ puts: [{ space: 'numbers', key: 1, value: Uint8Array.of(1) }] });
    await store.close();
  });

  after(() => rmSync(directory, { recursive: true }));

  /** What each of two readers says that are there at the same time. */
  async function sayings(wrapper: readonly string[]): Promise<string[]> {
    const said: string[] = [];
    for (let i = 0; i < 2; i++) {
      const [command, ...args] = [...wrapper, process.execPath, READER, directory];
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
      readers.push(child);
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      said.push(line.trim());
    }
    for (const child of readers.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    return said;
  }

  test('read side by side where their process ids differ', async () => {
    assert.deepEqual(await sayings([]), ['read', 'read']);
  });

  test('do not where each is process 1 of its own', async () => {
    assert.deepEqual(await sayings(CONTAINED), ['read', 'STORE_UNAVAILABLE']);
  });
});
