import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';

const FOLDER = new URL('../../../data/everyday/', import.meta.url);
const TAGS =
  'en cs da de es fi fr it ja ko nb nl pl pt-BR pt-PT sv th tr vi zh-Hans zh-Hant'.split(' ');

describe('everyday phrases', () => {
  let header: string[];
  let lines: string[];
  let rows: string[][];

  before(() => {
    const text = zstdDecompressSync(readFileSync(new URL('phrases.tsv.zst', FOLDER))).toString('utf8');
    assert.ok(text.endsWith('\n'));
    const [first, ...rest] = text.slice(0, -1).split('\n');
    header = first.split('\t');
    lines = rest;
    rows = rest.map((line) => line.split('\t'));
  });

  /** All phrases of a language beside an English phrase, in lower case. */
  function translations(english: string, tag: string): string[] {
    const column = TAGS.indexOf(tag);
    return rows
      .filter((row) => row[0].toLowerCase() === english && row[column] !== '')
      .map((row) => row[column].toLowerCase());
  }

  it('have a column for each language', () => {
    assert.deepEqual(header, TAGS);
  });

  it('are as many in each language as the card says', () => {
    const card = readFileSync(new URL('README.md', FOLDER), 'utf8');
    const said = [...card.matchAll(/^\| ([a-z]{2}(?:-\w+)?) +\| [A-Z][^|]+\| +([\d,]+) +\|$/gm)].map(
      ([, tag, count]) => [tag, Number(count.replaceAll(',', ''))] as const,
    );
    const counted = TAGS.map(
      (tag, column) => [tag, rows.filter((row) => row[column] !== '').length] as const,
    );
    assert.deepEqual(said, counted);
  });

  it('fill every row with English and at least one translation', () => {
    for (const row of rows) {
      assert.equal(row.length, TAGS.length);
      assert.notEqual(row[0], '');
      assert.ok(
        row.slice(1).some((cell) => cell !== ''),
        row[0],
      );
    }
  });

  it('are sorted, none of them twice', () => {
    assert.deepEqual(lines, [...new Set(lines)].sort());
  });

  it('hold no control or format character, no emoji, no bracket, and no space at either end', () => {
    for (const cell of rows.flat()) {
      assert.doesNotMatch(cell, /[\p{Cc}\p{Cf}\p{Extended_Pictographic}()（）[\]]|^\s|\s$|\s\s/u);
    }
  });

  it('are written in the letters of the language', () => {
    const letters = {
      ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
      ko: /\p{Script=Hangul}/u,
      th: /\p{Script=Thai}/u,
      'zh-Hans': /\p{Script=Han}/u,
      'zh-Hant': /\p{Script=Han}/u,
    };
    for (const [tag, letter] of Object.entries(letters)) {
      const column = TAGS.indexOf(tag);
      for (const row of rows) if (row[column] !== '') assert.match(row[column], letter);
    }
  });

  const known: [source: string, english: string, tag: string, phrase: string][] = [
    ['emoji', 'dog', 'de', 'hund'],
    ['emoji', 'dog', 'fi', 'koira'],
    ['emoji', 'dog', 'ja', 'イヌ'],
    ['emoji', 'dog', 'tr', 'köpek'],
    ['emoji', 'fire', 'zh-Hant', '火'],
    ['emoji', 'key', 'nb', 'nøkkel'],
    ['territories', 'germany', 'pl', 'niemcy'],
    ['territories', 'turkey', 'fr', 'turquie'],
    ['territories', 'turkey', 'de', 'türkei'],
    ['emoji', 'turkey', 'de', 'truthahn'],
    ['languages', 'swedish', 'sv', 'svenska'],
    ['cities', 'copenhagen', 'da', 'københavn'],
    ['calendar', 'march', 'vi', 'tháng 3'],
    ['units', 'hours', 'cs', 'hodiny'],
    ['map features', 'bakery', 'es', 'panadería'],
    ['map features', 'library', 'pt-BR', 'biblioteca'],
    ['emoji keywords', 'vegetable', 'fi', 'vihannes'],
    ['emoji keywords', 'vegetable', 'ja', '野菜'],
  ];
  for (const [source, english, tag, phrase] of known) {
    it(`say ${phrase} (${tag}) for ${english}, from ${source}`, () => {
      const found = translations(english, tag);
      assert.ok(found.includes(phrase), found.join(', '));
    });
  }
});
