import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, test } from 'node:test';
import { P2iError } from '../../../shared/errors/errors.ts';
import { batchOutput, type Made, type Sink } from '../../../shared/stream/binding.ts';
import { Chain } from '../../../shared/stream/chain.ts';
import { DEAD_LETTERS, REDRIVEN } from '../../../shared/stream/dead-letters.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import type { Log } from '../../../shared/stream/log.ts';
import { Pump } from '../../../shared/stream/pump.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import type { Stage } from '../../../shared/stream/stage.ts';
import type { PinBatch } from '../../../shared/pins/pin.ts';
import type { LetterFilter } from '../../../workers/dead-letters/letters.ts';
import { planRedrive, redrive, type RedriveLimits } from '../../../workers/dead-letters/redrive.ts';
import { BATCH_PINS_TOPIC, replayPins } from '../../../workers/replay.ts';
import {
  batches,
  candidates,
  candidatesTopic,
  dump,
  features,
  fill,
  pin,
  PARTITIONS,
  pins,
  registry,
  results,
  toyPumps,
  type Counted,
} from '../../shared/stream/toy.ts';
import { seeded } from '../../support/random.ts';
import { allLetters, sourceOf, writeLetters } from './made.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-redrive-'));
after(() => rmSync(scratch, { recursive: true }));

