import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { PATHS } from '../../../cli/paths.ts';
import { framed } from '../../../consumer/examples/support/framed.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { ensureVenv, hasPython } from '../../../train/venv.ts';
import { resultKey, RESULTS_TOPIC, type PinInterests } from '../../../workers/publishing/topic.ts';

const ROOT = join(import.meta.dirname, '../../..');
const READER = join(ROOT, 'consumer/examples/python/read_results.py');
const codec = new Registry(PATHS.schemas).codec<PinInterests>(RESULTS_TOPIC);
const skip = !(await hasPython()) && 'no Python 3.10 with venv on this machine';
if (skip) console.warn(`SKIPPED: the reader in Python: ${skip}`);

const result = (pin: string, interests: PinInterests['interests'], taxonomy = 'v1'): PinInterests => ({
  ...{ pin, pinVersion: 3, lane: 'instant', run: 'run-1', taxonomy, model: 'm', time: 1_718_000_000_123 },
  interests,
});
const OWLS = { id: 7, level: 2, score: 0.1 + 0.2, label: 'owls — 梟' };
const BIRDS = { id: 2 ** 31 - 1, level: 1, score: 1 / 3, label: 'birds' };

const frameOf = (written: PinInterests): Buffer =>
  framed(resultKey(written.pin, written.taxonomy), codec.encode(written));

describe('the reader in Python', { skip }, () => {
  let python: string;
  before(async () => {
    python = await ensureVenv(
      join(ROOT, 'consumer/examples/python/requirements.txt'),
      join(ROOT, '.p2i/python'),
    );
  });

  const read = (input: Buffer[], ...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(python, [READER, ...args], { input: Buffer.concat(input) });
    return { stdout: stdout.toString(), stderr: stderr.toString(), status };
  };

  test('decodes what TypeScript encodes, to the bit', () => {
    const written = result('ä@b', [OWLS, BIRDS]);
    const { stdout, stderr } = read(
      [frameOf(written), frameOf(result('c', [BIRDS]))],
      '--json',
      '--pin',
      'ä@b',
    );
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      ...{ results: 2, tombstones: 0, unreadable: 0 },
      interestsPerPin: 1.5,
      interestsByLevel: { 1: 2, 2: 1 },
      pin: [written],
    });
  });

  test('keeps the newest record of each Pin and taxonomy version, and none after a tombstone', () => {
    const input = [
      ...[frameOf(result('a', [OWLS])), frameOf(result('a', [BIRDS])), frameOf(result('a', [], 'v2'))],
      ...[frameOf(result('b', [OWLS])), framed('b@v1', null)],
    ];
    const { stdout } = read(input, '--json', '--pin', 'a');
    const { results, tombstones, pin } = JSON.parse(stdout);
    assert.deepEqual({ results, tombstones }, { results: 2, tombstones: 1 });
    assert.deepEqual(pin, [result('a', [BIRDS]), result('a', [], 'v2')]);
  });

  test('counts and names what it cannot read, and goes on', () => {
    const unknown = Buffer.from(codec.encode(result('a', [])));
    unknown.writeInt32BE(1, 1);
    const cut = codec.encode(result('b', [OWLS])).subarray(0, 12);
    const input = [
      framed('a@v1', unknown),
      framed('b@v1', cut),
      framed('c@v1', Buffer.from('{}')),
      frameOf(result('d', [])),
    ];
    const { stdout, stderr, status } = read(input, '--json');
    const { results, unreadable } = JSON.parse(stdout);
    assert.deepEqual({ results, unreadable, status }, { results: 1, unreadable: 3, status: 0 });
    assert.match(stderr, /^warning a@v1: no schema has the id 1$/m);
    assert.match(stderr, /^warning b@v1: it is not what its schema says: /m);
    assert.match(stderr, /^warning c@v1: it does not begin with a schema id$/m);
  });

  test('fails where its input ends within a record', () => {
    const { stderr, status } = read([frameOf(result('a', [])).subarray(0, -1)]);
    assert.deepEqual({ stderr, status }, { stderr: 'the input ends within a record\n', status: 1 });
  });

  test('tells people the same', () => {
    const { stdout } = read([frameOf(result('a', [OWLS, BIRDS]))], '--pin', 'a');
    assert.equal(
      stdout,
      [
        '1 results, 0 tombstones, 0 unreadable',
        '2.00 interests a Pin; L1 1, L2 1',
        '',
        'a by taxonomy v1 and model m, instant lane, run-1',
        '  0.3000  L2  owls — 梟  #7',
        '  0.3333  L1  birds  #2147483647',
        '',
      ].join('\n'),
    );
  });
});
