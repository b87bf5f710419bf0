import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allTermHashes, pinTerms, wordHash, MAX_BOARDS } from '../../../shared/cooccurrence/terms.ts';

describe('the terms of a Pin', () => {
  test('a word, a title, a word of a board and an annotation are four terms, whatever they say', () => {
    const { wordHashes, titleHash, boardWordHashes, annotationHashes } = pinTerms(
      ['mountain'],
      [],
      [['mountain']],
      [['mountain']],
      [],
    );
    const all = [...wordHashes, titleHash, ...boardWordHashes, ...annotationHashes];
    assert.equal(all.length, 4);
    assert.equal(new Set(all).size, 4);
  });

  test('a phrase is a pair of neighbours of one field, in order', () => {
    const phrases = (title: string[], description: string[] = []): number[] =>
      pinTerms(title, description, [], [], []).phraseHashes;
    assert.equal(phrases(['ruined', 'castle', 'river']).length, 2);
    assert.deepEqual(phrases(['ruined'], ['castle']), []);
    assert.notDeepEqual(phrases(['ruined', 'castle']), phrases(['castle', 'ruined']));
    assert.deepEqual(phrases(['ruined', 'castle']), phrases([], ['ruined', 'castle']));
  });

  test('a word that stands twice is one term', () => {
    const { words, wordHashes } = pinTerms(['river', 'castle', 'river'], ['castle'], [], [], []);
    assert.deepEqual(words, ['river', 'castle']);
    assert.deepEqual(wordHashes, [wordHash('river'), wordHash('castle')]);
  });

  test('a Pin without a word has no title, and a Pin without anything has no term', () => {
    const terms = pinTerms([], [], [], [[]], []);
    assert.equal(terms.titleHash, null);
    assert.equal(allTermHashes(terms).length, 0);
  });

  test('long Pins are read up to a bound', () => {
    const words = Array.from({ length: 500 }, (_, i) => `word${i}`);
    const many = words.map((word) => [word]);
    const terms = pinTerms(words, words, many, many, words);
    assert.equal(terms.words.length, 64);
    assert.equal(terms.boardHashes.length, MAX_BOARDS);
    assert.ok(allTermHashes(terms).length < 250);
  });
});
