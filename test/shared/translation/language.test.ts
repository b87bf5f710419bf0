import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import {
  languageTags,
  readLanguage,
  textOf,
  writeLanguage,
  type Language,
  type LanguageManifest,
} from '../../../shared/translation/language.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import type { Meaning } from '../../../shared/translation/lexicon.ts';
import { languageOf, lexiconOf } from '../../support/toy-language.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-language-'));
after(() => rmSync(scratch, { recursive: true }));
let made = 0;

/** Opens the one language of a directory. */
async function opened(directory: string): Promise<Languages> {
  return Languages.read([await readLanguage(directory)]);
}

async function written(language: Language): Promise<string> {
  const directory = join(scratch, String(made++));
  await writeLanguage(directory, language);
  return directory;
}

const word = fc.string({
  unit: fc.constantFrom('a', 'ö', 'ß', 'ж', '靴', '子', 'น้', '\u{20bb7}', "'", '7'),
  minLength: 1,
  maxLength: 6,
});
/** In the steps that a directory keeps. */
const weight = fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000);
const meanings: fc.Arbitrary<Meaning[]> = fc.array(
  fc.tuple(fc.array(word, { maxLength: 3 }), weight).map(([english, own]) => ({ english, weight: own })),
  { minLength: 1, maxLength: 4 },
);
const terms = fc.array(
  fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), meanings).map(([words, own]) => ({
    words,
    meanings: own,
  })),
  { maxLength: 20 },
);
const parts = fc.uniqueArray(
  fc
    .tuple(word, fc.constantFrom(1, 0.125, 0.02041, 3.7e-7), meanings)
    .map(([text, share, own]) => ({ text, share, meanings: own })),
  { maxLength: 20, selector: ({ text }) => text },
);
const letters = fc
  .array(
    fc.tuple(
      fc.oneof(
        word,
        word.map((text) => ` ${text}`),
        fc.constant(' '),
      ),
      fc.integer({ min: -3000, max: -1 }),
    ),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((runs) => new Map(runs.map(([run, hundredths]) => [run, hundredths / 100])));

describe('a language', () => {
  test('is read as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(terms, parts, letters, async (...[ofTerms, ofParts, runs]) => {
        const lexicon = { terms: ofTerms, parts: ofParts, spelling: new Map() };
        const manifest: LanguageManifest = {
          ...{ format: 1, aliases: [], tag: 'xx', name: 'Made', script: 'Latn', phrases: 7 },
          ...{ terms: ofTerms.length, parts: ofParts.length, spellings: 0, letters: runs.size },
        };
        const language = { manifest, lexicon, letters: runs };
        const directory = await written(language);
        assert.deepEqual(await readLanguage(directory), { ...textOf(language), directory });
      }),
      { numRuns: 40 },
    );
  });

  test('replaces what its directory held', async () => {
    const directory = await written(languageOf('xx', ['rote'], lexiconOf({ rote: ['1 red'], die: ['1'] })));
    const language = languageOf('yy', ['blaue']);
    await writeLanguage(directory, language);
    assert.equal((await readLanguage(directory)).manifest.tag, 'yy');
    assert.deepEqual((await readLanguage(directory)).lexicon, { terms: '', parts: '', spelling: '' });
  });

  test('keeps three digits of a weight, and the least of them for what is less', async () => {
    const lexicon = lexiconOf({ rote: ['0.33333 red', '0.0001 rotten'] });
    const { lexicon: read } = await readLanguage(await written(languageOf('xx', ['rote'], lexicon)));
    assert.equal(read.terms, 'rote\t0.333 red\t0.001 rotten\n');
  });
});

describe('the languages of a directory', () => {
  test('are its directories, in order; files are none', async () => {
    const directory = join(scratch, 'languages');
    for (const tag of ['pl', 'de', 'zh-Hant']) await mkdir(join(directory, tag), { recursive: true });
    await writeFile(join(directory, 'README.md'), '');
    assert.deepEqual(await languageTags(directory), ['de', 'pl', 'zh-Hant']);
  });

  test('that is not there are unreadable', async () => {
    const directory = join(scratch, 'nowhere');
    await assert.rejects(languageTags(directory), { code: 'INPUT_UNREADABLE', where: directory });
  });
});

