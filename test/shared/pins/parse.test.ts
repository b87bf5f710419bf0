import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { P2iError, type ErrorCode } from '../../../shared/errors/errors.ts';
import { parsePin, PIN_LIMITS } from '../../../shared/pins/parse.ts';

function refusalOf(value: unknown): { code: ErrorCode; message: string } {
  try {
    parsePin(value, 'x');
  } catch (error) {
    assert.ok(error instanceof P2iError);
    return { code: error.code, message: error.message };
  }
  throw new assert.AssertionError({ message: 'the Pin was accepted' });
}

describe('parsing a Pin', () => {
  test('only the id is required', () => {
    assert.deepEqual(parsePin({ id: 'p1' }, 'x'), {
      repaired: false,
      pin: {
        id: 'p1',
        version: 1,
        createdAt: 0,
        title: '',
        description: '',
        language: null,
        annotations: [],
        boards: [],
        engagement: {
          saves: null,
          clicks: null,
          closeups: null,
          impressions: null,
          femaleShare: null,
          maleShare: null,
        },
        kind: null,
        country: null,
        embedding: null,
        deleted: false,
      },
    });
  });

  test('null is the same as absent', () => {
    const { pin } = parsePin({ id: 'p1' }, 'x');
    const nulls = Object.fromEntries(Object.keys(pin).map((key) => [key, null]));
    assert.deepEqual(parsePin({ ...nulls, id: 'p1' }, 'x').pin, pin);
  });

  test('every field is read', () => {
    const fields = {
      id: 'p1',
      version: 3,
      createdAt: 1_700_000_000_000,
      title: 'An owl',
      description: 'in a tree',
      language: 'EN-gb',
      annotations: ['owl', { term: 'tree', confidence: 0.4, sources: ['title', 'link'] }, { term: 'night' }],
      boards: [{ id: 'b1', name: 'Birds' }, { id: 'b2' }],
      engagement: { saves: 12, femaleShare: 0.25 },
      kind: 'image',
      country: 'dk',
      embedding: [0.5, -1],
      deleted: true,
      imageUrl: 'ignored',
    };
    const { pin } = parsePin(fields, 'x');
    assert.equal(pin.version, 3);
    assert.equal(pin.createdAt, 1_700_000_000_000);
    assert.equal(pin.language, 'en-GB');
    assert.deepEqual(pin.annotations, [
      { term: 'owl', confidence: 1, sources: [] },
      { term: 'tree', confidence: 0.4, sources: ['title', 'link'] },
      { term: 'night', confidence: 1, sources: [] },
    ]);
    assert.deepEqual(pin.boards, [
      { id: 'b1', name: 'Birds' },
      { id: 'b2', name: '' },
    ]);
    assert.deepEqual(pin.engagement, {
      saves: 12,
      clicks: null,
      closeups: null,
      impressions: null,
      femaleShare: 0.25,
      maleShare: null,
    });
    assert.equal(pin.country, 'DK');
    assert.deepEqual(pin.embedding, Float32Array.of(0.5, -1));
    assert.equal(pin.deleted, true);
    assert.ok(!('imageUrl' in pin));
  });

  const invalid: [what: string, value: unknown, message: RegExp][] = [
    ['no object', [], /the Pin is not an object/],
    ['no id', { title: 'x' }, /the id is missing/],
    ['an empty id', { id: '' }, /the id is empty/],
    ['a number as id', { id: 7 }, /the id is a number; write it in quotes/],
    ['a lone surrogate in the id', { id: 'a\ud800' }, /the id has a lone surrogate/],
    ['a replacement character in the id', { id: 'a\ufffd' }, /replacement character/],
    ['a title that is no string', { id: 'a', title: 1 }, /title is not a string/],
    ['a negative version', { id: 'a', version: -1 }, /version is not an integer from 0/],
    [
      'a version beyond what the wire takes',
      { id: 'a', version: 2 ** 53 - 1 },
      /version is not an integer from 0 to 9007199254740990/,
    ],
    ['a fractional time', { id: 'a', createdAt: 0.5 }, /createdAt is not an integer/],
    ['a language that is no tag', { id: 'a', language: 'en_US' }, /language is not a BCP-47 tag/],
    ['a country that is no code', { id: 'a', country: 'Denmark' }, /country is not a two-letter/],
    ['annotations that are no array', { id: 'a', annotations: 'owl' }, /annotations is not an array/],
    [
      'an annotation without a term',
      { id: 'a', annotations: [{}] },
      /annotations\[0\]\.term is not a string/,
    ],
    [
      'a confidence over 1',
      { id: 'a', annotations: ['x', { term: 'y', confidence: 1.1 }] },
      /annotations\[1\]\.confidence is not a number from 0 to 1/,
    ],
    [
      'a confidence of NaN',
      { id: 'a', annotations: [{ term: 'y', confidence: NaN }] },
      /annotations\[0\]\.confidence is not a number from 0 to 1/,
    ],
    ['a source that is no string', { id: 'a', annotations: [{ term: 'y', sources: [1] }] }, /sources\[0\]/],
    ['a board without an id', { id: 'a', boards: [{ name: 'x' }] }, /boards\[0\]\.id is not a string/],
    [
      'negative engagement',
      { id: 'a', engagement: { saves: -1 } },
      /engagement\.saves is not a number from 0/,
    ],
    ['infinite engagement', { id: 'a', engagement: { clicks: Infinity } }, /engagement\.clicks/],
    [
      'a gender share over 1',
      { id: 'a', engagement: { maleShare: 2 } },
      /maleShare is not a number from 0 to 1/,
    ],
    ['an empty embedding', { id: 'a', embedding: [] }, /embedding is empty/],
    ['a deletion that is a word', { id: 'a', deleted: 'yes' }, /deleted is neither true nor false/],
    ['an embedding beyond 32 bits', { id: 'a', embedding: [1, 1e39] }, /embedding\[1\] is not a finite/],
  ];
  for (const [what, value, message] of invalid) {
    test(`${what} is PIN_INVALID and names the field`, () => {
      const refusal = refusalOf(value);
      assert.equal(refusal.code, 'PIN_INVALID');
      assert.match(refusal.message, message);
    });
  }

  const tooLarge: [what: string, value: object, message: RegExp][] = [
    ['an id of 257 characters', { id: 'x'.repeat(257) }, /the id has 257 characters; the limit is 256/],
    [
      'a title of a million characters',
      { title: 'x'.repeat(1e6) },
      /title has 1,000,000 characters; .* 100,000/,
    ],
    [
      'a title and description that are too long together',
      { title: 'x'.repeat(60_000), description: 'y'.repeat(40_001) },
      /title and description have 100,001 characters; the limit is 100,000/,
    ],
    [
      '100,000 annotations',
      { annotations: new Array<string>(100_000).fill('x') },
      /annotations has 100,000 elements; the limit is 1,000/,
    ],
    ['a long term', { annotations: ['x'.repeat(1001)] }, /annotations\[0\] has 1,001 characters/],
    ['too many boards', { boards: new Array<object>(1001).fill({ id: 'b' }) }, /boards has 1,001 elements/],
    ['a long embedding', { embedding: new Array<number>(4097).fill(0) }, /embedding has 4,097 elements/],
  ];
  for (const [what, fields, message] of tooLarge) {
    test(`${what} is PIN_TOO_LARGE with the size and the limit`, () => {
      const refusal = refusalOf({ id: 'a', ...fields });
      assert.equal(refusal.code, 'PIN_TOO_LARGE');
      assert.match(refusal.message, message);
    });
  }

  test('a Pin exactly at every limit is accepted', () => {
    const name = 'n'.repeat(PIN_LIMITS.nameCharacters);
    const { pin } = parsePin(
      {
        id: 'i'.repeat(PIN_LIMITS.idCharacters),
        title: 't'.repeat(PIN_LIMITS.textCharacters),
        annotations: new Array<string>(PIN_LIMITS.annotations).fill(name),
        boards: new Array<object>(PIN_LIMITS.boards).fill({ id: 'b', name }),
        embedding: new Array<number>(PIN_LIMITS.embeddingDimensions).fill(1),
      },
      'x',
    );
    assert.equal(pin.annotations.length, 1000);
  });

  test('lone surrogates in text become U+FFFD, and the caller hears of it', () => {
    const { pin, repaired } = parsePin({ id: 'a', title: 'x\ud800y', annotations: ['\udc00'] }, 'x');
    assert.equal(pin.title, 'x\ufffdy');
    assert.equal(pin.annotations[0].term, '\ufffd');
    assert.ok(repaired);
  });

  test('any JSON value gives a Pin or a coded error', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    const pins = fc.record({
      id: fc.oneof(fc.string(), fc.jsonValue()),
      version: field,
      createdAt: field,
      title: field,
      language: field,
      annotations: fc.oneof(field, fc.array(field), fc.array(fc.record({ term: field, confidence: field }))),
      boards: fc.oneof(field, fc.array(fc.record({ id: field, name: field }))),
      engagement: fc.oneof(field, fc.record({ saves: field, maleShare: field })),
      kind: field,
      country: field,
      embedding: fc.oneof(field, fc.array(fc.double())),
      deleted: field,
    });
    fc.assert(
      fc.property(pins, (value) => {
        try {
          parsePin(value, 'x');
        } catch (error) {
          assert.ok(error instanceof P2iError);
        }
      }),
    );
  });
});
