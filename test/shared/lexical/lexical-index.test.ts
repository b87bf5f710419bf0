import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyseText } from '../../../shared/language/analyse.ts';
import { LexicalIndex, Matches, MATCH_KINDS } from '../../../shared/lexical/lexical-index.ts';
import { lexicalIndexOf } from '../../../shared/lexical/names.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { PATHS } from '../../../cli/paths.ts';

const taxonomy = await readTaxonomy(PATHS.taxonomy);
const index = lexicalIndexOf(taxonomy);

interface Found {
  path: string;
  kind: string;
  similarity: number;
  distance: number;
}

function find(text: string, by: LexicalIndex = index): Found[] {
  const matches = new Matches();
  by.match(analyseText(text), matches);
  return Array.from({ length: matches.count }, (_, m) => ({
    path: taxonomy.pathName(matches.interest[m]),
    kind: MATCH_KINDS[matches.kind[m]],
    similarity: matches.similarity[m],
    distance: matches.distance[m],
  }));
}

const kindOf = (text: string, ending: string): string | undefined =>
  find(text)
    .filter(({ path }) => path.endsWith(`> ${ending}`))
    .sort((a, b) => b.similarity - a.similarity)[0]?.kind;

describe('matching a text', () => {
  test('the name itself is exact, whatever its case, accents and place in the text', () => {
    assert.equal(kindOf('A Ruined CASTLE by the sea', 'castle'), 'exact');
    assert.equal(kindOf('a ruined cástle', 'castle'), 'exact');
  });

  test('another number of the noun is a lemma', () => {
    assert.equal(kindOf('Mountains', 'mountain'), 'lemma');
    assert.equal(kindOf('Two horses', 'horse'), 'lemma');
  });

  test('the words of a name in another order are reordered', () => {
    assert.equal(kindOf('Portrait of Stephen Lawrence', 'Lawrence, Stephen'), 'reordered');
    assert.equal(kindOf('A distant townscape', 'townscape, distant'), 'reordered');
  });

  test('one wrong, missing or swapped letter is fuzzy, and says how many', () => {
    for (const typo of ['montain', 'mountian', 'mountein']) {
      const [match] = find(typo).filter(({ path }) => path.endsWith('> mountain'));
      assert.equal(match?.kind, 'fuzzy', typo);
      assert.equal(match.distance, 1);
    }
  });

  test('a word that exists is nobody’s misspelling', () => {
    // Each is one letter from a name of the taxonomy: house, river, castle, bridge.
    for (const word of ['mouse', 'rover', 'cattle', 'bride']) {
      assert.ok(!find(word).some(({ kind }) => kind === 'fuzzy'), word);
    }
  });

  test('a part of a name stands for it, and is worth less', () => {
    const [part] = find("The Doge's Palace").filter(({ path }) => path.endsWith("> Venice, Doge's Palace"));
    const [whole] = find("Venice, Doge's Palace").filter(({ path }) =>
      path.endsWith("> Venice, Doge's Palace"),
    );
    assert.equal(part.kind, 'partial');
    assert.equal(whole.kind, 'exact');
    assert.ok(part.similarity < whole.similarity / 2);
  });

  test('any text whatever is matched without harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        for (const { similarity } of find(text)) assert.ok(similarity > 0 && similarity <= 1);
      }),
    );
  });

  test('a very long text and a very long word are only read up to a bound', () => {
    const matches = new Matches();
    const long = analyseText('castle by the river '.repeat(50_000));
    assert.ok(long.words.length <= 20_000);
    index.match(long, matches);
    assert.ok(matches.count > 0);
    assert.deepEqual(find('x'.repeat(10_000)), []);
  });
});

describe('the index in another thread', () => {
  test('finds the same: its memory is handed over, not copied', () => {
    const shared = structuredClone(index.shared());
    assert.equal(shared.bags.buffer instanceof SharedArrayBuffer, true);
    const other = new LexicalIndex(shared);
    for (const text of [
      'A Ruined CASTLE by the sea',
      'horses and a rivver',
      'Lawrence, Stephen',
      '馬 \ud800',
    ])
      assert.deepEqual(find(text, other), find(text));
  });
});
