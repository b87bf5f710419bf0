import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { corpusOf } from '../../../../shared/translation/learning/corpus.ts';
import { likeliest, termsOf } from '../../../../shared/translation/learning/terms.ts';
import type { LexiconContent } from '../../../../shared/translation/lexicon.ts';
import { lexiconOf } from '../../../support/toy-language.ts';

/** A pair of phrases whose words are linked as said: `'0-1 1-0'`, source word first. */
type LinkedPair = readonly [phrase: string, english: string, linked: string];

type Parts = LexiconContent['parts'];

/** What each term of the pairs means: `0.5 red shoe`. */
function meaningsOf(pairs: readonly LinkedPair[], parts: Parts = []): Record<string, string[]> {
  const corpus = corpusOf(pairs.map(([phrase, english]) => ({ phrase, english })));
  assert.equal(corpus.pairs.length, pairs.length);
  const links = corpus.pairs.map(({ source, target }, p) => {
    const own = new Float32Array(source.length * target.length);
    for (const [i, j] of pairs[p][2].matchAll(/\d+-\d+/g).map(([link]) => link.split('-').map(Number)))
      own[i * target.length + j] = 1;
    return own;
  });
  const terms = termsOf(corpus, { links }, parts).map(({ words, meanings }) => [
    words.join(' '),
    meanings.map(({ english, weight }) => [weight, ...english].join(' ')),
  ]);
  assert.equal(new Set(terms.map(([text]) => text)).size, terms.length);
  return Object.fromEntries(terms) as Record<string, string[]>;
}

/** The same pair some times. */
function times(count: number, pair: LinkedPair): LinkedPair[] {
  return Array.from({ length: count }, () => pair);
}

describe('the terms of a corpus', () => {
  test('are its words with what they are linked to, by how often they are', () => {
    const found = meaningsOf([
      ...times(3, ['Bank', 'bench', '0-0']),
      ['Bank', 'sofa', '0-0'],
      ['rote Bank', 'red bench', '0-0 1-1'],
    ]);
    assert.deepEqual(found['bank'], ['0.8 bench', '0.2 sofa']);
    assert.deepEqual(found['rote'], ['1 red']);
  });

  test('are words that mean nothing where they are linked to nothing', () => {
    assert.deepEqual(meaningsOf([['die Lampen', 'lamps', '1-0']]), { die: ['1'], lampen: ['1 lamp'] });
  });

  test('mean nothing as often as they are linked to nothing', () => {
    const found = meaningsOf([
      ...times(3, ['Garten Lampen', 'garden lamps', '0-0 1-1']),
      ['Garten Lampen', 'lamps', '1-0'],
    ]);
    assert.deepEqual(found['garten'], ['0.75 garden', '0.25']);
  });

  test('are phrases that mean more than their words do', () => {
    assert.deepEqual(
      meaningsOf([
        ['kurze Hosen', 'shorts', '0-0 1-0'],
        ...times(9, ['kurze Jacken', 'short-sleeved jackets', '0-0 0-1 1-2']),
        ...times(9, ['Hosen', 'trousers', '0-0']),
      ])['kurze hosen'],
      ['1 short'],
    );
  });

  test('are phrases with the share of their uses that mean something together', () => {
    const found = meaningsOf([
      ['rote Beete', 'beetroot', '0-0 1-0'],
      ...times(3, ['rote Beete', 'red beds', '0-0 1-1']),
      // Linked across, it means nothing together here.
      ['rote Beete Saft', 'beetroot juice', '0-1 1-0 2-0 2-1'],
    ]);
    assert.deepEqual(found['rote beete'], ['0.6 red bed', '0.2 beetroot']);
  });

  test('have one word that means several words together', () => {
    const found = meaningsOf(times(4, ['Kinderschuhe', 'children’s shoes', '0-0 0-1']));
    assert.deepEqual(found, { kinderschuhe: ['1 child shoe', '0.5 child', '0.5 shoe'] });
  });

  test('are not those that may mean too many things', () => {
    const many = Array.from({ length: 21 }, (_, i): LinkedPair => ['Ding', `thing${i}`, '0-0']);
    assert.deepEqual(meaningsOf(many), {});
    assert.equal(meaningsOf(many.slice(0, 20))['ding'].length, 5);
  });

  test('of no phrases are none', () => {
    assert.deepEqual(meaningsOf([]), {});
  });
});

describe('a rare compound', () => {
  const { parts } = lexiconOf(
    {},
    {
      garten: [10, '1 garden'],
      bank: [10, '0.5 bench', '0.25 river bank'],
      s: [20, '1'],
      ...{ gar: [1, '1 done'], ten: [1, '1 ten'] },
    },
  );
  const COMPOUND: LinkedPair = ['Gartenbank', 'settle', '0-0'];

  test('also means what its parts mean, at half their weight', () => {
    const expected = { gartenbank: ['1 settle', '0.5 garden', '0.25 bench', '0.125 river bank'] };
    assert.deepEqual(meaningsOf([COMPOUND], parts), expected);
    assert.deepEqual(meaningsOf(times(2, COMPOUND), parts), expected);
  });

  test('means only what it is linked to once it was met more often', () => {
    assert.deepEqual(meaningsOf(times(3, COMPOUND), parts), { gartenbank: ['1 settle'] });
  });

  test('means no less of what it is linked to by having it as a part, too', () => {
    assert.deepEqual(meaningsOf([['Gartenbank', 'garden', '0-0']], parts)['gartenbank'].slice(0, 2), [
      '1 garden',
      '0.25 bench',
    ]);
  });

  test('takes nothing from a part that means nothing', () => {
    assert.deepEqual(meaningsOf([['Gartens', 'settle', '0-0']], parts), {
      gartens: ['1 settle', '0.5 garden'],
    });
  });

  test('means no more than it is linked to where it is not made of parts, or is a part', () => {
    assert.deepEqual(meaningsOf([['Gartenbankx', 'settle', '0-0']], parts), { gartenbankx: ['1 settle'] });
    assert.deepEqual(meaningsOf([['Bank', 'settle', '0-0']], parts), { bank: ['1 settle'] });
  });

  test('that is linked to nothing means what its parts mean', () => {
    assert.deepEqual(meaningsOf([['Gartenbank Lampen', 'lamps', '1-0']], parts)['gartenbank'], [
      '1',
      '0.5 garden',
      '0.25 bench',
      '0.125 river bank',
    ]);
  });
});

describe('the likeliest of what was counted', () => {
  test('are five at most, the likeliest first, and in the order of their letters where as likely', () => {
    const counts = new Map(Object.entries({ f: 1, d: 2, b: 3, e: 2, a: 3, c: 2, '': 4 }));
    assert.deepEqual(
      likeliest(counts, 20).map(({ english, weight }) => [english.join(' '), weight]),
      [
        ['', 0.2],
        ['a', 0.15],
        ['b', 0.15],
        ['c', 0.1],
        ['d', 0.1],
      ],
    );
  });

  test('are not what is rarer than an error of the alignment', () => {
    const counts = new Map(Object.entries({ 'red shoe': 95, boot: 5, sandal: 4.9 }));
    assert.deepEqual(likeliest(counts, 100), [
      { english: ['red', 'shoe'], weight: 0.95 },
      { english: ['boot'], weight: 0.05 },
    ]);
  });

  test('weigh 1 at most', () => {
    assert.deepEqual(likeliest(new Map([['shoe', 7]]), 5), [{ english: ['shoe'], weight: 1 }]);
  });
});
