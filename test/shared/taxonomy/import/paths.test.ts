import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { importPaths } from '../../../../shared/taxonomy/import/paths.ts';

/** The first lines of Google's own file. */
const GOOGLE = `# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animals & Pet Supplies
3237 - Animals & Pet Supplies > Live Animals
2 - Animals & Pet Supplies > Pet Supplies
3 - Animals & Pet Supplies > Pet Supplies > Bird Supplies
`;

const rowsOf = (text: string): unknown[] =>
  importPaths(text).interests.map(({ id, name, parent, line }) => [id, name, parent, line]);

describe('product-taxonomy lines', () => {
  test('numbers are the ids, the last part of the path is the name', () => {
    const rows = [
      ['1', 'Animals & Pet Supplies', null, 2],
      ['3237', 'Live Animals', '1', 3],
      ['2', 'Pet Supplies', '1', 4],
      ['3', 'Bird Supplies', '2', 5],
    ];
    assert.deepEqual(rowsOf(GOOGLE), rows);
    assert.deepEqual(rowsOf(GOOGLE.replaceAll('\n', '\r\n')), rows);
    assert.deepEqual(importPaths(GOOGLE).problems, []);
  });

  test('without numbers the path is the id; children may come first', () => {
    assert.deepEqual(rowsOf('Animals > Live Animals\nAnimals\n\nAnimals > 3 - D Models'), [
      ['Animals > Live Animals', 'Live Animals', 'Animals', 1],
      ['Animals', 'Animals', null, 2],
      ['Animals > 3 - D Models', '3 - D Models', 'Animals', 4],
    ]);
  });

  test('a path whose parent has no line names it all the same', () => {
    assert.deepEqual(rowsOf('1 - A\n2 - A > B > C'), [
      ['1', 'A', null, 1],
      ['2', 'C', 'A > B', 2],
    ]);
  });

  test('a missing number, a path twice and an empty name are told with their lines', () => {
    assert.deepEqual(importPaths('1 - A\nA > B\n2 - A\n3 - A >').problems, [
      { line: 2, message: 'the line has no number, as the first one does' },
      { line: 3, message: 'the path A is already on line 1' },
      { line: 4, message: 'the path ends with no name' },
    ]);
  });
});
