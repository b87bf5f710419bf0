import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findAmbiguousNames } from '../../../shared/taxonomy/ambiguity.ts';
import { checkTaxonomy } from '../../../shared/taxonomy/check.ts';
import { parseTaxonomy, readTaxonomy } from '../../../shared/taxonomy/read.ts';

const bytesOf = (...lines: unknown[]): Uint8Array =>
  Buffer.from(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));

const problemsOf = (...lines: unknown[]): string[] =>
  checkTaxonomy(bytesOf(...lines)).problems.map(({ line, message }) => `${line}: ${message}`);

const NATURE = { id: 1, name: 'nature', parent: null };

describe('checking a taxonomy file', () => {
  test('every field is read, and parents may come after their children', () => {
    const { interests, problems, warnings } = checkTaxonomy(
      bytesOf(
        {
          id: 2,
          name: 'owls',
          parent: 1,
          level: 2,
          aliases: ['owl'],
          translations: { da: 'ugler', 'pt-BR': ['corujas', 'mochos'] },
          unsafe: true,
          hidden: true,
        },
        '',
        NATURE,
      ),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, []);
    assert.deepEqual(interests[0], {
      id: 2,
      name: 'owls',
      parent: 1,
      aliases: ['owl'],
      translations: { da: ['ugler'], 'pt-BR': ['corujas', 'mochos'] },
      unsafe: true,
      hidden: true,
    });
  });

  test('every problem is reported at once, with its line', () => {
    assert.deepEqual(
      problemsOf(
        NATURE,
        '{"id": 2, "name"',
        { name: 'no id', parent: null },
        { id: 1, name: 'again', parent: null },
        { id: 0, name: 'zero', parent: null },
        { id: 2.5, name: 'half', parent: null },
        { id: 6, name: 'lost', parent: 77 },
        { id: 7, name: '  ', parent: 1 },
        { id: 8, name: 'broken \ud800', parent: 1 },
        { id: 9, name: 'too high', parent: 1, level: 3 },
        { id: 10, name: 'a', parent: 11 },
        { id: 11, name: 'b', parent: 10 },
        { id: 12, name: 'below the cycle', parent: 11 },
        { id: 13, name: 'itself', parent: 13 },
        { id: 14, name: 'rootless' },
        '[]',
      ),
      [
        "2: malformed JSON: Expected ':' after property name in JSON at position 16 (line 1 column 17)",
        '3: the id is missing',
        '4: the id 1 is already on line 1',
        '5: the id is 0, not an integer from 1 to 2147483647',
        '6: the id is 2.5, not an integer from 1 to 2147483647',
        '7: interest 6 has the unknown parent 77',
        '8: the name is empty',
        '9: the name has a lone surrogate',
        '10: interest 9 says level 3 but is at level 2',
        '11: the parents form a cycle: 10 → 11 → 10',
        '14: the parents form a cycle: 13 → 13',
        '15: the parent is missing; a root says "parent": null',
        '16: the line is not a JSON object',
      ],
    );
  });

  test('several problems of one line are all reported', () => {
    assert.deepEqual(
      problemsOf({
        id: 'x',
        name: 7,
        parent: -1,
        level: 'one',
        aliases: 'owl',
        translations: { 'not a tag': 'x', da: [''] },
        unsafe: 'yes',
      }),
      [
        '1: the id is "x", not an integer from 1 to 2147483647',
        '1: the parent is -1, neither null nor an integer from 1 to 2147483647',
        '1: the name is not a string',
        '1: aliases is not an array of strings',
        '1: translations: "not a tag" is not a BCP-47 tag',
        '1: translations.da[0] is empty',
        '1: unsafe is neither true nor false',
        '1: the level is "one", not an integer',
      ],
    );
  });

  test('10 levels are allowed, the eleventh is a problem', () => {
    const chain = Array.from({ length: 12 }, (_, i) => ({ id: i + 1, name: `n${i}`, parent: i || null }));
    assert.deepEqual(problemsOf(...chain.slice(0, 10)), []);
    assert.deepEqual(problemsOf(...chain), [
      '11: interest 11 is at level 11; the deepest is 10',
      '12: interest 12 is at level 12; the deepest is 10',
    ]);
  });

  test('a chain of 100,000 and a cycle of 100,000 are reported without a stack overflow', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => ({ id: i + 1, name: 'n', parent: i || null }));
    assert.equal(checkTaxonomy(bytesOf(...chain)).problems.length, 100_000 - 10);
    const cycle = [{ id: 1, name: 'n', parent: 100_000 }, ...chain.slice(1)];
    const { problems } = checkTaxonomy(bytesOf(...cycle));
    assert.equal(problems.length, 1);
    assert.match(problems[0].message, /^the parents form a cycle: 1 → 100000 → .* \(99988 more\) → 1$/);
  });

  test('a value nested a million deep is a problem like any other', () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    assert.deepEqual(problemsOf(`{"id": ${deep}, "name": "x", "parent": null}`), [
      '1: the id is an array, not an integer from 1 to 2147483647',
    ]);
  });

  test('a line that is not UTF-8 is named; a byte order mark is not part of the first line', () => {
    const good = bytesOf(NATURE);
    const bad = Buffer.concat([good, Buffer.from('\n{"id":2,"name":"\xff","parent":1}', 'latin1')]);
    assert.deepEqual(checkTaxonomy(bad).problems, [{ line: 2, message: 'the line is not UTF-8' }]);
    assert.deepEqual(checkTaxonomy(Buffer.concat([Buffer.from('\ufeff'), good])).problems, []);
  });

  test('an empty file is a problem of the file', () => {
    assert.deepEqual(problemsOf(''), ['0: the file has no interests']);
  });

  test('unknown fields are warned of', () => {
    const { problems, warnings } = checkTaxonomy(bytesOf({ ...NATURE, alias: ['x'] }));
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, [{ line: 1, message: 'unknown field "alias" is ignored' }]);
  });

  test('any bytes give a report, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), { maxLength: 8 }), (lines) => {
        const { interests, problems } = checkTaxonomy(Buffer.from(lines.join('\n')));
        assert.ok(problems.length > 0 || interests.length > 0);
      }),
    );
  });
});

