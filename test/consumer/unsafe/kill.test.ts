import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readDecisions } from '../../../consumer/unsafe/read.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { createTopics } from '../../../shared/stream/topics.ts';
import { seeded } from '../../support/random.ts';
import { scaled } from '../../support/scale.ts';
import { PARTITIONS, registry } from '../../workers/made.ts';
import { apply, audit, POLICIES, publishZoo, say, withCommits, type Said } from './made.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-removal-kill-'));
const KILLS = scaled(3, 60);
/** Results of each partition; each has about 20 kB, so that a transaction is of some fifty. */
const RESULTS = 200;
/** About as long as a transaction takes. */
const STEP_MS = 15;
/** What does not compress. */
const padding = (): string => randomBytes(15_000).toString('base64');

/** When a process is killed: that many ms after it has said something so many times. */
interface Moment {
  lines: number;
  ms: number;
}

/** Applies a policy in a process of its own, which is killed at the moment, if it gets there. */
async function run(directory: string, revision: number, moment?: Moment): Promise<'killed' | 'finished'> {
  const program = join(import.meta.dirname, 'removal-process.ts');
  const child = spawn(process.execPath, [program, directory, String(revision)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let lines = 0;
  child.stdout.on('data', (data: Buffer) => {
    const before = lines;
    lines += data.toString().split('\n').length - 1;
    if (moment !== undefined && before < moment.lines && lines >= moment.lines)
      setTimeout(() => child.kill('SIGKILL'), moment.ms);
  });
  const [code, signal] = await exited;
  if (signal === 'SIGKILL') return 'killed';
  assert.equal(code, 0);
  return 'finished';
}

async function outcome(directory: string) {
  const log = await EmbeddedLog.open(directory);
  const standing = await readDecisions({ log, registry });
  const entries = await audit(log);
  await log.close();
  return { standing: [...standing].sort(([a], [b]) => (a < b ? -1 : 1)), entries };
}

/** A log whose process ends right before or right after its next commit, as far as anybody can tell. */
function endingAtCommit(log: Log, when: 'before' | 'after'): Log {
  return withCommits(log, async (commit) => {
    if (when === 'after') await commit();
    throw new P2iError('LOG_UNAVAILABLE', 'the process ended');
  });
}

describe('the removal of unsafe Pins decides, under one policy and the next, what an undisturbed one does, once each', () => {
  const input = join(scratch, 'input');
  let expected: Awaited<ReturnType<typeof outcome>>;
  before(async () => {
    const random = seeded(4);
    const pick = (n: number): number => Math.floor(random() * n);
    const log = await EmbeddedLog.open(input);
    await createTopics(log, PARTITIONS);
    await publishZoo(log, 'v1');
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const results = Array.from({ length: RESULTS }, (): Said => ({
        ...{ pin: `${partition}-${pick(RESULTS / 4)}`, partition, run: padding() },
        is: pick(20) === 0 ? null : { [4 + pick(4)]: (1 + pick(10)) / 10 },
      }));
      await say(log, ...results);
    }
    await log.close();
    const whole = copyOf(input, 'whole');
    await run(whole, 1);
    await run(whole, 2);
    expected = await outcome(whole);
    const policies = new Set(expected.entries.flat().map(({ revision }) => revision));
    assert.deepEqual([...policies], [1, 2]);
    assert.ok(expected.entries.flat().length > RESULTS);
  });
  after(() => rmSync(scratch, { recursive: true }));

  test('where its process ends right before and right after each commit', async (t) => {
    const directory = copyOf(input, 'ended');
    let ended = 0;
    for (const policy of POLICIES) {
      for (let done = false; !done; ended++) {
        assert.ok(ended < 100, 'it gets nowhere');
        const log = await EmbeddedLog.open(directory);
        const work = apply(endingAtCommit(log, ended % 2 === 0 ? 'before' : 'after'), policy);
        done = await work.then(
          () => true,
          (error: unknown) => {
            assert.equal((error as P2iError).code, 'LOG_UNAVAILABLE');
            return false;
          },
        );
        await log.close();
      }
    }
    assert.deepEqual(await outcome(directory), expected);
    t.diagnostic(`ended ${ended} times; ${expected.entries.flat().length} decisions`);
  });

  test(`where its process is killed ${KILLS} times`, async (t) => {
    const moment = (): Moment => ({ lines: 1 + Math.floor(Math.random() * 6), ms: Math.random() * STEP_MS });
    let killed = 0;
    for (let copy = 0; killed < KILLS; copy++) {
      const directory = copyOf(input, `killed-${copy}`);
      for (const revision of [1, 2])
        while ((await run(directory, revision, killed < KILLS ? moment() : undefined)) === 'killed') killed++;
      assert.deepEqual(await outcome(directory), expected);
    }
    t.diagnostic(`${killed} kills`);
  });
});

function copyOf(directory: string, name: string): string {
  const copy = join(scratch, name);
  cpSync(directory, copy, { recursive: true });
  return copy;
}
