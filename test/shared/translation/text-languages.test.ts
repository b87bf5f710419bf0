import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TokenBuffer } from '../../../shared/language/tokens.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import { TextLanguages } from '../../../shared/translation/text-languages.ts';
import { NO_LANGUAGES } from '../../support/languages.ts';
import { languageOf } from '../../support/toy-language.ts';

/** Words of open syllables; a relative that ends many of them otherwise; and words of clusters, which are like neither. */
const OPEN = ['kala', 'mano', 'tipo', 'raku', 'nilo', 'sama', 'toki', 'paleto', 'mikano', 'lurami'];
const RELATIVE = ['kala', 'mano', 'tipo', 'rako', 'nila', 'samo', 'toka', 'paleta', 'mikana', 'lurame'];
const CLUSTERED = ['strokt', 'glarst', 'brinks', 'schtolm', 'kwarft', 'plonsk', 'trekst', 'drunkt', 'sprelg'];

const languages = Languages.of([
  languageOf('oo', OPEN),
  languageOf('rr', RELATIVE),
  languageOf('xx', CLUSTERED),
]);

/** Words that both relatives have. */
const AMBIGUOUS = 'kala';

/** Long texts of words that the other has not. */
const LONG_OPEN = 'raku nilo sama toki paleto mikano lurami';
const LONG_RELATIVE = 'rako nila samo toka paleta mikana lurame';

/** A text's languages and their shares. */
type Found = readonly (readonly [tag: string, share: number])[];

function foundBy(texts: TextLanguages, text: number, tags = languages.tags): Found {
  texts.of(text);
  return Array.from(texts.found.subarray(0, texts.count), (language, i) => [tags[language], texts.share[i]]);
}

/** The languages of the first of the texts of a Pin. */
function languagesOf(stated: string | null, ...texts: readonly string[]): Found {
  const reader = new TextLanguages(languages);
  reader.begin(stated);
  for (const text of texts) reader.add(text);
  return foundBy(reader, 0);
}

const tagsOf = (found: Found): string[] => found.map(([tag]) => tag);
const shareOf = (found: Found, tag: string): number => found.find(([own]) => own === tag)?.[1] ?? 0;

describe('the languages of a text', () => {
  test('are the one that it is in, wholly, where it is like no other', () => {
    assert.deepEqual(languagesOf(null, 'schtolm'), [['xx', 1]]);
    assert.deepEqual(languagesOf(null, LONG_OPEN), [['oo', 1]]);
    assert.deepEqual(languagesOf(null, LONG_RELATIVE), [['rr', 1]]);
  });

  test('are two where it lies between them, the likelier first, with shares that add to 1', () => {
    const found = languagesOf(null, AMBIGUOUS);
    assert.deepEqual(tagsOf(found).sort(), ['oo', 'rr']);
    const [[, more], [, less]] = found;
    assert.ok(more >= less && less > 0.1, `${more} ${less}`);
    assert.ok(Math.abs(more + less - 1) < 1e-12);
  });

  test('are never more than two, of any texts, with shares that fall and add to 1', () => {
    const word = fc.constantFrom(...OPEN, ...RELATIVE, ...CLUSTERED, 'zq', '山', '7', '');
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));
    const stated = fc.constantFrom(null, 'oo', 'rr', 'xx', 'zz');
    const reader = new TextLanguages(languages);
    fc.assert(
      fc.property(stated, fc.array(text, { minLength: 1, maxLength: 4 }), (tag, texts) => {
        reader.begin(tag);
        for (const each of texts) reader.add(each);
        texts.forEach((_, t) => {
          const found = foundBy(reader, t);
          const saysNothing = (tag === null || tag === 'zz') && !/\p{L}/u.test(texts.join(''));
          if (saysNothing) assert.equal(found.length, 0);
          if (saysNothing) return;
          assert.ok(found.length === 1 || found.length === 2);
          assert.equal(new Set(tagsOf(found)).size, found.length);
          const shares = found.map(([, share]) => share);
          assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 1) < 1e-12);
          assert.ok(shares.every((share, i) => share > 0 && share <= shares[Math.max(0, i - 1)]));
        });
      }),
    );
  });

  test('are none where nothing says which: a number, a sign, nothing', () => {
    const reader = new TextLanguages(languages);
    reader.begin(null);
    for (const text of ['2024', '🏔 & 7', '']) reader.add(text);
    for (const text of [0, 1, 2]) {
      reader.of(text);
      assert.equal(reader.count, 0);
    }
  });

  test('are none where there are no languages', () => {
    const reader = new TextLanguages(NO_LANGUAGES);
    reader.begin('oo');
    reader.add(AMBIGUOUS);
    reader.of(0);
    assert.equal(reader.count, 0);
  });
});