async function withLog<T>(use: (log: Log) => Promise<T>): Promise<T> {
  const log = await EmbeddedLog.open(mkdtempSync(join(scratch, 'l-')));
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

const FEW: RedriveLimits = { maxAttempts: 3 };

async function redriveAll(log: Log, filter: LetterFilter = {}, limits = FEW): Promise<number> {
  return redrive({ log, registry }, await planRedrive(sourceOf(log), filter, limits));
}

async function leftOf(log: Log, filter: LetterFilter = {}, limits = FEW): Promise<object> {
  const { left } = await planRedrive(sourceOf(log), filter, limits);
  return Object.fromEntries(Object.entries(left).filter(([, letters]) => letters > 0));
}

const keys = (records: readonly { key: string }[]): string[] => records.map(({ key }) => key).sort();

/** The first stage, once it is mended. */
const mended: Stage<PinBatch, Counted> = {
  name: 'candidates',
  process: (batch) => ({
    pins: batch.pins.map(({ id, title }) => ({ id, text: title, words: 0, letters: 0 })),
  }),
};

async function runMended(log: Log, group = 'g'): Promise<void> {
  const chain = Chain.of(mended);
  await runToEnd([await Pump.open({ log, registry, group, input: pins, chain, output: results })]);
}

test('a Pin that failed is classified when it is redriven to the stage that was mended', async () => {
  await withLog(async (log) => {
    await fill(log, batches(2, 4, (n) => (n === 5 ? pin('5', 'fails first') : undefined)).map(pins.encode));
    await runToEnd(await toyPumps(log, 'fused'));
    assert.equal((await dump(log, results.topic)).length, 7);
    const [{ letter }] = await allLetters(log);

    assert.equal(await redriveAll(log), 1);
    const [redriven] = (await dump(log, pins.topic)).filter(({ headers }) => 'redriven-from' in headers);
    assert.deepEqual(redriven, {
      partition: letter.partition,
      offset: 1,
      key: letter.key,
      timestamp: letter.time,
      headers: {
        ...letter.headers,
        attempts: '1',
        'redriven-from': '1@0',
        'redriven-for': 'p2i-pins/candidates',
      },
      value: Buffer.from(letter.value).toString('latin1'),
    });

    await runMended(log);
    const found = await dump(log, results.topic);
    assert.deepEqual(keys(found), ['0', '1', '2', '3', '4', '5', '6', '7']);
    const { headers } = found.find(({ key }) => key === '5')!;
    assert.deepEqual(headers, { ...letter.headers, model: 'm1', attempts: '1', 'redriven-from': '1@0' });
  });
});

test('a letter is redriven once, however often that is asked for', async () => {
  await withLog(async (log) => {
    await fill(log, batches(1, 2, (n) => pin(String(n), 'fails first')).map(pins.encode));
    await runToEnd(await toyPumps(log, 'fused'));
    assert.equal(await redriveAll(log), 2);
    assert.equal(await redriveAll(log), 0);
    assert.equal(await redriveAll(log, { ids: new Set(['0@0']) }), 0);
    assert.deepEqual(await leftOf(log), { redriven: 2 });
    assert.equal((await dump(log, pins.topic)).length, 3);
    for (const { redriven } of await allLetters(log)) assert.ok(Math.abs(redriven! - Date.now()) < 60_000);
  });
});

test('what fails again is a new letter with one attempt more, until there are too many', async () => {
  await withLog(async (log) => {
    await fill(log, batches(1, 1, () => pin('0', 'fails first')).map(pins.encode));
    for (let attempts = 1; attempts <= 3; attempts++) {
      await runToEnd(await toyPumps(log, 'fused'));
      const letters = await allLetters(log);
      assert.deepEqual(
        letters.map(({ letter }) => letter.attempts),
        [1, 2, 3].slice(0, attempts),
      );
      const values = new Set(letters.map(({ letter }) => Buffer.from(letter.value).toString('hex')));
      assert.equal(values.size, 1);
      assert.equal(await redriveAll(log), attempts < 3 ? 1 : 0);
    }
    assert.deepEqual(await leftOf(log), { redriven: 2, attempts: 1 });
    assert.deepEqual(await leftOf(log, {}, { maxAttempts: 4 }), { redriven: 2 });
    assert.equal(await redriveAll(log, { ids: new Set(['0@2']) }), 1);
    await runMended(log);
    assert.deepEqual(keys(await dump(log, results.topic)), ['0']);
  });
});

test('whoever else reads the topic passes over what is redriven', async () => {
  await withLog(async (log) => {
    const failing = batches(1, 3, (n) => pin(String(n), n === 1 ? 'fails second' : 'goes'));
    await fill(log, failing.map(pins.encode));
    const seen: string[] = [];
    const sink: Sink<Counted> = {
      apply: (made: readonly Made<Counted>[]) =>
        void seen.push(...made.flatMap(({ out }) => out.pins.map(({ id }) => id))),
      committedOffset: () => undefined,
    };
    const learning: Stage<Counted, Counted> = { name: 'cooccurrence', process: (batch) => batch };
    const fixed: Stage<Counted, Counted> = { name: 'features', process: (batch) => batch };
    const common = { log, registry };
    const pool = (stage: Stage<Counted, Counted>) =>
      Pump.open({
        ...common,
        group: 'features',
        input: candidatesTopic,
        chain: Chain.of(stage),
        output: results,
      });
    const learn = () =>
      Pump.open({
        ...common,
        group: 'learn',
        input: candidatesTopic,
        chain: Chain.of(learning),
        output: sink,
      });
    await runToEnd([
      await Pump.open({
        ...common,
        group: 'candidates',
        input: pins,
        chain: Chain.of(candidates),
        output: batchOutput(candidatesTopic),
      }),
    ]);
    await runToEnd([await pool(features), await learn()]);
    assert.deepEqual(keys(await dump(log, results.topic)), ['0', '2']);

    assert.equal(await redriveAll(log), 1);
    await runToEnd([await pool(fixed), await learn()]);
    assert.deepEqual(keys(await dump(log, results.topic)), ['0', '1', '2']);
    assert.deepEqual(seen, ['0', '1', '2']);
    // Nor does it stop there: what is read is read.
    assert.deepEqual(await log.committedOffsets('learn', candidatesTopic.topic), [2, 0]);
  });
});

test('a run over the corpus reads a redriven Pin where it was first, not its copy', async () => {
  await withLog(async (log) => {
    await fill(log, batches(1, 3, (n) => pin(String(n), n === 1 ? 'fails first' : 'goes')).map(pins.encode));
    await runToEnd(await toyPumps(log, 'fused'));
    assert.equal(await redriveAll(log), 1);
    await replayPins(log, registry, { run: 'r2' });
    const input = { ...pins, topic: BATCH_PINS_TOPIC };
    const chain = Chain.of(mended);
    await runToEnd([await Pump.open({ log, registry, group: 'batch', input, chain, output: results })]);
    const ofRun = (await dump(log, results.topic)).filter(({ headers }) => headers.run === 'r2');
    assert.deepEqual(keys(ofRun), ['0', '1', '2']);
  });
});

test('a tombstone, and what has no place to go back to, are left with the reason', async () => {
  await withLog(async (log) => {
    await log.createTopic(pins.topic, PARTITIONS);
    await writeLetters(log, [{ value: new Uint8Array(0) }, { topic: 'gone' }, { partition: 1 }]);
    assert.deepEqual(await leftOf(log), { empty: 1, homeless: 1 });
    assert.equal(await redriveAll(log), 1);
    assert.deepEqual(keys(await dump(log, pins.topic)), ['key 2']);
    assert.equal(await redriveAll(log, { ids: new Set(['0@0', '0@1']) }), 0);
  });
});

test('letters are chosen by stage, code, topic, time and number', async () => {
  await withLog(async (log) => {
    await log.createTopic(pins.topic, PARTITIONS);
    await log.createTopic('p2i-features', PARTITIONS);
    await writeLetters(log, [
      { failed: 10 },
      { failed: 20, stage: 'ranking', topic: 'p2i-features' },
      { failed: 40, code: 'PIN_INVALID', partition: 1 },
      { failed: 30 },
    ]);
    const ids = async (filter: LetterFilter, limit?: number): Promise<string[]> => {
      const { going } = await planRedrive(sourceOf(log), filter, { ...FEW, ...(limit && { limit }) });
      return [...going].flatMap(([partition, offsets]) => offsets.map((offset) => `${partition}@${offset}`));
    };
    assert.deepEqual(await ids({}), ['0@0', '0@1', '0@2', '1@0']);
    assert.deepEqual(await ids({ stage: 'ranking' }), ['0@1']);
    assert.deepEqual(await ids({ topic: 'p2i-features' }), ['0@1']);
    assert.deepEqual(await ids({ code: 'PIN_INVALID' }), ['1@0']);
    assert.deepEqual(await ids({ since: 20, until: 40 }), ['0@1', '0@2']);
    assert.deepEqual(await ids({}, 2), ['0@2', '1@0']);
    assert.deepEqual(await ids({ ids: new Set(['1@0', '0@1']) }), ['0@1', '1@0']);
    for (const id of ['0@3', '7@0', '3', '0@1@1'])
      await assert.rejects(ids({ ids: new Set(['0@1', id]) }), hasWhere(id));
  });
});

test('redrives at the same time redrive each letter once between them', async () => {
  await withLog(async (log) => {
    await log.createTopic(pins.topic, PARTITIONS);
    await writeLetters(
      log,
      Array.from({ length: 40 }, (_, i) => ({ partition: i % PARTITIONS })),
    );
    const counts = await Promise.all([1, 2, 3].map(() => redriveAll(log)));
    // Whichever has planned first has its turn first.
    assert.deepEqual(counts.sort(), [0, 0, 40]);
    assert.equal((await dump(log, pins.topic)).length, 40);
  });
});

const LETTERS = 200;
const KILLS = 6;

test(`a redrive that is killed ${KILLS} times has redriven each letter once`, async (t) => {
  const input = join(scratch, 'input');
  const log = await EmbeddedLog.open(input);
  await log.createTopic(pins.topic, PARTITIONS);
  // Large, so that a transaction holds few of them.
  const value = Buffer.alloc(100_000, 'x');
  await writeLetters(
    log,
    Array.from({ length: LETTERS }, (_, i) => ({ partition: i % PARTITIONS, value })),
  );
  await log.close();

  const random = seeded(6);
  let killed = 0;
  let between = 0;
  for (let copy = 0; killed < KILLS; copy++) {
    const directory = join(scratch, `killed-${copy}`);
    cpSync(input, directory, { recursive: true });
    for (let finished = false; !finished;) {
      finished = !(await runAndKill(directory, killed < KILLS ? 60 * random() : Infinity));
      if (!finished) killed++;
    }
    const whole = await EmbeddedLog.open(directory);
    const redriven = (await dump(whole, pins.topic)).map(({ headers }) => headers['redriven-from']);
    assert.equal(redriven.length, LETTERS);
    assert.equal(new Set(redriven).size, LETTERS);
    assert.deepEqual(keys(await dump(whole, REDRIVEN)), [...redriven].sort());
    assert.equal(
      (await whole.endOffsets(DEAD_LETTERS)).reduce((a, b) => a + b),
      LETTERS,
    );
    await whole.close();
    between++;
    rmSync(directory, { recursive: true });
  }
  t.diagnostic(`${killed} kills over ${between} redrives of ${LETTERS} letters: none lost, none twice`);
});

/** Redrives in a process of its own; kills it some milliseconds after it began. @returns whether that came first */
async function runAndKill(directory: string, killAfter: number): Promise<boolean> {
  const program = join(import.meta.dirname, 'redrive-process.ts');
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  if (killAfter < Infinity) {
    await once(child.stdout, 'data');
    await sleep(killAfter);
    child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  if (signal === null) assert.equal(code, 0);
  return signal === 'SIGKILL';
}

function hasWhere(where: string): (error: unknown) => boolean {
  return (error) => error instanceof P2iError && error.code === 'CONFIG_INVALID' && error.where === where;
}
