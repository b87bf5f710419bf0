import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TextVectors } from '../../../shared/embeddings/text.ts';
import { analyseText, contentLemmas } from '../../../shared/language/analyse.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import { Matches, MATCH_KINDS } from '../../../shared/lexical/lexical-index.ts';
import { WordOverlap } from '../../../shared/lexical/word-overlap.ts';
import { Lattice } from '../../../shared/translation/lattice.ts';

const NAMES = [
  'red shoes',
  'shoes',
  'running shoes for children',
  'red wine',
  'the',
  'garden furniture',
  'shoe',
];

/** A text of one word whose translations are these, each with its weight. */
function latticeOf(translations: readonly (readonly [weight: number, words: string])[], length = 1): Lattice {
  const lattice = new Lattice();
  lattice.clear(length);
  lattice.openNode(0);
  for (const [weight, words] of translations) {
    lattice.openArc(1, weight);
    for (const number of analyseText(words).numbers) lattice.addWord(number);
  }
  lattice.openNode(1);
  return lattice;
}

/** Text vectors of two dimensions of few words; the others have none. */
function vectorsOf(known: Readonly<Record<string, readonly [number, number]>>): TextVectors {
  const vectors: unknown = {
    dimensions: 2,
    embed([word]: readonly string[], _weights: null, out: Float32Array): boolean {
      out.set(known[word] ?? [0, 0]);
      return word in known;
    },
  };
  return vectors as TextVectors;
}

const NO_VECTORS = vectorsOf({});

function matchesOf(index: WordOverlap, lattice: Lattice): Matches {
  const matches = new Matches();
  matches.reset(lattice.length);
  index.match(lattice, matches);
  return matches;
}

function found(index: WordOverlap, lattice: Lattice): [interest: number, coverage: number][] {
  const { count, interest, coverage } = matchesOf(index, lattice);
  return Array.from(interest.subarray(0, count), (each, i) => [each, coverage[i]]);
}

describe('names that share words with a text', () => {
  const index = WordOverlap.build(NAMES, NO_VECTORS);

  test('are found by lemma, the best covered first', () => {
    const all = found(index, latticeOf([[1, 'children shoe']]));
    assert.deepEqual(
      all.map(([interest]) => NAMES[interest]),
      ['running shoes for children', 'shoes', 'shoe', 'red shoes'],
    );
    assert.equal(all[1][1], 1);
    assert.ok(all[3][1] < 1);
  });

  test('count by the likeliest arc that has the word', () => {
    const [[interest, coverage]] = found(
      index,
      latticeOf([
        [0.25, 'wine'],
        [0.5, 'wine'],
        [0.125, 'wine'],
      ]),
    );
    const [[same, full]] = found(index, latticeOf([[1, 'wine']]));
    assert.equal(NAMES[interest], 'red wine');
    assert.equal(same, interest);
    assert.equal(coverage, full / 2);
  });

  test('are none where they share stop words only, or nothing', () => {
    for (const words of ['the', 'for', 'castle', ''])
      assert.deepEqual(found(index, latticeOf([[1, words]])), []);
  });

  test('are none for a text that is longer than a term', () => {
    assert.ok(found(index, latticeOf([[1, 'shoe']], 16)).length > 0);
    assert.deepEqual(found(index, latticeOf([[1, 'shoe']], 17)), []);
  });

  test('are thirty at most, the first of those that are equal', () => {
    const many = WordOverlap.build(
      [...Array.from({ length: 100 }, (_, i) => `shoe ${i}`), 'shoe'],
      NO_VECTORS,
    );
    const all = found(many, latticeOf([[1, 'shoe']]));
    assert.equal(all.length, 30);
    assert.deepEqual(all[0], [100, 1]);
    assert.deepEqual(
      all.slice(1).map(([interest]) => interest),
      Array.from({ length: 29 }, (_, i) => i),
    );
  });

  test('are those of an index without names', () => {
    assert.deepEqual(found(WordOverlap.build([], NO_VECTORS), latticeOf([[1, 'shoe']])), []);
  });

  test('are found in another thread too, which shares the index', () => {
    const lattice = latticeOf([[1, 'children shoe']]);
    const other = new WordOverlap(structuredClone(index.shared()), NO_VECTORS);
    assert.deepEqual(found(other, lattice), found(index, lattice));
    const { words, ...columns } = index.shared();
    for (const column of [words.letters, words.start, words.slots, ...Object.values(columns)])
      if (typeof column === 'object' && 'buffer' in column)
        assert.ok(column.buffer instanceof SharedArrayBuffer);
  });

  test('are partial matches behind those that there are already', () => {
    const lattice = latticeOf([[1, 'red lamp']], 4);
    const matches = new Matches();
    matches.reset(4);
    const before = matches.next();
    matches.interest[before] = 6;
    index.match(lattice, matches);
    assert.equal(matches.interest[0], 6);
    assert.deepEqual(
      [...matches.interest.subarray(1, matches.count)].map((interest) => NAMES[interest]),
      ['red shoes', 'red wine'],
    );
    for (let m = 1; m < matches.count; m++) {
      assert.equal(MATCH_KINDS[matches.kind[m]], 'partial');
      assert.ok(matches.similarity[m] > 0 && matches.similarity[m] <= 1);
      assert.ok(matches.length[m] >= 1 && matches.length[m] < 4, 'lamp is no part of it');
    }
  });

  test('share words that mean nearly the same, for less than the words themselves', () => {
    const vectors = vectorsOf({
      ...{ sneaker: [1, 0], shoe: [0.8, 0.6], wine: [0.5, Math.sqrt(0.75)], furniture: [0, 1] },
    });
    const near = WordOverlap.build(NAMES, vectors);
    const byName = new Map(
      found(near, latticeOf([[1, 'sneaker']])).map(([interest, coverage]) => [NAMES[interest], coverage]),
    );
    assert.deepEqual([...byName.keys()].sort(), ['red shoes', 'running shoes for children', 'shoe', 'shoes']);
    assert.ok(byName.get('shoe')! > 0.3 && byName.get('shoe')! < 0.64);
    const itself = new Map(found(near, latticeOf([[1, 'sneaker shoe']])));
    assert.equal(itself.get(NAMES.indexOf('shoe')), 1);
  });

  test('are the same after the vocabulary was cleared', () => {
    const before = found(index, latticeOf([[1, 'red shoe']]));
    for (let i = 0; VOCABULARY.size <= 1 << 17; i++) VOCABULARY.numberOf(`filling${i}`);
    VOCABULARY.trim();
    VOCABULARY.numberOf('first');
    assert.deepEqual(found(index, latticeOf([[1, 'red shoe']])), before);
  });
});

