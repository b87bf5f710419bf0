import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { ErrorCode } from '../../../shared/errors/errors.ts';
import { isOfLanguage, readParallel, type ParallelText } from '../../../shared/translation/parallel.ts';
import { ofCode } from '../../support/assertions.ts';

const TABLE = `en\tpt-BR\tpt-PT\tzh-Hans\tnb
dog\tcachorro\tcão\t狗\thund
bus\tônibus\tautocarro\t\tbuss

red shoes\tsapatos vermelhos\t\t红鞋\t
\tsem inglês\t\t\t
`;

const INTERESTS = `{"id":1,"name":"Animals","parent":null,"translations":{"de":"Tiere","pt-BR":["animais","bichos"]}}
{"id":2,"name":"Dogs","parent":1,"translations":{"de":"Hunde","no":"Hunder"}}
{"id":3,"name":"Cats","parent":1}
`;

describe('parallel phrases', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'p2i-parallel-'));
  });
  after(() => rm(folder, { recursive: true }));

  const at = (name: string): string => join(folder, name);
  async function read(content: string | Buffer): Promise<ParallelText> {
    await writeFile(at('file'), content);
    return readParallel(at('file'));
  }
  const pairsOf = (text: ParallelText, language: string): string[] =>
    text.phrasesOf(language).map(({ phrase, english }) => `${phrase} = ${english}`);

  test('of a table are those of all columns of the language; empty cells are none', async () => {
    const text = await read(TABLE);
    assert.deepEqual(text.english, ['dog', 'bus', 'red shoes']);
    assert.deepEqual(pairsOf(text, 'pt'), [
      'cachorro = dog',
      'ônibus = bus',
      'sapatos vermelhos = red shoes',
      'cão = dog',
      'autocarro = bus',
    ]);
    assert.deepEqual(pairsOf(text, 'pt-PT'), ['cão = dog', 'autocarro = bus']);
    assert.deepEqual(pairsOf(text, 'zh'), ['狗 = dog', '红鞋 = red shoes']);
  });

  test('of a taxonomy are its translations, each beside the name', async () => {
    const text = await read(INTERESTS);
    assert.deepEqual(text.english, ['Animals', 'Dogs', 'Cats']);
    assert.deepEqual(pairsOf(text, 'de'), ['Tiere = Animals', 'Hunde = Dogs']);
    assert.deepEqual(pairsOf(text, 'pt'), ['animais = Animals', 'bichos = Animals']);
    assert.deepEqual(pairsOf(text, 'no'), ['Hunder = Dogs']);
  });

  test('are the same where the file is compressed, has a byte order mark, or lines of Windows', async () => {
    const expected = pairsOf(await read(TABLE), 'pt');
    assert.deepEqual(pairsOf(await read(zstdCompressSync(TABLE)), 'pt'), expected);
    assert.deepEqual(pairsOf(await read(`\ufeff${TABLE}`), 'pt'), expected);
    assert.deepEqual(pairsOf(await read(TABLE.replaceAll('\n', '\r\n')), 'pt'), expected);
    const ofTaxonomy = pairsOf(await read(zstdCompressSync(INTERESTS)), 'de');
    assert.deepEqual(ofTaxonomy, ['Tiere = Animals', 'Hunde = Dogs']);
  });

  test('a language that a file does not have is told with those that it has', async () => {
    const text = await read(TABLE);
    assert.ok(text.has('nb') && !text.has('no') && !text.has('z'));
    assert.throws(() => text.phrasesOf('vi'), {
      code: 'PHRASES_INVALID',
      message: `${at('file')}: has no vi beside English, but pt-BR, pt-PT, zh-Hans, nb`,
    });
    assert.throws(() => text.phrasesOf('en'), { code: 'PHRASES_INVALID' });
  });

  const refused: [what: string, content: string | Buffer, code: ErrorCode, message: RegExp][] = [
    ['no English', 'de\tfr\nHund\tchien\n', 'PHRASES_INVALID', /file:1: .*no column en, but de, fr$/],
    ['an empty file', '', 'PHRASES_INVALID', /file:1: .*no column en/],
    ['a tag that is none', 'en\tno such\ndog\tx\n', 'PHRASES_INVALID', /file:1: "no such" is no BCP-47 tag$/],
    ['a column twice', 'en\tde\tde\n', 'PHRASES_INVALID', /file:1: there are two columns de$/],
    [
      'a cell too few',
      'en\tde\tfr\ndog\tHund\tchien\ncat\tKatze\n',
      'PHRASES_INVALID',
      /file:3: has 2 cells under a header of 3$/,
    ],
    ['a cell too many', 'en\tde\n\ndog\tHund\tx\n', 'PHRASES_INVALID', /file:3: has 3 cells/],
    [
      'broken text',
      Buffer.from('en\tde\ndog\tHund\ncat\tK\xe4tzchen\n', 'latin1'),
      'PHRASES_INVALID',
      /file:3: is not UTF-8$/,
    ],
    ['broken zstd', zstdCompressSync(TABLE).subarray(0, -3), 'PHRASES_INVALID', /file: the zstd data/],
    ['a bad interest', `${INTERESTS}{"id":4}\n`, 'TAXONOMY_INVALID', /file: 2 problems\n {2}line 4: /],
  ];
  for (const [what, content, code, message] of refused)
    test(`${what} is refused, with its place`, () => assert.rejects(read(content), ofCode(code, message)));

  test('a file that is not there is told', () =>
    assert.rejects(readParallel(at('none')), ofCode('INPUT_UNREADABLE', /none: .*\(ENOENT\)$/)));

  test('every cell that has a phrase and an English one is read, and no other', async () => {
    const cell = fc.stringMatching(/^[a-zäß日語 ]{0,6}$/);
    const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, async (cells) => {
        const text = await read(`de\ten\tfr\n${cells.map((row) => `${row.join('\t')}\n`).join('')}`);
        for (const [language, column] of [
          ['de', 0],
          ['fr', 2],
        ] as const) {
          const expected = cells
            .map((row) => row.map((one) => one.trim()))
            .filter((row) => row[column] !== '' && row[1] !== '')
            .map((row) => `${row[column]} = ${row[1]}`);
          assert.deepEqual(pairsOf(text, language), expected);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a tag', () => {
  test('is of a language that it is, or begins with', () => {
    const of = (tag: string, language: string): boolean => isOfLanguage(tag, language);
    assert.ok(of('pt', 'pt') && of('pt-BR', 'pt') && of('PT-br', 'pt') && of('zh-Hant-TW', 'zh'));
    assert.ok(of('zh-Hant-TW', 'zh-Hant') && !of('zh-Hans', 'zh-Hant') && !of('pt', 'pt-BR'));
    assert.ok(!of('fil', 'fi') && !of('en', 'e'));
  });

  test('of a language that another is a kind of is another tag', () => {
    assert.ok(!isOfLanguage('no', 'nb') && !isOfLanguage('nn', 'nb') && !isOfLanguage('nb', 'no'));
  });
});
