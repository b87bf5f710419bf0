import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { timeOption } from '../../cli/times.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { runToEnd } from '../../shared/stream/run.ts';
import { batches, fill, HEADERS, pin, pins, registry, toyPumps } from '../shared/stream/toy.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { poison } from '../support/poison.ts';

const { truncated } = poison(registry);

describe('p2i dlq list, show and redrive', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-dlq-'));
    const log = await EmbeddedLog.open(join(folder, 'log'));
    // Partition 0: one whole record; partition 1: two Pins.
    const failing = batches(1, 3, (n) => pin(String(n), n === 1 ? 'goes' : 'fails second'));
    await fill(log, [truncated, pins.encode(failing[0])]);
    await runToEnd(await toyPumps(log, 'fused'));
    await log.close();
  });
  after(() => rm(folder, { recursive: true }));

  const dlq = (...args: string[]): Promise<Finished> => p2i(['dlq', ...args, '--state', folder]);
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await dlq(...args, '--json')).stdout) as T;

  test('the letters are listed, and counted by stage and code', async () => {
    const { stdout, stderr } = await dlq('list', '--limit', '2');
    assert.equal(stderr, '');
    const [, , first, second, , last, , , , ...counts] = stdout.trimEnd().split('\n');
    assert.match(first, /^1@0 .* features +PIN_TOO_LARGE +p2i-pins-1@0 +0 +1 +no +Pin 0$/);
    assert.match(second, /^1@1 /);
    assert.equal(last, 'the last 2 of 3');
    assert.deepEqual(
      counts.map((line) => line.split(/ +/)),
      [
        ['features', 'PIN_TOO_LARGE', '2', '0'],
        ['candidates', 'AVRO_MALFORMED', '1', '0'],
      ],
    );
  });

  test('filters choose what is listed', async () => {
    const chosen = ['--stage', 'features', '--code', 'PIN_TOO_LARGE', '--topic', 'p2i-pins', '--since', '1h'];
    assert.deepEqual(idsOf(await json('list', ...chosen)), ['1@0', '1@1']);
    assert.equal((await dlq('list', '--until', '1h')).stdout, 'no dead letters\n');
  });

  test('a letter is shown with its headers and its Pin, or else with its bytes and why', async () => {
    const shown = await json<Shown>('show', '1@1');
    assert.deepEqual(
      [shown.pinId, shown.headers, shown.schema, shown.value.pins[0].title],
      ['2', HEADERS, 'p2i.PinBatch', 'fails second'],
    );
    const file = join(folder, 'poison.bin');
    const { stdout } = await dlq('show', '0@0', '--output', file);
    assert.match(stdout, /^error +AVRO_MALFORMED p2i-pins-0@0: the value is truncated$/m);
    assert.match(stdout, /^header run +r1$/m);
    assert.match(stdout, /\nnot decoded: the value is truncated\n0000 {2}00 .*lost.*\n0010 .*\n$/);
    assert.deepEqual(await readFile(file), Buffer.from(truncated));
  });

  test('what would go is shown, goes, and goes no second time', async () => {
    const dry = await dlq('redrive', '--stage', 'features', '--dry-run');
    assert.match(dry.stdout, /\np2i-pins +features +PIN_TOO_LARGE +2\n\nwould redrive 2 letters\n$/);
    const gone = await json<{ going: string[]; redriven: number }>('redrive', '1@1', '0@0');
    assert.deepEqual([gone.going.sort(), gone.redriven], [['0@0', '1@1'], 2]);
    const rest = await dlq('redrive');
    assert.match(rest.stdout, /\nredrove 1 letter\nleft 2: redriven before\n$/);
    assert.match(rest.stderr, /^redriving: 1 of 1 letters/);
    const { letters, counts } = await json<Listed>('list');
    for (const { redrivenAt } of letters) assert.match(redrivenAt, /^20\d\d-/);
    assert.deepEqual(counts[0], { stage: 'features', code: 'PIN_TOO_LARGE', letters: 2, redriven: 2 });
  });

  test('a letter that is not there, and options that make no sense, are refused', async () => {
    assert.match(
      (await dlq('show', '1@7')).stderr,
      /^error CONFIG_INVALID 1@7: there is no such dead letter; `p2i dlq list`/,
    );
    assert.match(
      (await dlq('redrive', '1@1', '--stage', 'ranking')).stderr,
      /^error CONFIG_INVALID ids and options that choose letters exclude each other/,
    );
    const { code, stderr } = await dlq('list', '--code', 'OUCH');
    assert.equal(code, 2, stderr);
  });
});

test('a time is an ISO time, or how long ago', () => {
  assert.equal(timeOption('2026-01-31T06:00Z'), Date.UTC(2026, 0, 31, 6));
  assert.equal(timeOption('2026-01-31'), Date.UTC(2026, 0, 31));
  for (const [text, ms] of [
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ] as const)
    assert.ok(Math.abs(Date.now() - ms - timeOption(text)) < 1000, text);
  for (const text of ['yesterday', '2h ago', '7', '2026-31-01', '']) assert.throws(() => timeOption(text));
});

interface Listed {
  letters: { id: string; redrivenAt: string }[];
  counts: object[];
}

interface Shown {
  pinId: string;
  headers: object;
  schema: string;
  value: { pins: { title: string }[] };
}

function idsOf({ letters }: Listed): string[] {
  return letters.map(({ id }) => id);
}