describe('a stated language', () => {
  test('wins over a short text that could be another', () => {
    for (const text of [AMBIGUOUS, 'ta', 'rat']) {
      assert.deepEqual(languagesOf('oo', text), [['oo', 1]], text);
      assert.deepEqual(languagesOf('rr', text), [['rr', 1]], text);
    }
  });

  test('is all that is known of a text without words', () => {
    for (const tag of languages.tags) assert.deepEqual(languagesOf(tag, '12:30 …'), [[tag, 1]]);
  });

  test('loses to a long text of another', () => {
    assert.deepEqual(languagesOf('oo', LONG_RELATIVE), [['rr', 1]]);
    assert.deepEqual(languagesOf('rr', LONG_OPEN), [['oo', 1]]);
    assert.deepEqual(languagesOf('oo', 'strokt glarst brinks plonsk'), [['xx', 1]]);
  });

  test('is meant by any tag of it', () => {
    assert.deepEqual(languagesOf('rr-Latn-CH', AMBIGUOUS), [['rr', 1]]);
  });

  test('that is not known says nothing', () => {
    assert.deepEqual(languagesOf('zz', AMBIGUOUS), languagesOf(null, AMBIGUOUS));
  });
});

describe('the other texts of a Pin', () => {
  test('decide for a short one', () => {
    assert.deepEqual(tagsOf(languagesOf(null, AMBIGUOUS, LONG_OPEN)), ['oo']);
    assert.deepEqual(tagsOf(languagesOf(null, AMBIGUOUS, LONG_RELATIVE)), ['rr']);
  });

  test('count wherever they stand', () => {
    const reader = new TextLanguages(languages);
    reader.begin(null);
    for (const text of [LONG_RELATIVE, AMBIGUOUS, '']) reader.add(text);
    assert.deepEqual(foundBy(reader, 1), languagesOf(null, AMBIGUOUS, LONG_RELATIVE));
  });

  test('count less than the text itself', () => {
    assert.deepEqual(languagesOf(null, 'strokt glarst', 'raku nilo'), [['xx', 1]]);
    assert.deepEqual(languagesOf(null, 'raku nilo', 'strokt glarst'), [['oo', 1]]);
  });

  test('make each of them likelier the more they are', () => {
    const share = (...others: string[]): number => shareOf(languagesOf(null, AMBIGUOUS, ...others), 'oo');
    assert.ok(share() < share('paleto'));
    assert.ok(share('paleto') < share('paleto', 'mikano'));
  });
});

describe('a Pin', () => {
  test('starts anew, whatever was stated, added and asked for before', () => {
    const reader = new TextLanguages(languages);
    reader.begin('rr');
    for (const text of [LONG_RELATIVE, LONG_RELATIVE, 'samo']) reader.add(text);
    foundBy(reader, 2);
    reader.begin(null);
    for (const text of [AMBIGUOUS, 'mano']) reader.add(text);
    assert.deepEqual(foundBy(reader, 0), languagesOf(null, AMBIGUOUS, 'mano'));
    assert.deepEqual(foundBy(reader, 1), languagesOf(null, 'mano', AMBIGUOUS));
  });

  test('has languages of each of its texts, in whatever order they are asked for', () => {
    const reader = new TextLanguages(languages);
    reader.begin(null);
    const texts = ['strokt glarst brinks', LONG_OPEN, LONG_RELATIVE];
    for (const text of texts) reader.add(text);
    for (const t of [2, 0, 1, 0, 2])
      assert.deepEqual(tagsOf(foundBy(reader, t)), [['xx'], ['oo'], ['rr']][t]);
  });
});

describe('plain texts', () => {
  test('are in the same languages by their words as by themselves', () => {
    const word = fc.constantFrom(...OPEN, ...RELATIVE, ...CLUSTERED, 'Kala', 'RAKO', 'strolm', '7', 'k1la');
    const text = fc
      .array(fc.tuple(word, fc.constantFrom(' ', ', ', '-', '! ')), { maxLength: 10 })
      .map((words) => words.flat().join(''));
    const stated = fc.constantFrom(null, 'oo', 'rr', 'xx');
    const byText = new TextLanguages(languages);
    const byWords = new TextLanguages(languages);
    const buffer = new TokenBuffer();
    fc.assert(
      fc.property(stated, fc.array(text, { minLength: 1, maxLength: 3 }), (tag, texts) => {
        byText.begin(tag);
        byWords.begin(tag);
        buffer.clear();
        for (const each of texts) {
          byText.add(each);
          const from = buffer.count;
          assert.ok(buffer.addPlain(each));
          byWords.add(each, { numbers: buffer.numbers, from, to: buffer.count });
        }
        texts.forEach((_, t) => assert.deepEqual(foundBy(byWords, t), foundBy(byText, t)));
      }),
    );
  });
});