/** Cosine similarity with inverse document frequencies, times the text's length, which is the same for all. */
function bruteForce(
  names: readonly string[],
  translations: readonly (readonly [number, string])[],
): { interest: number; coverage: number; score: number }[] {
  const words = names.map((name) => [...new Set(contentLemmas(analyseText(name)))]);
  const weightOf = (word: string): number =>
    Math.log(1 + names.length / words.filter((own) => own.includes(word)).length) ** 2;
  const inText = new Map<string, number>();
  for (const [weight, text] of translations)
    for (const lemma of analyseText(text).lemmas) inText.set(lemma, Math.max(weight, inText.get(lemma) ?? 0));
  return words
    .map((own, interest) => {
      const total = own.reduce((sum, word) => sum + weightOf(word), 0);
      const shared = own.reduce((sum, word) => sum + weightOf(word) * (inText.get(word) ?? 0), 0);
      return { interest, coverage: shared / total, score: shared / Math.sqrt(total) };
    })
    .filter(({ score }) => score > 0);
}

describe('any names and any text', () => {
  const words = fc.constantFrom(
    ...[
      'red',
      'shoe',
      'shoes',
      'wine',
      'garden',
      'child',
      'the',
      'of',
      'lamp',
      'lake',
      'house',
      'wood',
      'glass',
    ],
  );
  const phrase = fc.array(words, { minLength: 1, maxLength: 6 }).map((some) => some.join(' '));
  const names = fc.array(phrase, { maxLength: 30 });
  const text = fc.array(fc.tuple(fc.constantFrom(1, 0.7, 0.3, 0.05), phrase), { maxLength: 6 });

  test('give what brute force gives: coverage in (0, 1], sorted by score, the same each time', () => {
    fc.assert(
      fc.property(names, text, (all, translations) => {
        const index = WordOverlap.build(all, NO_VECTORS);
        const lattice = latticeOf(translations);
        const pairs = found(index, lattice);
        const expected = new Map(bruteForce(all, translations).map((each) => [each.interest, each]));
        assert.equal(pairs.length, expected.size);
        assert.equal(new Set(pairs.map(([interest]) => interest)).size, pairs.length);
        let before = Infinity;
        for (const [interest, coverage] of pairs) {
          const { coverage: own, score } = expected.get(interest)!;
          assert.ok(coverage > 0 && coverage <= 1, `coverage ${coverage}`);
          assert.ok(Math.abs(coverage - own) < 1e-5);
          assert.ok(score <= before + 1e-5);
          before = score;
        }
        assert.deepEqual(found(index, lattice), pairs);
        assert.deepEqual(found(WordOverlap.build(all, NO_VECTORS), lattice), pairs);
      }),
      { numRuns: 1000 },
    );
  });
});
