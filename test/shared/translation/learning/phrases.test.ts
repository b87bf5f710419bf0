import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { align } from '../../../../shared/translation/learning/alignment.ts';
import { corpusOf } from '../../../../shared/translation/learning/corpus.ts';
import { countPhrases } from '../../../../shared/translation/learning/phrases.ts';
import { CORPUS, likeliestOf } from './toy-corpus.ts';

/** What phrases of one pair mean, whose words are linked as said: `'0-1 1-0'`. */
function meaningsOf(phrase: string, english: string, linked: string): Record<string, string[]> {
  const corpus = corpusOf([{ phrase, english }]);
  const [{ source, target }] = corpus.pairs;
  const links = new Float32Array(source.length * target.length);
  for (const pair of linked === '' ? [] : linked.split(' ')) {
    const [i, j] = pair.split('-').map(Number);
    links[i * target.length + j] = 1;
  }
  const { meanings } = countPhrases(corpus, { links: [links] });
  return Object.fromEntries([...meanings].map(([text, of]) => [text, [...of.keys()]]));
}

describe('the phrases of a pair', () => {
  test('are all runs of words that mean something together', () => {
    assert.deepEqual(meaningsOf('rote Schuhe', 'red shoes', '0-0 1-1'), {
      rote: ['red'],
      'rote schuhe': ['red shoe'],
      schuhe: ['shoe'],
    });
  });

  test('say their meaning in the order of English', () => {
    assert.deepEqual(meaningsOf('zapatos rojos', 'red shoes', '0-1 1-0'), {
      zapatos: ['shoe'],
      'zapatos rojos': ['red shoe'],
      rojos: ['red'],
    });
  });

  test('do not cut through what several words mean together', () => {
    assert.deepEqual(meaningsOf('kurze Hosen', 'shorts', '0-0 1-0'), { 'kurze hosen': ['short'] });
  });

  test('have one word for several', () => {
    assert.deepEqual(meaningsOf('Kinderschuhe', 'children’s shoes', '0-0 0-1'), {
      kinderschuhe: ['child shoe'],
    });
  });

  test('take words in that mean nothing, but neither begin nor end with them', () => {
    assert.deepEqual(meaningsOf('die Lampen fuer Garten', 'garden lamps', '1-1 3-0'), {
      die: [''],
      lampen: ['lamp'],
      'lampen fuer garten': ['garden lamp'],
      fuer: [''],
      garten: ['garden'],
    });
  });

  test('are four words at most', () => {
    const words = ['a1', 'b1', 'c1', 'd1', 'e1'];
    const found = meaningsOf(words.join(' '), words.join(' '), words.map((_, i) => `${i}-${i}`).join(' '));
    assert.ok('a1 b1 c1 d1' in found);
    assert.ok(!('a1 b1 c1 d1 e1' in found));
    assert.equal(Object.keys(found).length, 5 + 4 + 3 + 2);
  });

  test('that are linked to nothing mean nothing', () => {
    assert.deepEqual(meaningsOf('rote Schuhe', 'red shoes', ''), { rote: [''], schuhe: [''] });
  });
});

describe('the phrases of a corpus', () => {
  const { meanings, met } = countPhrases(CORPUS, align(CORPUS));

  test('mean what their words mean together', () => {
    for (const [phrase, english] of Object.entries({
      'rote schuhe': 'red shoe',
      'blaue jacken': 'blue jacket',
      kinderschuhe: 'child shoe',
      gartenlampen: 'garden lamp',
      schuhe: 'shoe',
    })) {
      assert.equal(likeliestOf(meanings.get(phrase)), english, phrase);
    }
  });

  test('mean no more often than they were met', () => {
    assert.equal(met.get('rote'), 5);
    assert.equal(met.get('kurze hosen'), 3);
    for (const [phrase, of] of meanings) {
      const sum = [...of.values()].reduce((all, own) => all + own, 0);
      assert.ok(sum <= met.get(phrase)!, phrase);
    }
  });
});
