import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { align } from '../../../../shared/translation/learning/alignment.ts';
import { corpusOf } from '../../../../shared/translation/learning/corpus.ts';
import { learnParts } from '../../../../shared/translation/learning/parts.ts';
import { CORPUS, likeliestOf, PHRASES } from './toy-corpus.ts';

const LENGTHS = { longest: 12, usual: 6 };
const { meanings } = learnParts(CORPUS, align(CORPUS), LENGTHS);

describe('the parts of words', () => {
  test('are those of compounds, which mean what they mean elsewhere', () => {
    for (const [part, lemma] of Object.entries({
      kinder: 'child',
      garten: 'garden',
      schuhe: 'shoe',
      jacken: 'jacket',
      lampen: 'lamp',
      stuehle: 'chair',
      betten: 'bed',
    })) {
      assert.equal(likeliestOf(meanings.get(part)), lemma, part);
    }
  });

  test('are fewer than words: no compound is one where its parts are', () => {
    for (const word of ['kinderschuhe', 'kinderbetten', 'gartenlampen', 'gartenstuehle'])
      assert.equal(meanings.get(word), undefined, word);
  });

  test('put each word together again: they have as many letters as the corpus', () => {
    let letters = 0;
    for (const [part, of] of meanings) for (const count of of.values()) letters += [...part].length * count;
    const all = CORPUS.pairs.flatMap(({ source }) =>
      [...source].map((word) => [...CORPUS.source.texts[word]].length),
    );
    assert.equal(
      letters,
      all.reduce((sum, own) => sum + own, 0),
    );
  });

  test('mean lemmas of English or nothing, and were met whole times', () => {
    for (const of of meanings.values()) {
      for (const [lemma, count] of of) {
        assert.ok(lemma === '' || CORPUS.target.find(lemma) >= 0);
        assert.ok(Number.isInteger(count) && count > 0);
      }
    }
  });

  test('are no longer than the longest', () => {
    const short = learnParts(CORPUS, align(CORPUS), { longest: 3, usual: 2 });
    for (const part of short.meanings.keys()) assert.ok([...part].length <= 3, part);
  });

  test('are cut between characters, not within one', () => {
    const rare = corpusOf(
      ['\u{20bb7}\u{20bb8}', '\u{20bb7}\u{20bb9}', '\u{20bba}\u{20bb8}'].map((phrase, i) => ({
        phrase,
        english: ['red shoe', 'red lamp', 'blue shoe'][i],
      })),
    );
    assert.ok(rare.pairs.length === 3);
    for (const part of learnParts(rare, align(rare), { longest: 8, usual: 2 }).meanings.keys())
      assert.ok(part.isWellFormed());
  });

  test('are the same for the same phrases', () => {
    const again = corpusOf(PHRASES);
    assert.deepEqual(learnParts(again, align(again), LENGTHS).meanings, meanings);
  });

  test('of no phrases are none', () => {
    const none = corpusOf([]);
    assert.equal(learnParts(none, align(none), LENGTHS).meanings.size, 0);
  });
});
