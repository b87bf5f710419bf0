import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Explanation } from '../../quality/explain.ts';
import { p2i } from '../support/p2i.ts';

const LINES = [
  '{"id":"a","title":"Ruined castle in the mountains","boards":[{"id":"b1","name":"castles"}]}',
  '{"id":"b","title":"A castle by the river","boards":[{"id":"b1","name":"castles"}]}',
];

describe('p2i explain', () => {
  let folder: string;
  let input: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-explain-'));
    input = join(folder, 'pins.jsonl');
    await writeFile(input, LINES.join('\n'));
  });
  after(() => rm(folder, { recursive: true }));

  test('says of each candidate how it was found and the features that moved its score most', async () => {
    const { code, stdout } = await p2i(['explain', 'a', '--input', input, '--top', '2']);
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0], /^Pin a: Ruined castle in the mountains$/);
    assert.equal(lines.filter((line) => line.startsWith('    found by ')).length, 2);
    const moved = lines.filter((line) => line.startsWith('    moved by '));
    assert.equal(moved.length, 2);
    for (const line of moved)
      assert.match(line, /^ {4}moved by ([+−]\d+\.\d\d \w+ (-?\d+\.\d{3}|missing)(, |$)){5}$/);
  });

  test('--json has every contribution, the furthest first, and they sum to the log-odds of the score', async () => {
    const { code, stdout } = await p2i(['explain', 'a', '--input', input, '--json']);
    assert.equal(code, 0);
    const { expected, candidates } = JSON.parse(stdout) as Explanation;
    assert.ok(candidates.length > 2);
    for (const { score, features, contributions } of candidates) {
      const sum = contributions.reduce((total, { contribution }) => total + contribution, expected);
      assert.ok(Math.abs(sum - Math.log(score / (1 - score))) < 1e-9);
      const sizes = contributions.map(({ contribution }) => Math.abs(contribution));
      assert.deepEqual(
        sizes,
        sizes.toSorted((a, b) => b - a),
      );
      for (const { feature, value } of contributions) assert.equal(features[feature] ?? null, value);
    }
  });

  test('a Pin that the input does not hold is told', async () => {
    const { code, stderr } = await p2i(['explain', 'nobody', '--input', input]);
    assert.equal(code, 1);
    assert.match(stderr, /^error PIN_UNKNOWN .*pins\.jsonl: no Pin has the id nobody/);
  });

  test('--title explains a Pin that no input has, and says how its words were translated', async () => {
    const { code, stdout } = await p2i([
      ...['explain', '--title', 'Segelboote am Strand', '--input', input, '--top', '1'],
    ]);
    assert.equal(code, 0);
    const lines = stdout.split('\n');
    assert.equal(lines[0], 'Pin pasted: Segelboote am Strand');
    assert.match(lines[2], /^title \(German \d+ %.*\): .*beach/);
    const strand = lines.find((line) => line.startsWith('  strand '));
    assert.match(strand!, /^ {2}strand {2,}.*\bbeach \d\.\d\d/);
  });

  test('--language says of what language the title is', async () => {
    const { code, stdout } = await p2i([
      ...['explain', '--title', 'Gift', '--language', 'de', '--input', input, '--json'],
    ]);
    assert.equal(code, 0);
    const { pin, translations } = JSON.parse(stdout) as Explanation;
    assert.equal(pin, 'pasted');
    assert.deepEqual(
      translations.map(({ field, text }) => [field, text]),
      [['title', 'Gift']],
    );
    assert.ok(translations[0].languages.some(({ tag }) => tag === 'de'));
  });

  test('an English Pin has nothing to tell of translations', async () => {
    const { stdout } = await p2i(['explain', 'a', '--input', input, '--json']);
    assert.deepEqual((JSON.parse(stdout) as Explanation).translations, []);
  });

  test('wants an id or a title, and a language only of a title', async () => {
    for (const [args, message] of [
      [[], /^error CONFIG_INVALID either the id of a Pin or --title is needed, and not both\n/],
      [['a', '--title', 'Burg'], /^error CONFIG_INVALID either the id of a Pin or --title/],
      [['a', '--language', 'de'], /^error CONFIG_INVALID --language is that of --title\n/],
      [['--title', 'Burg', '--language', 'x'], /^error PIN_INVALID --title: .*language/],
    ] as const) {
      const { code, stdout, stderr } = await p2i(['explain', ...args]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    }
  });
});
