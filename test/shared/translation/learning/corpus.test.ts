import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { corpusOf, type ParallelPhrase } from '../../../../shared/translation/learning/corpus.ts';

/** The words of each pair. */
function words(...phrases: ParallelPhrase[]): string[] {
  const { source, target, pairs } = corpusOf(phrases);
  return pairs.map(
    (pair) =>
      `${[...pair.source].map((word) => source.texts[word]).join(' ')} = ${[...pair.target].map((lemma) => target.texts[lemma]).join(' ')}`,
  );
}

describe('parallel phrases', () => {
  test('are words as they are written, and the lemmas of English that carry meaning', () => {
    assert.deepEqual(words({ phrase: 'Schuhe für die Größe 42', english: 'The shoes of size 42' }), [
      'schuhe für die größe 42 = shoe size 42',
    ]);
  });

  test('are segmented where their script has no spaces', () => {
    assert.deepEqual(words({ phrase: '美しい山の写真', english: 'photographs of beautiful mountains' }), [
      '美しい 山 の 写真 = photograph beautiful mountain',
    ]);
  });

  test('are left out where either side says nothing, or is a sentence', () => {
    const long = Array.from({ length: 25 }, (_, i) => `w${i}`).join(' ');
    assert.deepEqual(
      words(
        { phrase: '…', english: 'shoes' },
        { phrase: 'die', english: 'the' },
        { phrase: long, english: 'shoes' },
        { phrase: 'Schuhe', english: long },
        { phrase: 'Schuhe', english: 'shoes' },
      ),
      ['schuhe = shoe'],
    );
  });
});
