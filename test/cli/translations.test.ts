import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatTranslations } from '../../cli/translations.ts';
import type { FieldTranslation } from '../../quality/explain.ts';
import type { TranslatedTerm } from '../../shared/translation/explain.ts';
import { meaning } from '../support/toy-language.ts';

/** A term from its pieces: `['kinder', '0.5 child'], ['schuhe', '1 shoe']`. */
function term(...pieces: readonly (readonly [text: string, ...meanings: string[]])[]): TranslatedTerm {
  return { pieces: pieces.map(([text, ...meanings]) => ({ text, meanings: meanings.map(meaning) })) };
}

function title(english: string, ...terms: TranslatedTerm[]): FieldTranslation {
  return {
    ...{ field: 'title', text: '', english: english.split(' '), terms },
    languages: [
      { tag: 'de', share: 0.8 },
      { tag: 'nl', share: 0.2 },
    ],
  };
}

describe('the lines that tell of translations', () => {
  test('have the languages, the likeliest translation, and words with their meanings in a column', () => {
    const lines = formatTranslations([
      title(
        'child shoe for briar',
        term(['kinderschuhe', '0.05 kinderschuhe']),
        term(['kinder', '0.5 child', '0.25 kid', '0.125 young'], ['schuhe', '1 shoe']),
        term(['für', '0.75', '0.25 for']),
        term(['gift', '0.5 gift']),
        term(['gi', '0.5'], ['ft', '0.5']),
        term(['wilde rose', '0.5 briar', '0.25 wild rose']),
        term(['zürich', '1 zürich']),
        term(['東京', '0.5 tokyo', '0.25']),
      ),
    ]);
    assert.deepEqual(lines, [
      'title (German 80 %, Dutch 20 %): child shoe for briar',
      '  kinder|schuhe  child 0.50, kid 0.25 | shoe 1.00',
      '  gift           (as it is)',
      '  wilde rose     briar 0.50, wild rose 0.25',
      '  zürich         (as it is)',
      '  東京           tokyo 0.50, – 0.25',
    ]);
  });

  test('stay few: long texts are cut, words are told once, and what is left out is counted', () => {
    const words = Array.from({ length: 40 }, (_, i) => term([`wort${i % 20}`, '1 word']));
    const lines = formatTranslations(Array.from({ length: 10 }, () => title('x'.repeat(500), ...words)));
    assert.equal(lines.length, 8 * 14 + 1);
    assert.equal(lines[0], `title (German 80 %, Dutch 20 %): ${'x'.repeat(100)}…`);
    assert.equal(lines[13], '  and 8 more words and phrases');
    assert.equal(lines.at(-1), 'and 2 more texts in other languages');
  });

  test('are none for an English Pin', () => {
    assert.deepEqual(formatTranslations([]), []);
  });
});
