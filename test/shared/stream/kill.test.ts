import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, test } from 'node:test';
import { DEAD_LETTERS } from '../../../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { batches, dump, fill, PARTITIONS, pin, pins, results } from './toy.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-kill-'));
after(() => rmSync(scratch, { recursive: true }));

const KILLS = 20;

/** Runs the pipeline in a process of its own; kills it some milliseconds after it has the log, if any are given. */
async function run(directory: string, killAfter: number): Promise<'killed' | 'finished'> {
  const program = join(import.meta.dirname, 'toy-process.ts');
  const child = spawn(process.execPath, [program, directory, 'chained'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  if (killAfter < Infinity) {
    await once(child.stdout, 'data');
    await sleep(killAfter);
    child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  if (signal === 'SIGKILL') return 'killed';
  assert.equal(code, 0);
  return 'finished';
}

async function outcome(directory: string) {
  const files = Array.from({ length: PARTITIONS }, (_, partition) =>
    readFileSync(join(directory, 'topics', results.topic, `${partition}.log`)),
  );
  const log = await EmbeddedLog.open(directory);
  // Stages that run together interleave their dead letters differently, and at another time; each is there once.
  const dead = (await dump(log, DEAD_LETTERS)).map(({ offset: _, timestamp: __, ...letter }) => letter);
  dead.sort((a, b) => a.value.localeCompare(b.value));
  await log.close();
  return { files, dead };
}

test(`a pipeline that is killed ${KILLS} times leaves the bytes of one that never was`, async () => {
  const whole = join(scratch, 'whole');
  const log = await EmbeddedLog.open(whole);
  const all = batches(240, 4, (n) => {
    if (n % 97 === 0) return pin(String(n), n % 2 === 0 ? 'fails first' : 'fails second');
    // Long and random, so that few batches fill a poll.
    return pin(String(n), `Pin ${randomBytes(2000).toString('base64')}`);
  });
  await fill(log, all.map(pins.encode));
  await log.close();

  const input = join(scratch, 'input');
  cpSync(whole, input, { recursive: true });
  const start = performance.now();
  await run(whole, Infinity);
  const duration = performance.now() - start;
  const expected = await outcome(whole);
  assert.equal(expected.dead.length, 10);

  let killed = join(scratch, 'killed');
  cpSync(input, killed, { recursive: true });
  for (let kills = 0; kills < KILLS;) {
    if ((await run(killed, (Math.random() * duration) / 8)) === 'killed') kills++;
    else {
      // It got to the end between two kills: the other kills go to another copy.
      assert.deepEqual(await outcome(killed), expected);
      killed += '+';
      cpSync(input, killed, { recursive: true });
    }
  }
  await run(killed, Infinity);
  assert.deepEqual(await outcome(killed), expected);
});
