import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { align } from '../../../../shared/translation/learning/alignment.ts';
import { corpusOf } from '../../../../shared/translation/learning/corpus.ts';
import { CORPUS, PHRASES } from './toy-corpus.ts';

const { links } = align(CORPUS);

/** How surely a word of a phrase means a lemma. */
function link(phrase: string, word: string, lemma: string): number {
  const p = PHRASES.findIndex((each) => each.phrase === phrase);
  const { source, target } = CORPUS.pairs[p];
  const i = source.indexOf(CORPUS.source.find(word));
  const j = target.indexOf(CORPUS.target.find(lemma));
  assert.ok(i >= 0 && j >= 0);
  return links[p][i * target.length + j];
}

describe('the alignment of parallel phrases', () => {
  test('links words to what they mean, whatever the others of the phrase', () => {
    for (const [phrase, ...pairs] of [
      ['rote Schuhe', ['rote', 'red'], ['schuhe', 'shoe']],
      ['blaue Jacken', ['blaue', 'blue'], ['jacken', 'jacket']],
      ['rote Lampen', ['rote', 'red'], ['lampen', 'lamp']],
      ['Schuhe fuer Kinder', ['schuhe', 'shoe'], ['kinder', 'child']],
      ['die Schuhe', ['schuhe', 'shoe']],
    ] as const) {
      for (const [word, lemma] of pairs) assert.ok(link(phrase, word, lemma) > 0.5, `${word} ${lemma}`);
    }
  });

  test('does not link words to what their neighbours mean', () => {
    assert.ok(link('rote Schuhe', 'rote', 'shoe') < 0.1);
    assert.ok(link('blaue Jacken', 'jacken', 'blue') < 0.1);
    assert.ok(link('Schuhe fuer Kinder', 'schuhe', 'child') < 0.1);
  });

  test('links both parts of a compound to it', () => {
    assert.ok(link('Kinderschuhe', 'kinderschuhe', 'child') > 0.1);
    assert.ok(link('Kinderschuhe', 'kinderschuhe', 'shoe') > 0.1);
  });

  test('is as sure of each link as a share is, one for each two words of a pair', () => {
    assert.equal(links.length, CORPUS.pairs.length);
    CORPUS.pairs.forEach(({ source, target }, p) => {
      assert.equal(links[p].length, source.length * target.length);
      for (const own of links[p]) assert.ok(own >= 0 && own <= 1);
    });
  });

  test('is the same for the same phrases', () => {
    assert.deepEqual(align(corpusOf(PHRASES)).links, links);
  });

  test('does not depend on the order of the phrases', () => {
    const reversed = align(corpusOf([...PHRASES].reverse())).links.reverse();
    links.forEach((own, p) => own.forEach((each, at) => assert.ok(Math.abs(each - reversed[p][at]) < 1e-6)));
  });

  test('of no phrases is empty', () => {
    assert.deepEqual(align(corpusOf([])), { links: [] });
  });
});