describe('ambiguous names', () => {
  test('a name or alias of several interests is named once, without regard to case, width and spacing', () => {
    const check = checkTaxonomy(
      bytesOf(
        NATURE,
        { id: 2, name: 'Bath  ', parent: 1 },
        { id: 3, name: 'ｂａｔｈ', parent: 1 },
        { id: 4, name: 'tub', parent: 1, aliases: ['bath', 'Tub'] },
      ),
    );
    assert.deepEqual(check.problems, []);
    assert.deepEqual(findAmbiguousNames(check), [
      { line: 2, message: '"bath" names 3 interests: 2 (line 2), 3 (line 3), 4 (line 4)' },
    ]);
  });
});

describe('reading a taxonomy', () => {
  test('an invalid file is refused with all its problems, the list capped with a count', () => {
    const lost = Array.from({ length: 60 }, (_, i) => ({ id: i + 1, name: 'x', parent: 1000 }));
    assert.throws(() => parseTaxonomy(bytesOf(...lost), 't.jsonl'), {
      code: 'TAXONOMY_INVALID',
      where: 't.jsonl',
      message:
        /^t\.jsonl: 60 problems\n {2}line 1: interest 1 has the unknown parent 1000\n[^]*\n {2}and 10 more$/,
    });
  });

  test('a file that is not there is INPUT_UNREADABLE', async () => {
    await assert.rejects(readTaxonomy('no/such/file.jsonl'), {
      code: 'INPUT_UNREADABLE',
      message: /^no\/such\/file\.jsonl: .*ENOENT/,
    });
  });
});
