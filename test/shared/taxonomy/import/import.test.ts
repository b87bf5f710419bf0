import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { importTaxonomy, type ImportedTaxonomy } from '../../../../shared/taxonomy/import/import.ts';
import { parseTaxonomy, readTaxonomy } from '../../../../shared/taxonomy/read.ts';
import { PATHS } from '../../../../cli/paths.ts';

const imported = (text: string): Promise<ImportedTaxonomy> => importTaxonomy(Buffer.from(text), 'source');

const tree = (...elements: object[]): Promise<ImportedTaxonomy> => imported(JSON.stringify(elements));
const node = (id: string, parent: string | null, en = `the ${id}`): object => ({ id, parent, names: { en } });

const problemsOf = ({ problems }: ImportedTaxonomy): string[] =>
  problems.map(({ line, message }) => `${line}: ${message}`);

describe('importing a taxonomy', () => {
  test('numbers of the source stay, and the JSONL is a taxonomy', async () => {
    const { format, ids, jsonl, problems } = await imported('1 - Animals\n3237 - Animals > Live Animals\n');
    assert.deepEqual([format, ids, problems], ['paths', 'kept', []]);
    assert.equal(
      Buffer.from(jsonl).toString(),
      '{"id":1,"name":"Animals","parent":null}\n{"id":3237,"name":"Live Animals","parent":1}\n',
    );
    assert.equal(parseTaxonomy(jsonl, 'jsonl').pathName(1), 'Animals > Live Animals');
  });

  test('other ids become the same numbers in a later import, whatever is added and in whatever order', async () => {
    const before = await tree(node('aa', null), node('aa-1', 'aa'));
    const after = await tree(node('aa-2', 'aa'), node('aa-1', 'aa', 'renamed'), node('aa', null));
    assert.equal(before.ids, 'hashed');
    const idOf = ({ interests }: ImportedTaxonomy, name: string): number =>
      interests.find((interest) => interest.name === name)!.id;
    assert.equal(idOf(after, 'the aa'), idOf(before, 'the aa'));
    assert.equal(idOf(after, 'renamed'), idOf(before, 'the aa-1'));
  });

  test('aliases and translations go along, as do levels, which are checked', async () => {
    const { jsonl, problems } = await tree({
      ...node('a', null),
      level: 2,
      names: { en: 'a', de: 'A', fr: 'â' },
    });
    assert.match(Buffer.from(jsonl).toString(), /"level":2,"translations":\{"de":"A","fr":"â"\}\}\n$/);
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['a: interest a says level 2 but is at level 1'],
    );
    const skos = await imported(
      '@prefix s: <http://www.w3.org/2004/02/skos/core#> .\n' +
        '<http://x/a> a s:Concept ; s:prefLabel "a"@en ; s:altLabel "b"@en, "c"@en .',
    );
    assert.deepEqual(skos.interests[0].aliases, ['b', 'c']);
  });

  test('problems of the tree are told in words of the source', async () => {
    const deep = Array.from({ length: 11 }, (_, i) => node(`d${i}`, i === 0 ? null : `d${i - 1}`));
    const found = problemsOf(
      await tree(...deep, node('lost', 'nowhere'), node('x', 'y'), node('y', 'x'), node('d0', null), {
        id: 'z',
        parent: null,
        names: { de: 'kein Englisch', xyzzy_: 'kein Tag' },
      }),
    );
    assert.deepEqual(found.sort(), [
      '0: d10: interest d10 is at level 11; the deepest is 10',
      '0: lost: interest lost has the unknown parent nowhere',
      '0: the id d0 is there twice',
      '0: x: the parents form a cycle: x → y → x',
      '0: z: it has no English name (names.en)',
      '0: z: translations: "xyzzy_" is not a BCP-47 tag',
    ]);
  });

  test('where the source has lines, problems and warnings have them', async () => {
    const text =
      '# comment\n1 - Animals\n2 - Animals > Cats\n3 - Plants > Cats\n2 - Animals > Dogs\n4 - Plants\n';
    const { problems } = await imported(text.replace('4 - Plants\n', ''));
    assert.deepEqual(problems, [
      { line: 4, message: 'interest 3 has the unknown parent Plants' },
      { line: 5, message: 'the id 2 is already on line 3' },
    ]);
    const { warnings } = await imported(text.replace('2 - Animals > Dogs\n', ''));
    assert.deepEqual(warnings, [{ line: 3, message: '"cats" names 2 interests: 2 (line 3), 3 (line 4)' }]);
  });

  test('two ids with one hash are a problem that names both', async () => {
    const { problems } = await tree(node('c17439', null), node('c24164', null), node('x', 'nowhere'));
    const message = 'the ids c17439 and c24164 have the same hash, 1653536131; change one of them';
    assert.deepEqual(problems, [{ line: 0, message }]);
  });

  test('what cannot be read at all is one problem, and so is what is empty', async () => {
    assert.match(problemsOf(await imported('[{')).join(), /^0: malformed JSON: [^,]*$/);
    assert.deepEqual(problemsOf(await imported('[]')), ['0: the file has no interests']);
  });

  test('the format may be forced; what looks like none is told to name it', async () => {
    const { interests } = await importTaxonomy(Buffer.from('Animals\nPlants\n'), 'source', 'paths');
    assert.equal(interests.length, 2);
    await assert.rejects(imported('Animals\nPlants\n'), {
      code: 'CONFIG_INVALID',
      message: '--format: source looks like no format that is imported; name it: tree, paths, turtle, rdfxml',
    });
    await assert.rejects(importTaxonomy(Buffer.from('A > \xff', 'latin1'), 'source'), {
      code: 'TAXONOMY_INVALID',
      message: 'source: the file is not UTF-8',
    });
  });

  test('the bundled taxonomy of Shopify is as its card says', async () => {
    const taxonomy = await readTaxonomy(PATHS.shopify);
    assert.equal(taxonomy.version, 'cca6b2f64f57');
    assert.deepEqual(taxonomy.countByLevel(), [26, 211, 1467, 3724, 3431, 1300, 386, 50]);
    const languages = new Map<string, number>();
    for (const names of taxonomy.translations.values())
      for (const tag of Object.keys(names)) languages.set(tag, (languages.get(tag) ?? 0) + 1);
    assert.deepEqual([languages.size, new Set(languages.values())], [20, new Set([10_315])]);
    const card = await readFile(new URL('../../../../data/shopify/README.md', import.meta.url), 'utf8');
    for (const said of ['10,595', 'cca6b2f64f57', '26, 211, 1,467, 3,724, 3,431, 1,300, 386, 50', '10,315'])
      assert.ok(card.includes(said), said);
    for (const tag of languages.keys()) assert.ok(card.includes(tag), tag);
  });
});
