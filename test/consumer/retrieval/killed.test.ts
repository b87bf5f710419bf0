import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetrievalIndex, RetrievalReader } from '../../../consumer/retrieval/index.ts';
import { Tables } from '../../../consumer/retrieval/tables.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { seeded } from '../../support/random.ts';
import { scaled } from '../../support/scale.ts';
import { IDS, NEWER, NEWEST, OLDER, PIN_IDS } from './story.ts';
import { contentOf } from './support.ts';

const INDEXER = join(import.meta.dirname, 'indexer.ts');

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'p2i-retrieval-'));
});
after(() => rm(directory, { recursive: true }));

/** Runs the indexer. @returns true where it came to its end */
async function run(
  path: string,
  args: string[] = [],
  onBatch?: (kill: () => void) => Promise<void>,
): Promise<boolean> {
  const child = spawn(process.execPath, [INDEXER, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout))
    if (line === 'batch') await onBatch?.(() => child.kill('SIGKILL'));
  const [code, signal] = (await exited) as [number | null, string | null];
  assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
  return code === 0;
}

async function contentAt(path: string): Promise<unknown> {
  const reader = RetrievalReader.open(path);
  try {
    return contentOf(reader, PIN_IDS, IDS);
  } finally {
    await reader.close();
  }
}

/** A copy of a store whose writer is killed while it goes over to the newer taxonomy, with some Pins carried and some not. */
async function halfCarried(ready: string): Promise<string> {
  const copy = join(directory, 'half');
  await cp(ready, copy, { recursive: true });
  assert.ok(!(await run(copy, ['3'])));
  const tables = new Tables(copy, true);
  const { taxonomy, carrying } = tables.state()!;
  await tables.close();
  assert.ok(taxonomy === 'v1' && carrying?.to === 'v2' && carrying.interest > 0);
  return copy;
}

/** Opens the store with all versions of the taxonomy, so that it goes over to the newest. */
async function catchUp(path: string): Promise<unknown> {
  const taxonomy = new FollowedTaxonomy(OLDER);
  for (const version of [NEWER, NEWEST]) taxonomy.publish(version);
  await (await RetrievalIndex.open(path, taxonomy)).close();
  return contentAt(path);
}

describe('a retrieval store whose writer is killed', () => {
  let calm: string;
  /** With the batches before the newer taxonomy, or some of them. */
  let torn: string;
  before(async () => {
    [calm, torn] = [join(directory, 'calm'), join(directory, 'torn')];
    assert.ok(await run(calm));
    const random = seeded(11);
    for (let left = scaled(4, 40); left > 0; left--) {
      const isAtEnd = await run(torn, [], async (kill) => {
        await sleep(15 * random());
        kill();
      });
      assert.ok(!isAtEnd);
    }
  });

  test('comes to the same content as an undisturbed one, whenever that was', async () => {
    const path = join(directory, 'on');
    await cp(torn, path, { recursive: true });
    assert.ok(await run(path));
    assert.deepEqual(await contentAt(path), await contentAt(calm));
  });

  test('comes to the same content where it was half way to another taxonomy version', async () => {
    const half = await halfCarried(torn);
    const other = join(directory, 'other');
    await cp(half, other, { recursive: true });
    assert.ok(await run(half));
    assert.deepEqual(await contentAt(half), await contentAt(calm));
    // One that had been published meanwhile.
    const whole = join(directory, 'whole');
    await cp(torn, whole, { recursive: true });
    await run(whole, ['carried']);
    assert.deepEqual(await catchUp(other), await catchUp(whole));
  });
});
