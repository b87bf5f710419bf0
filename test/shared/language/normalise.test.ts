import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalise } from '../../../shared/language/normalise.ts';

test('case, accents, width and invisible marks make no difference', () => {
  assert.equal(normalise('CAFÉ'), 'cafe');
  assert.equal(normalise('ＡＢＣ'), 'abc');
  assert.equal(normalise('a\u200fb\u200dc'), 'abc');
  assert.equal(normalise('ﬁne'), 'fine');
});

test('marks that are letters of their script stay', () => {
  assert.equal(normalise('हिन्दी'), 'हिन्दी');
  assert.equal(normalise('がぎ'), 'がぎ');
});

test('letters with strokes, dots and ties are those that a keyboard has in their place', () => {
  for (const [written, plain] of Object.entries({
    ...{ Straße: 'strasse', STRASSE: 'strasse', STRAẞE: 'strasse', Größe: 'grosse' },
    ...{ ısı: 'isi', Işık: 'isik', İstanbul: 'istanbul', 'I\u0307stanbul': 'istanbul' },
    ...{ smørrebrød: 'smorrebrod', Ærø: 'aero', 'Ǽ ǿ': 'ae o', œuvre: 'oeuvre' },
    ...{ Łódź: 'lodz', đak: 'dak', Þór: 'thor', ħ: 'h', garðr: 'gardr' },
  })) {
    assert.equal(normalise(written), plain, written);
  }
});

test('accents make no difference, composed or not', () => {
  for (const word of ['crème', 'Ünlü', 'tiếng Việt', 'Ёлка', 'ΆΝΘΡΩΠΟΣ', 'Ǿ', 'žluťoučký'])
    assert.equal(normalise(word.normalize('NFC')), normalise(word.normalize('NFD')), word);
  assert.equal(normalise('tiếng Việt'), 'tieng viet');
});

test('a Thai or Lao vowel that is written in two pieces is the one that dictionaries have', () => {
  const water = '\u0e19\u0e49\u0e33';
  assert.equal(normalise(water), water);
  assert.equal(normalise('\u0e19\u0e49\u0e4d\u0e32'), water);
  assert.equal(normalise('\u0e99\u0ec9\u0ecd\u0eb2'), normalise('\u0e99\u0ec9\u0eb3'));
});

test('half-width katakana are katakana, with the marks that are letters of their own beside them', () => {
  assert.equal(normalise('ｶﾞｰﾃﾞﾝ'), 'ガーデン');
  assert.equal(normalise('ﾊﾟｯﾄﾞ'), 'パッド');
  assert.equal(normalise('カ\u3099'), 'ガ');
});

/** Characters that change in several steps, or change with their neighbours. */
const TRICKY = [
  ...['ß', 'ẞ', 'ı', 'İ', 'I', 'ø', 'Ǿ', 'ǽ', 'æ', 'Œ', 'ł', 'Đ', 'ð', 'Σ', 'σ', 'ŉ', 'ﬃ', 'ǰ', 'K', 'ΐ'],
  ...[
    '\u0e33',
    '\u0e4d',
    '\u0e32',
    '\u0e49',
    '\u0ecd',
    '\u0eb2',
    'ｶ',
    'ﾞ',
    '\u3099',
    'カ',
    '가',
    '\u1100',
    '\u1161',
  ],
  ...[
    '\u0301',
    '\u0307',
    '\u0345',
    '\u200d',
    '\ufe0f',
    '\u00ad',
    '\ud83c',
    '\udfd4',
    '\u{1d400}',
    'a',
    ' ',
    "'",
  ],
];

test('normalising twice changes nothing more, whatever the text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.array(fc.constantFrom(...TRICKY), { maxLength: 8 }).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(text, (some) => {
      const once = normalise(some);
      assert.equal(normalise(once), once);
      assert.ok(once.isWellFormed());
    }),
    { numRuns: 3000 },
  );
});

test('normalising twice changes nothing more, whatever the character', () => {
  for (let code = 0; code <= 0x1ffff; code++) {
    const once = normalise(String.fromCodePoint(code));
    if (normalise(once) !== once) assert.fail(`U+${code.toString(16)}`);
  }
});
