import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LineReader } from '../../../shared/translation/line-reader.ts';
import { ofCode } from '../../support/assertions.ts';

const PATH = 'languages/xx/terms.tsv.zst';

/** All cells of all lines. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  for (const lines = new LineReader(text, PATH); lines.next();) {
    const cells: string[] = [];
    while (lines.nextCell()) cells.push(text.slice(lines.start, lines.end));
    rows.push(cells);
  }
  return rows;
}

/** A reader at the first cell of a text. */
function at(text: string): LineReader {
  const lines = new LineReader(text, PATH);
  assert.ok(lines.next());
  assert.ok(lines.nextCell());
  return lines;
}

describe('reading lines of cells', () => {
  test('gives the cells of each line, empty ones too', () => {
    assert.deepEqual(rowsOf('rote\t0.5 red\t0.25 ruby slipper\nschuh\t1 shoe\n'), [
      ['rote', '0.5 red', '0.25 ruby slipper'],
      ['schuh', '1 shoe'],
    ]);
    assert.deepEqual(rowsOf('\ta\t\tb\t\n\n\t\n'), [['', 'a', '', 'b', ''], [''], ['', '']]);
  });

  test('reads a last line without a line feed like any other', () => {
    assert.deepEqual(rowsOf('a\tb\nc\td'), rowsOf('a\tb\nc\td\n'));
    assert.deepEqual(rowsOf('a'), [['a']]);
    assert.deepEqual(rowsOf('a\t'), [['a', '']]);
  });

  test('finds no line in an empty text', () => {
    const lines = new LineReader('', PATH);
    assert.equal(lines.next(), false);
    assert.equal(lines.nextCell(), false);
    assert.equal(lines.lines, 0);
  });

  test('stays behind the last cell and behind the last line', () => {
    const lines = new LineReader('a\n', PATH);
    lines.next();
    lines.nextCell();
    assert.equal(lines.nextCell(), false);
    assert.equal(lines.nextCell(), false);
    assert.equal(lines.next(), false);
    assert.equal(lines.next(), false);
    assert.equal(lines.lines, 1);
  });

  test('has no cell before the first line', () => {
    assert.equal(new LineReader('a\tb\n', PATH).nextCell(), false);
  });

  test('goes to the next line from any cell', () => {
    const lines = new LineReader('a\tb\tc\nd\te\n', PATH);
    lines.next();
    lines.nextCell();
    lines.next();
    lines.nextCell();
    assert.equal(lines.text.slice(lines.start, lines.end), 'd');
    assert.equal(lines.lines, 2);
  });

  test('gives whatever cells were written', () => {
    const cell = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\t\n]/g, ''));
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1 })), (rows) => {
        assert.deepEqual(rowsOf(rows.map((cells) => `${cells.join('\t')}\n`).join('')), rows);
      }),
    );
  });
});

describe('numbers of cells', () => {
  test('are read between the places that are given', () => {
    const lines = at('x0.25 red');
    assert.equal(lines.number(1, 5), 0.25);
    assert.equal(lines.share(1, 5), 0.25);
    assert.equal(lines.number(1, 2), 0);
  });

  test('may be negative, large or small, but are shares only above 0 and up to 1', () => {
    for (const text of ['-3.25', '0', '1.001', '1e3']) {
      const lines = at(text);
      assert.equal(lines.number(lines.start, lines.end), Number(text));
      assert.throws(
        () => lines.share(lines.start, lines.end),
        ofCode('ARTEFACT_INVALID', /is not above 0 and at most 1/),
      );
    }
    for (const text of ['1', '0.001', '1e-7']) {
      const lines = at(text);
      assert.equal(lines.share(lines.start, lines.end), Number(text));
    }
  });

  test('are refused where there is none, or one without end', () => {
    for (const text of ['', 'red', '0.5 red', '0,5', 'NaN', 'Infinity', '-Infinity', '1e999']) {
      const lines = at(`a\n${text}\t`);
      assert.ok(lines.next());
      assert.ok(lines.nextCell());
      for (const read of [lines.number.bind(lines), lines.share.bind(lines)])
        assert.throws(() => read(lines.start, lines.end), {
          ...{ code: 'ARTEFACT_INVALID', where: `${PATH}:2` },
          message: `${PATH}:2: ${JSON.stringify(text)} is no number`,
        });
    }
  });
});

describe('that a line is invalid', () => {
  test('is said with its file and its line, counted from 1', () => {
    const lines = new LineReader('a\n\nb', PATH);
    for (const line of [1, 2, 3]) {
      assert.ok(lines.next());
      const { code, where, message } = lines.invalid('has no meaning');
      assert.deepEqual([code, where], ['ARTEFACT_INVALID', `${PATH}:${line}`]);
      assert.equal(message, `${PATH}:${line}: has no meaning`);
    }
  });
});
