import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  EDGE,
  readSpelling,
  spellingUnits,
  writeSpelling,
  type SpellingModel,
} from '../../../shared/translation/spelling.ts';

const PATH = 'languages/xx/spelling.tsv.zst';

describe('the spelling model of a language', () => {
  const model: SpellingModel = new Map([
    [
      'sch',
      [
        { english: 'sh', chance: 0.75 },
        { english: 'sk', chance: 0.125 },
      ],
    ],
    [' k', [{ english: 'c', chance: 1 }]],
    ['ie ', [{ english: 'y', chance: 0.5 }]],
    [' e ', [{ english: '', chance: 0.25 }]],
    [
      'h',
      [
        { english: '', chance: 0.625 },
        { english: 'h', chance: 0.375 },
      ],
    ],
  ]);

  test('is a chunk a line, its spellings in their order behind their chances', () => {
    assert.equal(
      writeSpelling(model),
      'sch\t0.75 sh\t0.125 sk\n' + ' k\t1 c\n' + 'ie \t0.5 y\n' + ' e \t0.25 \n' + 'h\t0.625 \t0.375 h\n',
    );
  });

  test('is read as it was written, with the edges of words and what is not written', () => {
    assert.deepEqual([...readSpelling(writeSpelling(model), PATH)], [...model]);
  });

  test('is read as it was written, whatever its chunks and spellings', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 }).map((some) => some.replace(/[\t\n]/g, ' '));
    /** In the digits that are kept. */
    const chance = fc
      .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 3, max: 12 }))
      .map(([digits, places]) => Number(`${digits}e-${places}`));
    const spellings = fc.array(fc.record({ english: text, chance }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, spellings), { selector: ([chunk]) => chunk }), (chunks) => {
        assert.deepEqual([...readSpelling(writeSpelling(new Map(chunks)), PATH)], chunks);
      }),
    );
  });

  test('keeps three digits of a chance, however small', () => {
    const spellings = [2 / 3, 1 / 81_000].map((chance) => ({ english: 'ph', chance }));
    assert.equal(writeSpelling(new Map([['f', spellings]])), 'f\t0.667 ph\t0.0000123 ph\n');
  });

  test('of nothing is an empty text', () => {
    assert.equal(writeSpelling(new Map()), '');
    assert.equal(readSpelling('', PATH).size, 0);
  });
});

describe('a spelling model that is broken', () => {
  for (const [name, line, message] of [
    ['a chance is missing', 'f\tph', /has a spelling without its chance/],
    ['a chance stands alone', 'f\t0.5', /has a spelling without its chance/],
    ['a spelling is an empty cell', 'f\t0.5 ph\t', /has a spelling without its chance/],
    ['a later spelling has no chance', 'f\t0.5 ph\tf', /has a spelling without its chance/],
    ['a chance is empty', 'f\t ph', /"" is no number/],
    ['a chance is no number', 'f\tx ph', /"x" is no number/],
    ['a chance is nothing', 'f\t0 ph', /0 is not above 0 and at most 1/],
    ['a chance is negative', 'f\t-0.5 ph', /-0.5 is not above 0 and at most 1/],
    ['a chance is above 1', 'f\t0.5 ph\t1.5 f', /1.5 is not above 0 and at most 1/],
    ['a chance is infinite', 'f\tInfinity ph', /"Infinity" is no number/],
  ] as const) {
    test(`is refused with file and line where ${name}`, () => {
      for (const text of [` k\t1 c\n${line}\nk\t1 c\n`, ` k\t1 c\n${line}`])
        assert.throws(() => readSpelling(text, PATH), {
          ...{ code: 'ARTEFACT_INVALID', where: `${PATH}:2` },
          message,
        });
    });
  }
});

describe('the units of a word', () => {
  test('are its characters between two edges', () => {
    assert.deepEqual(spellingUnits('foto'), [EDGE, 'f', 'o', 't', 'o', EDGE]);
    assert.deepEqual(spellingUnits('山🏔'), [EDGE, '山', '🏔', EDGE]);
    assert.deepEqual(spellingUnits(''), [EDGE, EDGE]);
  });

  test('are what Unicode composes a letter of', () => {
    assert.deepEqual(spellingUnits('é'), [EDGE, 'e', '\u0301', EDGE]);
    assert.deepEqual(spellingUnits('강'), [EDGE, '\u1100', '\u1161', '\u11bc', EDGE]);
  });
});
