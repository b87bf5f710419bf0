import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recogniseFormat } from '../../../../shared/taxonomy/import/format.ts';

describe('what a file looks like', () => {
  const looks = (texts: readonly string[], format: string | undefined): void => {
    for (const text of texts) assert.equal(recogniseFormat(text), format, text);
  };

  test('a JSON array is a tree', () => looks(['[{"id": "aa"}]', '\n  [\n]'], 'tree'));

  test('lines of which one goes deeper are paths, with numbers or without, after comments', () => {
    looks(
      [
        '# Google_Product_Taxonomy_Version: 2021-09-21\n1 - Animals\n3237 - Animals > Live Animals\n',
        'Animals\r\nAnimals > Live Animals\r\n',
        '@home\n@home > lamps',
      ],
      'paths',
    );
  });

  test('prefixes, a base or an IRI begin Turtle, after comments', () => {
    looks(
      [
        '@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n',
        '# a thesaurus > with roots\n\nPREFIX : <http://example.org/>\n',
        '@base <http://example.org/> .',
        '<http://example.org/1> a <http://www.w3.org/2004/02/skos/core#Concept> .',
        '_:a <http://example.org/p> 1 .',
      ],
      'turtle',
    );
  });

  test('an XML declaration, a comment or rdf:RDF begins RDF/XML', () => {
    looks(
      [
        '<?xml version="1.0"?>\n<rdf:RDF>',
        '<!-- made by hand -->',
        '<!DOCTYPE rdf:RDF [',
        '<rdf:RDF\n xmlns:a="b">',
        '<RDF>',
      ],
      'rdfxml',
    );
  });

  test('our JSONL, prose and nothing are none of them', () => {
    looks(
      ['{"id": 1, "name": "a > b", "parent": null}', 'a line\nand another', '', '# only > comments'],
      undefined,
    );
  });
});
