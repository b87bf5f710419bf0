import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyseText } from '../../../shared/language/analyse.ts';
import { nounLemma } from '../../../shared/language/lemma.ts';
import { normalise } from '../../../shared/language/normalise.ts';
import { tokenise } from '../../../shared/language/tokenise.ts';
import { TokenBuffer } from '../../../shared/language/tokens.ts';
import { Vocabulary, VOCABULARY } from '../../../shared/language/vocabulary.ts';

const words = (text: string): string[] => {
  const buffer = new TokenBuffer();
  buffer.add(text);
  return Array.from(buffer.numbers.subarray(0, buffer.count), (word) => VOCABULARY.text(word));
};

describe('the words of a text', () => {
  const pieces = fc.constantFrom(
    ...["'s", "'", 's', 'S', '&', '-', ' ', '\n', 'a', 'Zo', '7', '_', '’', 'é'],
  );

  test('by character codes are those that normalising and tokenising it give', () => {
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 20 }).map((some) => some.join('')),
      fc.string({ unit: 'binary-ascii', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        assert.deepEqual(words(text), tokenise(normalise(text)));
      }),
      { numRuns: 3000 },
    );
  });

  test('that are very long, and possessive, are cut as the general way cuts them', () => {
    for (const n of [62, 63, 64, 65, 66]) {
      for (const ending of ["'s", "'t", "'s's", "s'", '']) {
        const text = `${'x'.repeat(n)}${ending} y`;
        assert.deepEqual(words(text), tokenise(normalise(text)), text);
      }
    }
  });

  test('of several texts follow each other', () => {
    const buffer = new TokenBuffer();
    assert.equal(buffer.add('Two horses'), 2);
    assert.equal(buffer.add('…and a Brücke'), 5);
    assert.equal(buffer.add(''), 5);
    buffer.clear();
    assert.equal(buffer.add('horses'), 1);
  });
});

describe('a vocabulary', () => {
  test('gives each word a number of its own, and its lemma that of another', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }),
      fc.constantFrom('horses', 'horse', 'the', 'constructor', '__proto__', 'women'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 200 }), (all) => {
        const vocabulary = new Vocabulary();
        const numbers = all.map((one) => vocabulary.numberOf(one));
        assert.equal(new Set(numbers).size, all.length);
        all.forEach((one, i) => {
          assert.equal(vocabulary.numberOf(one), numbers[i]);
          assert.equal(vocabulary.text(numbers[i]), one);
          assert.equal(vocabulary.text(vocabulary.lemma[numbers[i]]), nounLemma(one));
        });
      }),
    );
  });

  test('grows to any number of words; too many are forgotten when nobody has one in hand', () => {
    const vocabulary = new Vocabulary();
    const number = vocabulary.numberOf('castle');
    for (let i = 0; i < 150_000; i++) vocabulary.numberOf(`w${i}`);
    assert.equal(vocabulary.numberOf('castle'), number);
    assert.equal(vocabulary.epoch, 0);
    vocabulary.trim();
    assert.deepEqual([vocabulary.size, vocabulary.epoch], [0, 1]);
    assert.equal(vocabulary.text(vocabulary.numberOf('river')), 'river');
    vocabulary.trim();
    assert.equal(vocabulary.epoch, 1);
  });

  test('tells stop words from others', () => {
    const { numbers } = analyseText('The castle');
    assert.deepEqual(
      [...numbers].map((word) => VOCABULARY.isStop[word]),
      [1, 0],
    );
  });
});
