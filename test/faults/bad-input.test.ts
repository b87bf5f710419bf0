import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { p2i } from '../support/p2i.ts';
import { TATE } from '../support/tate-jsonl.ts';

const MODEL = join(import.meta.dirname, '../../models/tate');

/** Valid Pins that stand before, between and after the bad ones. */
const VALID = [
  { id: 'boats', title: 'Boats on a river' },
  { id: 'castle', title: 'Ruined castle in the mountains', annotations: ['castle'] },
  { id: 'horse', title: 'A horse in a wooded landscape' },
];

interface Case {
  name: string;
  line: string;
  code: string;
  says: RegExp;
}

const LONE = '\ud800';

const BAD_LINES: Case[] = [
  { name: 'malformed JSON', line: '{"id": "x", ', code: 'PIN_MALFORMED_JSON', says: /JSON/ },
  { name: 'a line that is no object', line: '[1, 2]', code: 'PIN_INVALID', says: /object/ },
  { name: 'a missing id', line: '{"title":"Boats"}', code: 'PIN_INVALID', says: /id/ },
  {
    name: 'a duplicate id',
    line: '{"id":"boats","title":"Boats again"}',
    code: 'PIN_DUPLICATE',
    says: /line 1/,
  },
  {
    name: 'a title of 1 MB',
    line: JSON.stringify({ id: 'x', title: 'a '.repeat(500_000) }),
    code: 'PIN_TOO_LARGE',
    says: /title/,
  },
  {
    name: '100,000 annotations',
    line: JSON.stringify({ id: 'x', annotations: Array.from({ length: 100_000 }, (_, i) => `term ${i}`) }),
    code: 'PIN_TOO_LARGE',
    says: /annotations/,
  },
  {
    name: 'a confidence that is no number',
    line: '{"id":"x","annotations":[{"term":"boat","confidence":NaN}]}',
    code: 'PIN_MALFORMED_JSON',
    says: /JSON/,
  },
  {
    name: 'a confidence out of range',
    line: '{"id":"x","annotations":[{"term":"boat","confidence":1e999}]}',
    code: 'PIN_INVALID',
    says: /confidence/,
  },
  {
    name: 'an id with a lone surrogate',
    line: JSON.stringify({ id: `x${LONE}` }),
    code: 'PIN_INVALID',
    says: /id/,
  },
];

describe('bad input', () => {
  let directory: string;
  before(async () => (directory = await mkdtemp(join(tmpdir(), 'p2i-bad-'))));
  after(() => rm(directory, { recursive: true, force: true }));

  test('every kind of bad line gets its code and place, and all valid neighbours are classified', async () => {
    const neighbour = (i: number) => ({ ...VALID[i % VALID.length], id: `neighbour ${i}` });
    const neighbours = [...VALID, ...BAD_LINES.map((_, i) => neighbour(i))];
    const lines = [
      ...VALID.map((pin) => JSON.stringify(pin)),
      ...BAD_LINES.flatMap(({ line }, i) => [line, JSON.stringify(neighbour(i))]),
    ];
    const { code: exit, stdout, stderr } = await p2i(['run', '--input', '-'], lines.join('\n'));
    assert.equal(exit, 0, stderr);
    const rejected = stderr.split('\n').filter((text) => text.startsWith('rejected '));
    assert.equal(rejected.length, BAD_LINES.length, stderr);
    for (const [i, { name, code, says }] of BAD_LINES.entries()) {
      const start = `rejected ${code} stdin:${VALID.length + 2 * i + 1}: `;
      const own = rejected.find((text) => text.startsWith(start));
      assert.ok(own !== undefined, `${name}: no “${start}” in ${stderr}`);
      assert.match(own, says, name);
    }
    const classified = stdout.trimEnd().split('\n');
    assert.deepEqual(
      classified.map((text) => (JSON.parse(text) as { pin: string }).pin),
      neighbours.map(({ id }) => id),
    );
  });

  test('empty text, lone surrogates in a text, emoji and a 10,000-letter word are Pins like any other', async () => {
    const pins = [
      { id: 'empty', title: '' },
      { id: 'bare' },
      { id: 'surrogate', title: `Boats ${LONE} on a river` },
      { id: 'emoji', title: '👩‍👩‍👧‍👦🏳️‍🌈⛵' },
      { id: 'long', title: `boats ${'x'.repeat(10_000)}` },
      ...VALID,
    ];
    const { code, stdout, stderr } = await p2i(
      ['run', '--input', '-'],
      pins.map((pin) => JSON.stringify(pin)).join('\n'),
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trimEnd().split('\n').length, pins.length);
  });

  test('an interest that the title names is found in a corpus that nothing is known of', async () => {
    const { stdout } = await p2i(['run', '--input', '-'], JSON.stringify(VALID[1]));
    const { interests } = JSON.parse(stdout) as { interests: { label: string; level: number }[] };
    assert.ok(
      interests.some(({ label }) => label === 'castle'),
      stdout,
    );
    assert.ok(
      interests.some(({ level }) => level === 1),
      'its ancestors come with it',
    );
  });

  const failing = async (args: string[], code: string, says: RegExp): Promise<void> => {
    const input = JSON.stringify(VALID[0]);
    const { code: exit, stdout, stderr } = await p2i(['run', '--input', '-', ...args], input);
    assert.equal(exit, 1, stderr);
    assert.equal(stdout, '');
    assert.ok(stderr.startsWith(`error ${code} `), stderr);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /at .*\.ts:\d+/, 'no stack trace');
  };

  test('a cyclic taxonomy is refused, every line of the cycle named', async () => {
    const path = join(directory, 'cyclic.jsonl');
    await writeFile(path, '{"id":1,"name":"a","parent":2}\n{"id":2,"name":"b","parent":1}\n');
    await failing(['--taxonomy', path], 'TAXONOMY_INVALID', /cycle/);
  });

  test('a truncated model is refused with the line where it ends', async () => {
    const path = join(directory, 'model');
    await cp(MODEL, path, { recursive: true });
    await truncate(join(path, 'model.txt'), 100_000);
    await failing(['--model', path], 'MODEL_INVALID', /model\.txt:\d+/);
  });

  test('a model of another feature table is refused', async () => {
    const path = join(directory, 'other-model');
    await cp(MODEL, path, { recursive: true });
    const manifest = JSON.parse(await readFile(join(path, 'model.json'), 'utf8')) as object;
    await writeFile(join(path, 'model.json'), JSON.stringify({ ...manifest, featureTable: 999 }));
    await failing(['--model', path], 'MODEL_INVALID', /999/);
  });

  test('files that are not there are named', async () => {
    await failing(['--taxonomy', join(directory, 'nowhere.jsonl')], 'INPUT_UNREADABLE', /nowhere\.jsonl/);
    await failing(['--model', join(directory, 'nowhere')], 'MODEL_INVALID', /nowhere/);
    await failing(['--input', join(directory, 'nowhere.jsonl')], 'INPUT_UNREADABLE', /nowhere\.jsonl/);
    const { code, stderr } = await p2i(['explain', 'no-such-pin', '--input', join(TATE, 'taxonomy.jsonl')]);
    assert.equal(code, 1);
    assert.match(stderr, /error PIN_UNKNOWN/);
  });

  test('a usage error exits with 2 and points to --help', async () => {
    const { code, stderr } = await p2i(['run', '--lane', 'fast']);
    assert.equal(code, 2);
    assert.match(stderr, /--help/);
  });
});
