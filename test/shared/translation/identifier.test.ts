import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Identifier, readIdentifier, type SharedIdentifier } from '../../../shared/translation/identifier.ts';
import { spelling, writeLetters } from '../../../shared/translation/letters.ts';
import { learnLetters } from '../../../shared/translation/learning/letters.ts';

/** Two made-up languages: one of open syllables, one of clusters. And a third that has other letters. */
const OPEN = ['kala', 'mano', 'tipo', 'raku', 'nilo', 'sama', 'toki', 'paleto', 'mikano', 'lurami'];
const CLUSTERED = ['strokt', 'glarst', 'brinks', 'schtolm', 'kwarft', 'plonsk', 'trekst', 'drunkt', 'sprelg'];
const OTHER = ['краска', 'стол', 'молоко', 'береза', 'дорога'];

const identifier = identifierOf([OPEN, CLUSTERED, OTHER]);

function languagesOf(languages: readonly (readonly string[])[]): SharedIdentifier {
  const texts = languages.map((words) => writeLetters(learnLetters(words)));
  return readIdentifier(
    texts,
    texts.map((_, language) => `letters-${language}`),
  );
}

function identifierOf(languages: readonly (readonly string[])[]): Identifier {
  return new Identifier(languagesOf(languages));
}

function scoresOf(text: string, by = identifier): number[] {
  const scores = new Float64Array(3);
  by.score(text, scores);
  return [...scores];
}

function likeliest(text: string): number {
  const scores = scoresOf(text);
  return scores.indexOf(Math.max(...scores));
}

describe('letter models', () => {
  test('tell languages apart by words that they have never met', () => {
    for (const text of ['Mala', 'kano tila', 'RAMIPO', 'lokuna samita'])
      assert.equal(likeliest(text), 0, text);
    for (const text of ['Strolm', 'glinkt brarst', 'PLEKST', 'kwolft drinsk'])
      assert.equal(likeliest(text), 1, text);
    for (const text of ['Корова', 'доска столом']) assert.equal(likeliest(text), 2, text);
  });

  test('are surer the more there is of a text', () => {
    const lead = (text: string): number => scoresOf(text)[0] - scoresOf(text)[1];
    assert.ok(lead('mala') > 0);
    assert.ok(lead('mala tila') > lead('mala'));
    assert.ok(lead('mala tila rakuno') > lead('mala tila'));
  });

  test('say nothing of a text without words', () => {
    for (const text of ['', ' ', '12:30', '…—!?', '⛵🏔']) assert.deepEqual(scoresOf(text), [0, 0, 0], text);
  });

  test('find letters that none of them has unlikely, and tell no language by them', () => {
    const known = scoresOf('kalamano')[0];
    const [first, ...others] = scoresOf('東京ქართული');
    assert.ok(first < 3 * known);
    // What is left is how likely a word is to end.
    for (const score of others) assert.ok(Math.abs(score - first) < 1);
  });

  test('count each word of a text, and what was counted before stays', () => {
    const scores = Float64Array.of(1, 2, 3);
    identifier.score('kala', scores);
    assert.deepEqual(
      scoresOf('kala').map((score, i) => score + i + 1),
      [...scores],
    );
    const two = scoresOf('kala mano');
    scoresOf('kala').forEach((score, i) => assert.equal(two[i], score + scoresOf('mano')[i]));
  });

  test('read case and width as none', () => {
    assert.deepEqual(scoresOf('ＫＡＬＡ'), scoresOf('kala'));
    assert.deepEqual(scoresOf('KaLa'), scoresOf('kala'));
  });

  test('throw at no text, and give it finite scores, the same each time', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.constantFrom('kala', 'strokt ', '\ud800', '\udc00', '🏔', '👩‍👧', '\u0301', '\u{20bb7}', '\0'),
          {
            maxLength: 40,
          },
        )
        .map((some) => some.join('')),
    );
    const anew = new Identifier(languagesOf([OPEN, CLUSTERED, OTHER]));
    fc.assert(
      fc.property(text, (some) => {
        const scores = scoresOf(some);
        for (const score of scores) assert.ok(score <= 0 && Number.isFinite(score));
        assert.deepEqual(scoresOf(some), scores);
        assert.deepEqual(scoresOf(some, anew), scores);
      }),
    );
  });

  test('take no longer for more of a text than they look at', () => {
    const [first] = scoresOf('a'.repeat(1_000_000));
    assert.equal(first, scoresOf('a'.repeat(100))[0]);
    assert.deepEqual(scoresOf('kala '.repeat(100_000)), scoresOf('kala '.repeat(48)));
  });

  test('of no language score nothing', () => {
    identifierOf([]).score('kala', new Float64Array(0));
  });
});

test('words are spelt with their accents, without case, digits and punctuation', () => {
  assert.deepEqual(spelling('Größe 42: ÉTÉ, น้ำ!'), ['größe', 'été', 'น\u0e49\u0e4d\u0e32']);
});