describe('a language that is broken', () => {
  const language = languageOf(
    'xx',
    ['rote', 'schuhe'],
    lexiconOf(
      { rote: ['1 red'], 'rote schuhe': ['0.5 red shoe', '0.25'], schuhe: ['1 shoe'] },
      { schuh: [3, '1 shoe'], e: [7, '1'] },
    ),
  );
  const [TERMS, PARTS, LETTERS] = ['terms.tsv.zst', 'parts.tsv.zst', 'letters.tsv.zst'];

  const linesOf = async (path: string): Promise<string[]> =>
    zstdDecompressSync(await readFile(path))
      .toString('utf8')
      .split('\n')
      .slice(0, -1);

  for (const [name, file, at, line, message] of [
    ['a term’s weight is no number', TERMS, 2, 'rote schuhe\tx.5 red shoe', /is no number/],
    ['a term’s weight is infinite', TERMS, 2, 'rote schuhe\tInfinity red shoe', /is no number/],
    ['a term’s weight is missing', TERMS, 3, 'schuhe\tshoe', /"shoe" is no meaning/],
    ['a term’s weight is nothing', TERMS, 1, 'rote\t0 red', /0 is not above 0 and at most 1/],
    ['a term’s weight is negative', TERMS, 1, 'rote\t-0.5 red', /-0.5 is not above 0/],
    ['a term’s weight is above 1', TERMS, 1, 'rote\t1.5 red', /1.5 is not above 0 and at most 1/],
    ['a term’s weight runs into its word', TERMS, 1, 'rote\t0.55', /"0.55" is no meaning/],
    ['a term has no meaning', TERMS, 2, 'roteschuhe', /has no meaning/],
    ['a term stands there twice', TERMS, 3, 'rote\t1 red', /stands there twice/],
    ['a part stands there twice', PARTS, 2, 'schuh\t0.3\t1 shoe', /stands there twice/],
    ['a part’s share is no number', PARTS, 1, 'schuh\tthree\t1 shoe', /"three" is no number/],
    ['a part’s share is missing', PARTS, 2, 'e', /is no number/],
    ['a part’s share is above 1', PARTS, 2, 'e\t1.5\t1 ', /1.5 is not above 0/],
    ['a part’s share is nothing', PARTS, 2, 'e\t0\t1 ', /0 is not above 0/],
    ['a part’s weight is no number', PARTS, 1, 'schuh\t0.3\tone shoe', /"one" is no number/],
    ['a letter’s chance is no number', LETTERS, 4, 'r\tNaN', /"NaN" is no number/],
    ['a letter’s chance is missing', LETTERS, 1, 'r', /is no number/],
  ] as const) {
    test(`is refused with file and line where ${name}`, async () => {
      const directory = await written(language);
      const path = join(directory, file);
      const all = await linesOf(path);
      all[at - 1] = line;
      await writeFile(path, zstdCompressSync(all.map((each) => `${each}\n`).join('')));
      await assert.rejects(opened(directory), {
        ...{ code: 'ARTEFACT_INVALID', where: `${path}:${at}` },
        message,
      });
    });
  }

  for (const file of [TERMS, PARTS, LETTERS]) {
    test(`is refused where ${file} is truncated, at any byte`, async () => {
      const directory = await written(language);
      const path = join(directory, file);
      const bytes = await readFile(path);
      for (let size = 0; size < bytes.length; size++) {
        await writeFile(path, bytes.subarray(0, size));
        await assert.rejects(
          readLanguage(directory),
          { code: 'ARTEFACT_INVALID', where: path },
          `${size} bytes`,
        );
      }
    });

    test(`is refused where ${file} is no zstd, or is missing`, async () => {
      const directory = await written(language);
      const path = join(directory, file);
      await writeFile(path, 'rote\t1 red\n');
      await assert.rejects(readLanguage(directory), {
        code: 'ARTEFACT_INVALID',
        where: path,
        message: /no zstd/,
      });
      rmSync(path);
      await assert.rejects(readLanguage(directory), {
        code: 'ARTEFACT_INVALID',
        where: path,
        message: /cannot be read/,
      });
    });

    test(`is refused where ${file} lacks a line, has one more, or ends within one`, async () => {
      const directory = await written(language);
      const path = join(directory, file);
      const all = await linesOf(path);
      const message = new RegExp(`has \\d+ of ${all.length} lines`);
      const whole = all.map((line) => `${line}\n`).join('');
      for (const text of [
        whole.slice(0, whole.lastIndexOf('\n', whole.length - 2) + 1),
        `${whole}${whole}`,
        whole.slice(0, -1),
      ]) {
        await writeFile(path, zstdCompressSync(text));
        await assert.rejects(readLanguage(directory), { code: 'ARTEFACT_INVALID', where: path, message });
      }
    });
  }

  test('is refused where its manifest is missing, is no JSON, or is of another format', async () => {
    const directory = await written(language);
    const path = join(directory, 'manifest.json');
    const text = await readFile(path, 'utf8');
    for (const broken of [
      text.slice(0, -10),
      '[]',
      text.replace('"format": 1', '"format": 2'),
      text.replace(/"terms": \d+/, '"terms": -1'),
    ]) {
      await writeFile(path, broken);
      await assert.rejects(readLanguage(directory), {
        ...{ code: 'ARTEFACT_INVALID', where: path, message: /is no manifest of a language of format 1/ },
      });
    }
    rmSync(path);
    await assert.rejects(readLanguage(directory), { code: 'ARTEFACT_INVALID', where: path });
  });
});
