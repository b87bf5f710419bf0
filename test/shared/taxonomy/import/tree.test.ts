import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { importTree } from '../../../../shared/taxonomy/import/tree.ts';

const problemsOf = (...elements: unknown[]): string[] =>
  importTree(JSON.stringify(elements)).problems.map(({ message }) => message);

describe('a JSON tree', () => {
  test('English is the name, other languages are translations, blank ones are not there', () => {
    const { interests, problems } = importTree(
      JSON.stringify([
        {
          id: 'aa-1',
          parent: 'aa',
          level: 2,
          names: { en: 'Clothing', de: 'Kleidung', 'pt-BR': 'Roupas', fr: ' ' },
        },
        { id: 'aa', parent: null, names: { en: 'Apparel' } },
        { id: 3, parent: 4, names: { en: 'Numbers' } },
      ]),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(interests, [
      {
        ...{ id: 'aa-1', name: 'Clothing', parent: 'aa', aliases: [], level: 2, line: 0 },
        translations: { de: ['Kleidung'], 'pt-BR': ['Roupas'] },
      },
      { id: 'aa', name: 'Apparel', parent: null, aliases: [], translations: {}, line: 0 },
      { id: '3', name: 'Numbers', parent: '4', aliases: [], translations: {}, line: 0 },
    ]);
  });

  test('every problem is reported with the interest that it is about', () => {
    assert.deepEqual(
      problemsOf(
        'aa',
        { parent: null, names: {} },
        { id: 'b', names: { en: 'no parent' } },
        { id: 'c', parent: null },
        { id: 'd', parent: null, level: 'two', names: { de: 'Kleidung', fr: 7 } },
        { id: 'e', parent: null, names: { en: '' } },
      ),
      [
        'element 0: it is not an object',
        'element 1: the id is neither a string nor an integer',
        'b: the parent is neither an id nor null',
        'c: names is not an object of languages',
        'c: it has no English name (names.en)',
        'd: names.fr is not a string',
        'd: it has no English name (names.en)',
        'd: the level is not an integer',
        'e: it has no English name (names.en)',
      ],
    );
  });

  test('what is no JSON array is one problem', () => {
    assert.match(importTree('[{').problems[0].message, /^malformed JSON: /);
    assert.deepEqual(importTree('{}').problems, [
      { line: 0, message: 'the JSON is not an array of interests' },
    ]);
  });
});
