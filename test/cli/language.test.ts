import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PATHS } from '../../cli/paths.ts';
import type { LanguageEvaluation } from '../../quality/language-evaluation.ts';
import { emptyGeneration } from '../../shared/cooccurrence/generation.ts';
import { TextVectors } from '../../shared/embeddings/text.ts';
import { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import { Languages } from '../../shared/translation/languages.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { CandidateStage } from '../../workers/candidates/stage.ts';
import { p2i, type Finished } from '../support/p2i.ts';
import { pinOf } from '../support/pin.ts';

const THINGS = { giày: 'shoes', áo: 'shirts', mũ: 'hats', túi: 'bags', ghế: 'chairs', bàn: 'tables' };
const KINDS = { đỏ: 'red', xanh: 'green', trắng: 'white', 'trẻ em': 'children' };

/** Each thing of each kind, in words of Vietnamese order. */
const PAIRS = Object.entries(THINGS).flatMap(([thing, ofThing]) =>
  Object.entries(KINDS).map(([kind, ofKind]) => [`${thing} ${kind}`, `${ofKind} ${ofThing}`]),
);
const TABLE = `en\tvi\n${PAIRS.map(([vi, en]) => `${en}\t${vi}\n`).join('')}`;

const TAXONOMY = new Taxonomy(
  Object.values(THINGS).map((name, i) => ({
    ...{ id: i + 1, name, parent: null, aliases: [], translations: {} },
    ...{ unsafe: false, hidden: false },
  })),
);

describe('p2i language', () => {
  let folder: string;
  let table: string;
  let languages: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-language-'));
    table = join(folder, 'phrases.tsv');
    languages = join(folder, 'languages');
    await writeFile(table, TABLE);
  });
  after(() => rm(folder, { recursive: true }));

  const build = (...args: string[]): Promise<Finished> => p2i(['language', 'build', ...args]);

  test('--dry-run learns and writes nothing', async () => {
    const dry = ['--language', 'vi', '--parallel', table, '--output', languages, '--dry-run'];
    const { code, stdout } = await build(...dry);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /\nvi +Vietnamese +Latn +24 +\d+ +\d+ +\d+ +\d\.\d\nwould be written to .*languages\n$/,
    );
    assert.ok(!existsSync(languages));
    const document = JSON.parse((await build(...dry, '--json')).stdout) as { written: boolean };
    assert.equal(document.written, false);
  });

  test('a language that is built is listed, and Pins in it get interests until it is removed', async () => {
    const { code, stdout } = await build(
      ...['--language', 'vi,en', '--parallel', table, '--output', languages, '--json'],
    );
    assert.equal(code, 0);
    const built = JSON.parse(stdout) as { written: boolean; languages: Record<string, unknown>[] };
    assert.equal(built.written, true);
    assert.deepEqual(
      built.languages.map(({ tag, name, script, phrases }) => [tag, name, script, phrases]),
      [
        ['vi', 'Vietnamese', 'Latn', 24],
        ['en', 'English', 'Latn', 24],
      ],
    );
    assert.deepEqual((await readdir(languages)).sort(), ['en', 'vi']);

    const listed = await p2i(['language', 'list', '--languages', languages]);
    assert.match(
      listed.stdout,
      /\nen +English +Latn +24 +0 +0 +\d+\nvi +Vietnamese +Latn +24 +\d+ +\d+ +[\d,]+\n$/,
    );
    const list = await p2i(['language', 'list', '--languages', languages, '--json']);
    const document = JSON.parse(list.stdout) as { languages: { tag: string; bytes: number }[] };
    assert.equal(document.languages[1].bytes, await sizeOf(join(languages, 'vi')));
    assert.equal(document.languages[1].bytes, built.languages[0].bytes);

    assert.deepEqual(await interestsOf('giày trẻ em', 'vi'), ['shoes']);
    assert.deepEqual(await interestsOf('ghế và bàn', 'vi'), ['chairs', 'tables']);
    await rm(join(languages, 'vi'), { recursive: true });
    assert.deepEqual(await interestsOf('giày trẻ em', 'vi'), []);
    assert.match((await p2i(['language', 'list', '--languages', languages])).stdout, /^[^]*\nen .*\n$/);
  });

  async function sizeOf(directory: string): Promise<number> {
    const files = await readdir(directory);
    const bytes = await Promise.all(files.map((file) => readFile(join(directory, file))));
    return bytes.reduce((sum, { length }) => sum + length, 0);
  }

  /** Names of the interests that the texts of a Pin name. */
  async function interestsOf(title: string, language: string): Promise<string[]> {
    const models = {
      textVectors: TextVectors.load(PATHS.textVectors),
      languages: await Languages.load(languages),
    };
    const artefacts = taxonomyArtefacts(TAXONOMY, models);
    const stage = new CandidateStage({ ...artefacts, generation: emptyGeneration(TAXONOMY) });
    const { interests } = stage.process({ pins: [pinOf({ title, language })] });
    return Array.from(interests, (interest) => TAXONOMY.names[interest]).sort();
  }

  test('the phrases of all files count, and a name can be given', async () => {
    const taxonomy = join(folder, 'taxonomy.jsonl');
    await writeFile(taxonomy, '{"id":1,"name":"socks","parent":null,"translations":{"vi":"tất"}}\n');
    const { stdout } = await build(
      ...['--language', 'vi', '--parallel', table, taxonomy, '--output', languages],
      ...['--name', 'Tiếng Việt', '--dry-run', '--json'],
    );
    const { languages: built } = JSON.parse(stdout) as { languages: { name: string; phrases: number }[] };
    assert.deepEqual([built[0].name, built[0].phrases], ['Tiếng Việt', 25]);
  });

  test('what cannot be learned is told in one line, and nothing is written', async () => {
    const output = join(folder, 'none');
    const cases: [args: string[], code: number, stderr: RegExp][] = [
      [
        ['--language', 'vi,de', '--parallel', table],
        1,
        /^error PHRASES_INVALID .*phrases\.tsv: has no de beside/,
      ],
      [['--language', 'v_i', '--parallel', table], 2, /"v_i" is no BCP-47 tag/],
      [['--language', 'vi'], 2, /required option '--parallel/],
      [['--language', 'vi', '--parallel', join(folder, 'x')], 1, /^error INPUT_UNREADABLE .*\(ENOENT\)\n/],
      [['--language', 'vi,en', '--name', 'V', '--parallel', table], 1, /^error CONFIG_INVALID --name: /],
    ];
    for (const [args, code, stderr] of cases) {
      const finished = await build(...args, '--output', output);
      assert.equal(finished.code, code, finished.stderr);
      assert.match(finished.stderr, stderr);
    }
    assert.ok(!existsSync(output));
    const inFile = await build('--language', 'vi', '--parallel', table, '--output', join(table, 'x'));
    assert.equal(inFile.code, 1);
    assert.match(inFile.stderr, /^error CONFIG_INVALID --output .*cannot be written \(ENOTDIR\)\n/m);
  });

  test('a directory of no languages is no failure; one that is not there is', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    const listed = await p2i(['language', 'list', '--languages', empty]);
    assert.deepEqual([listed.code, listed.stdout], [0, `${empty} has no languages\n`]);
    const missing = await p2i(['language', 'list', '--languages', join(empty, 'x')]);
    assert.match(missing.stderr, /^error INPUT_UNREADABLE /);
  });

  test('evaluate judges languages by the names of a taxonomy', async () => {
    const taxonomy = join(folder, 'products.jsonl');
    const lines = PAIRS.map(([vi, en], i) =>
      JSON.stringify({ id: i + 1, name: en, parent: null, translations: { vi } }),
    );
    await writeFile(taxonomy, lines.join('\n'));
    const evaluate = ['language', 'evaluate', '--taxonomy', taxonomy, '--parallel', table];
    const { code, stdout } = await p2i([...evaluate, '--language', 'vi', '--json']);
    assert.equal(code, 0);
    const { languages: figures } = JSON.parse(stdout) as LanguageEvaluation;
    assert.deepEqual([figures.length, figures[0].tag], [1, 'vi']);
    const { names, phrases, found } = figures[0];
    // A name is learned from in the taxonomy and in the table, or in neither.
    assert.deepEqual([names > 0, phrases], [true, 2 * (PAIRS.length - names)]);
    const { stdout: text } = await p2i([...evaluate, '--language', 'vi']);
    assert.ok(text.split('\n').some((line) => line.startsWith('vi ') && line.includes(` ${phrases} `)));
    assert.match(text, new RegExp(`\nmean +${found.candidates === 1 ? '1' : found.candidates.toFixed(4)} `));
    // Of the languages that are shipped the taxonomy has none.
    const none = await p2i(evaluate);
    assert.match(none.stderr, /^error CONFIG_INVALID --language: there is no language beside English\n/);
  });

  test('evaluate tells what it cannot test', async () => {
    const small = join(folder, 'small.jsonl');
    await writeFile(small, '{"id":1,"name":"socks","parent":null}\n');
    const evaluated = await p2i(['language', 'evaluate', '--language', 'vi', '--taxonomy', small]);
    assert.match(
      evaluated.stderr,
      /^error CONFIG_INVALID --language: of the 0 names that the taxonomy has in vi /,
    );
  });
});
