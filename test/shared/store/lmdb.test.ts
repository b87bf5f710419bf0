import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LmdbStore } from '../../../shared/store/lmdb.ts';
import { contents, describeStore } from './conformance.ts';
import { KEYS } from './lmdb-writer.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-lmdb-'));
after(() => rmSync(scratch, { recursive: true }));

let made = 0;
const directory = (): string => join(scratch, String(made++));

describeStore('the store in LMDB', () => new LmdbStore(directory()));

describe('the store in LMDB, across processes', () => {
  test('what was applied is there when the directory is opened again', async () => {
    const path = directory();
    const before = new LmdbStore(path);
    before.apply({
      puts: [{ space: 'terms', key: -1, value: Uint8Array.of(1, 2) }],
      marks: { offset: '42' },
    });
    await before.close();
    const again = new LmdbStore(path);
    assert.deepEqual(contents(again, 'terms'), [[-1, [1, 2]]]);
    assert.equal(again.mark('offset'), '42');
    await again.close();
  });

  test('a writer that is killed in the middle of its applies leaves only whole ones, and none is lost', async () => {
    const path = directory();
    let reached = 0;
    for (const killAfter of [15, 40, 65, 90]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'lmdb-writer.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      await sleep(killAfter);
      child.kill('SIGKILL');
      assert.deepEqual(await exited, [null, 'SIGKILL']);

      const store = new LmdbStore(path);
      const change = Number(store.mark('change') ?? 0);
      assert.ok(change >= reached);
      reached = change;
      const expected = Buffer.alloc(256, String(change).padEnd(16));
      for (const space of change > 0 ? ['terms', 'boards'] : []) {
        const pairs = [...store.scan(space)];
        assert.equal(pairs.length, KEYS);
        for (const [key, value] of pairs)
          assert.ok(expected.equals(value), `${space}/${key} is of change ${change}`);
      }
      await store.close();
    }
    assert.ok(reached > 1, `the writer only made ${reached} changes before it was killed`);
  });

  test('a path that is a file is STORE_UNAVAILABLE, and the message names it', () => {
    const path = join(scratch, 'file');
    writeFileSync(path, 'this is no LMDB environment, and long enough to be read as one'.repeat(200));
    const unavailable = { name: 'P2iError', code: 'STORE_UNAVAILABLE', transient: true, message: /file/ };
    assert.throws(() => new LmdbStore(join(path, 'below')), unavailable);
    assert.throws(() => new LmdbStore(path), unavailable);
  });

  test('a directory whose data are not LMDB is STORE_UNAVAILABLE', async () => {
    const path = directory();
    await new LmdbStore(path).close();
    writeFileSync(join(path, 'data.mdb'), Buffer.alloc(65_536, 'not a page of LMDB '));
    assert.throws(() => new LmdbStore(path), { code: 'STORE_UNAVAILABLE' });
  });

  test('data of any length that are not LMDB are STORE_UNAVAILABLE; an empty file is a new store', async () => {
    for (const length of [1, 27, 28, 4096]) {
      const path = directory();
      mkdirSync(path);
      writeFileSync(join(path, 'data.mdb'), Buffer.alloc(length, 'no page '));
      assert.throws(() => new LmdbStore(path), { code: 'STORE_UNAVAILABLE' });
    }
    const path = directory();
    mkdirSync(path);
    writeFileSync(join(path, 'data.mdb'), '');
    const store = new LmdbStore(path);
    store.apply({ puts: [], marks: { offset: '1' } });
    assert.equal(store.mark('offset'), '1');
    await store.close();
  });

  test('a store whose file is gone, or another, is STORE_UNAVAILABLE, though LMDB goes on with the file that it had', async () => {
    const path = directory();
    const store = new LmdbStore(path);
    rmSync(path, { recursive: true });
    await assert.rejects(store.ready(), { code: 'STORE_UNAVAILABLE' });
    const other = new LmdbStore(path);
    await assert.rejects(store.ready(), { code: 'STORE_UNAVAILABLE', message: /another file/ });
    await other.ready();
    await Promise.all([store.close(), other.close()]);
  });

  test('a path with a dot in its last name is a directory like any other', async () => {
    const path = join(scratch, 'run.2024-06');
    mkdirSync(path);
    const store = new LmdbStore(path);
    store.apply({ puts: [], marks: { offset: '1' } });
    await store.close();
    assert.ok(existsSync(join(path, 'data.mdb')));
  });

  test('every call on a closed store is STORE_UNAVAILABLE', async () => {
    const store = new LmdbStore(directory());
    store.apply({ puts: [{ space: 'terms', key: 1, value: Uint8Array.of(1) }] });
    await store.close();
    const calls = [
      () => store.get('terms', [1]),
      () => [...store.scan('terms')],
      () => store.mark('offset'),
      () => store.apply({ puts: [], marks: { offset: '1' } }),
    ];
    for (const call of calls) assert.throws(call, { code: 'STORE_UNAVAILABLE' });
  });
});
