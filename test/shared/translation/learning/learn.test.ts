import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TokenBuffer } from '../../../../shared/language/tokens.ts';
import { VOCABULARY } from '../../../../shared/language/vocabulary.ts';
import { BestPath } from '../../../../shared/translation/best-path.ts';
import { Lattice } from '../../../../shared/translation/lattice.ts';
import { learnLexicon } from '../../../../shared/translation/learning/learn.ts';
import { layOutLexicon, type Meaning } from '../../../../shared/translation/lexicon.ts';
import { translate as translateAll, Translator } from '../../../../shared/translation/translator.ts';
import { PHRASES } from './toy-corpus.ts';

const lexicon = learnLexicon(PHRASES);
const terms = new Map(lexicon.terms.map(({ words, meanings }) => [words.join(' '), meanings]));
const parts = new Map(lexicon.parts.map(({ text, meanings }) => [text, meanings]));
const first = (meanings: readonly Meaning[] | undefined): string | undefined =>
  meanings?.[0]?.english.join(' ');

describe('a lexicon that is learned from parallel phrases', () => {
  test('has the words with what they mean, the likeliest first', () => {
    for (const [word, english] of Object.entries({
      rote: 'red',
      blaue: 'blue',
      gruene: 'green',
      schuhe: 'shoe',
      jacken: 'jacket',
      hosen: 'trouser',
      kinder: 'child',
      garten: 'garden',
    })) {
      assert.equal(first(terms.get(word)), english, word);
    }
  });

  test('has phrases with what they mean as a whole', () => {
    assert.equal(first(terms.get('kurze hosen')), 'short');
    assert.equal(first(terms.get('rote schuhe')), 'red shoe');
    assert.equal(first(terms.get('kinderschuhe')), 'child shoe');
  });

  test('has the parts of compounds', () => {
    assert.equal(first(parts.get('kinder')), 'child');
    assert.equal(first(parts.get('garten')), 'garden');
    assert.equal(first(parts.get('schuhe')), 'shoe');
  });

  test('gives each meaning a weight in (0, 1], and five of them at most', () => {
    assert.ok(lexicon.terms.length > 20);
    for (const { words, meanings } of lexicon.terms) check(words.join(' '), meanings);
    for (const { text, share, meanings } of lexicon.parts) {
      check(text, meanings);
      assert.ok(share > 0 && share <= 1, text);
    }
    const shares = lexicon.parts.reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9);
  });

  function check(text: string, meanings: readonly Meaning[]): void {
    assert.ok(meanings.length > 0 && meanings.length <= 5, text);
    let before = 1;
    for (const { english, weight } of meanings) {
      assert.ok(weight > 0 && weight <= before, `${text}: ${english.join(' ')} ${weight}`);
      before = weight;
    }
    assert.equal(new Set(meanings.map(({ english }) => english.join(' '))).size, meanings.length, text);
  }

  test('has each term and each part once', () => {
    assert.equal(terms.size, lexicon.terms.length);
    assert.equal(parts.size, lexicon.parts.length);
  });

  test('is the same for the same phrases', () => {
    assert.deepEqual(learnLexicon(PHRASES), lexicon);
  });

  test('translates phrases and compounds that it has never met', () => {
    const translator = new Translator(layOutLexicon(lexicon));
    const translate = (text: string): string => {
      const lattice = new Lattice();
      const buffer = new TokenBuffer();
      buffer.add(text);
      translateAll(
        { numbers: buffer.numbers, from: 0, to: buffer.count },
        [{ translator, share: 1 }],
        0,
        lattice,
      );
      buffer.clear();
      new BestPath().write(lattice, buffer);
      return Array.from(buffer.numbers.subarray(0, buffer.count), (word) => VOCABULARY.text(word)).join(' ');
    };
    assert.equal(translate('gruene Lampen'), 'green lamp');
    assert.equal(translate('gruene Gartenjacken'), 'green garden jacket');
    assert.equal(translate('Gartenhosen'), 'garden trouser');
    assert.equal(translate('gruene kurze Hosen'), 'green short');
  });

  test('has no term that may mean too many things; such a part means nothing', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ phrase: 'qux', english: `thing${i}` }));
    assert.deepEqual(learnLexicon(many), {
      terms: [],
      parts: [{ text: 'qux', share: 1, meanings: [{ english: [], weight: 1 }] }],
      spelling: new Map(),
    });
  });

  test('of no phrases is empty', () => {
    assert.deepEqual(learnLexicon([]), { terms: [], parts: [], spelling: new Map() });
  });
});
