import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  explainTranslations,
  type TextTranslation,
  type TranslatedTerm,
} from '../../../shared/translation/explain.ts';
import { Languages } from '../../../shared/translation/languages.ts';
import { sourceWords } from '../../../shared/translation/source-words.ts';
import { languageOf, lexiconOf, TOY_LANGUAGES } from '../../support/toy-language.ts';

const GERMAN = languageOf(
  'de',
  ['blaue', 'schuhe', 'kinderschuhe', 'kinderregal', 'grün', 'die', 'kurze', 'hosen'],
  lexiconOf(
    {
      blaue: ['0.25 azure', '0.5 blue', '0.125 sky colour', '0.0625 drunk'],
      schuhe: ['0.75 shoe', '0.25 horseshoe'],
      die: ['1'],
      'kurze hosen': ['1 shorts'],
      kurze: ['1 short'],
      grün: ['0.75 green', '0.25'],
    },
    {
      kinder: [50, '0.5 child', '0.25 kid'],
      schuhe: [40, '1 shoe'],
      regal: [10, '1 shelf'],
    },
  ),
);

/** Cuts `kinderschuhe` elsewhere. */
const OTHER = languageOf(
  'yy',
  ['kinderschuhe', 'kindersch', 'uhe'],
  lexiconOf({}, { kindersch: [1, '1 nursery'], uhe: [1, '1 clock'] }),
);

const LANGUAGES = Languages.of([TOY_LANGUAGES[0], GERMAN]);

function explain(...texts: readonly string[]): TextTranslation[] {
  return explainTranslations(texts, 'de', LANGUAGES);
}

/** `kinder|schuhe: child, kid | shoe`. */
function inWords({ pieces }: TranslatedTerm): string {
  const meanings = pieces.map((piece) => piece.meanings.map(({ english }) => english.join(' ')).join(', '));
  return `${pieces.map(({ text }) => text).join('|')}: ${meanings.join(' | ')}`;
}

/** The terms of one German text. */
function termsOf(text: string): string[] {
  return explain(text)[0].terms.map(inWords);
}

describe('what is told of a translation', () => {
  test('names the language with its share, and the likeliest translation', () => {
    const [{ text, languages, english }] = explain('Blaue Schuhe');
    assert.equal(text, 0);
    assert.equal(languages[0].tag, 'de');
    assert.ok(languages[0].share > 0.5 && languages[0].share <= 1);
    assert.deepEqual(english, ['blue', 'shoe']);
  });

  test('has for each word its likeliest meanings, at most three, with what they are worth', () => {
    assert.deepEqual(termsOf('Blaue Schuhe'), ['blaue: blue, azure, sky colour', 'schuhe: shoe, horseshoe']);
    const [{ languages, terms }] = explain('Blaue Schuhe');
    const [{ share }] = languages;
    assert.deepEqual(
      terms[1].pieces[0].meanings.map(({ weight }) => weight.toFixed(4)),
      [(share * 0.75).toFixed(4), (share * 0.25).toFixed(4)],
    );
  });

  test('says of a word that it means nothing, and writes words with their accents', () => {
    assert.deepEqual(termsOf('GRÜN die'), ['grün: green, ', 'die: ']);
  });

  test('has phrases beside their words, and words that nobody knows as they are', () => {
    assert.deepEqual(termsOf('kurze Hosen'), ['kurze: short', 'kurze hosen: shorts', 'hosen: hosen']);
  });

  test('has the parts of a compound, with letters that are none between them', () => {
    const made = (text: string): string => termsOf(text).find((term) => term.includes('|'))!;
    assert.equal(made('Kinderschuhe'), 'kinder|schuhe: child, kid | shoe');
    assert.equal(made('Kinderxregal'), 'kinder|x|regal: child, kid |  | shelf');
    assert.equal(made('zKinderregal'), 'z|kinder|regal:  | child, kid | shelf');
  });

  test('has the parts of each language that a text may be of', () => {
    const [{ languages, terms }] = explainTranslations(
      ['kinderschuhe'],
      null,
      Languages.of([GERMAN, { ...OTHER, letters: GERMAN.letters }]),
    );
    assert.deepEqual(
      languages.map(({ tag, share }) => [tag, share]),
      [
        ['de', 0.5],
        ['yy', 0.5],
      ],
    );
    assert.deepEqual(terms.map(inWords), [
      'kinderschuhe: kinderschuhe',
      'kinder|schuhe: child, kid | shoe',
      'kindersch|uhe: nursery | clock',
    ]);
  });

  test('is nothing for English and for empty texts', () => {
    assert.deepEqual(explainTranslations(['a castle by the river', ''], 'en', LANGUAGES), []);
    assert.deepEqual(explainTranslations(['Blaue Schuhe'], 'de', Languages.of([])), []);
    assert.deepEqual(
      explain('', 'Blaue Schuhe', '🏔').map(({ text }) => text),
      [1],
    );
  });

  test('covers every word of any text, in order', () => {
    const word = fc.constantFrom(
      ...[
        'blaue',
        'Schuhe',
        'die',
        'kurze',
        'Hosen',
        'Kinderschuhe',
        'kinderxregal',
        'grün',
        '東京',
        '🏔',
        '\ud800',
      ],
      ...['x'.repeat(100), 'kinder'.repeat(20), 'Basketball', '&'],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(' ');
        const own = sourceWords(text);
        for (const { terms } of explain(text)) {
          const whole = terms.filter(
            ({ pieces: [{ text: term }, ...more] }) => more.length === 0 && !term.includes(' '),
          );
          assert.deepEqual(
            whole.map(({ pieces: [{ text: term }] }) => term),
            own,
          );
          for (const { pieces } of terms) {
            if (pieces.length > 1) assert.ok(own.includes(pieces.map(({ text: piece }) => piece).join('')));
            for (const { meanings } of pieces) {
              assert.ok(meanings.length > 0);
              for (const { weight } of meanings) assert.ok(weight > 0 && weight <= 1);
            }
          }
        }
      }),
    );
  });
});
