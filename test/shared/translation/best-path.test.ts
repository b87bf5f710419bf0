import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TokenBuffer } from '../../../shared/language/tokens.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';
import { BestPath } from '../../../shared/translation/best-path.ts';
import { Lattice } from '../../../shared/translation/lattice.ts';
import { layOutLexicon } from '../../../shared/translation/lexicon.ts';
import { translate, Translator } from '../../../shared/translation/translator.ts';
import { lexiconOf } from '../../support/toy-language.ts';

const translator = new Translator(
  layOutLexicon(
    lexiconOf(
      {
        blaue: ['0.9 blue', '0.1 drunk'],
        schuhe: ['0.75 shoe', '0.25 horseshoe'],
        das: ['1'],
        'kurze hose': ['0.5 shorts'],
        kurze: ['1 short'],
        hose: ['1 trousers'],
      },
      { kinder: [50, '0.75 child', '0.25 kid'], schuh: [40, '1 shoe'], e: [100, '1'] },
    ),
  ),
);
const bestPath = new BestPath();
const lattice = new Lattice();

function best(...words: string[]): string[] {
  const numbers = Int32Array.from(words, (word) => VOCABULARY.numberOf(word));
  translate({ numbers, from: 0, to: words.length }, [{ translator, share: 1 }], 0, lattice);
  return written(bestPath, lattice);
}

function written(path: BestPath, of: Lattice): string[] {
  const buffer = new TokenBuffer();
  path.write(of, buffer);
  return Array.from(buffer.numbers.subarray(0, buffer.count), (number) => VOCABULARY.text(number));
}

describe('the best translation', () => {
  test('of each word is its likeliest', () => {
    assert.deepEqual(best('blaue', 'schuhe'), ['blue', 'shoe']);
  });

  test('takes a phrase for one, even where its words are more certain', () => {
    assert.deepEqual(best('blaue', 'kurze', 'hose'), ['blue', 'shorts']);
    assert.deepEqual(best('kurze', 'schuhe'), ['short', 'shoe']);
  });

  test('leaves words out that mean nothing', () => {
    assert.deepEqual(best('das', 'schuhe', 'das'), ['shoe']);
    assert.deepEqual(best('das'), []);
  });

  test('of a compound is that of its parts, in their order', () => {
    assert.deepEqual(best('blaue', 'kinderschuhe'), ['blue', 'child', 'shoe']);
  });

  test('of an unknown word is the word', () => {
    assert.deepEqual(best('zzyzx', 'schuhe', '🏔'), ['zzyzx', 'shoe', '🏔']);
  });

  test('of no words is none', () => {
    assert.deepEqual(best(), []);
  });

  test('comes behind what the buffer holds already', () => {
    const buffer = new TokenBuffer();
    buffer.add('a castle');
    best('blaue', 'schuhe');
    bestPath.write(lattice, buffer);
    assert.equal(buffer.count, 4);
  });

  test('of a long text is found in a long text’s time', () => {
    const words = Array.from({ length: 5000 }, (_, i) => ['blaue', 'kinderschuhe', 'das'][i % 3]);
    const found = best(...words);
    assert.equal(found.length, 1667 + 2 * 1667);
    assert.deepEqual(found.slice(-3), ['blue', 'child', 'shoe']);
  });

  /** By node, until the last: the word that it lies in, if it begins none, and arcs as far ahead as there are nodes. */
  const lattices = fc.integer({ min: 1, max: 6 }).chain((nodes) =>
    fc.tuple(
      ...Array.from({ length: nodes }, (_, node) =>
        fc.tuple(
          fc.boolean(),
          fc.array(
            fc.tuple(fc.integer({ min: node + 1, max: nodes }), fc.constantFrom(1, 0.5, 0.25, 0.03125)),
            {
              maxLength: 3,
            },
          ),
        ),
      ),
    ),
  );

  test('costs no more than any other, whatever the lattice', () => {
    const made = new Lattice();
    fc.assert(
      fc.property(lattices, (nodes) => {
        made.clear(nodes.length);
        let word = -1;
        let arcs = 0;
        nodes.forEach(([within, others], node) => {
          if (node === 0 || !within) word++;
          made.openNode(word);
          // Each node leads on; the word of each arc is its number.
          for (const [to, weight] of [[node + 1, 0.125] as const, ...others]) {
            made.openArc(to, weight);
            made.addWord(VOCABULARY.numberOf(`arc${arcs++}`));
          }
        });
        made.openNode(word + 1);
        const found = written(bestPath, made).map((text) => Number(text.slice(3)));
        assert.ok(Math.abs(costOf(made, found) - leastCost(made, 0)) < 1e-9);
      }),
    );
  });
});

/** What arcs cost that follow each other from the first node to the last. */
function costOf(of: Lattice, arcs: readonly number[]): number {
  let node = 0;
  let cost = 0;
  for (const arc of arcs) {
    assert.ok(arc >= of.firstArc[node] && arc < of.firstArc[node + 1], 'the arcs follow each other');
    cost += arcCost(of, node, arc);
    node = of.to[arc];
  }
  assert.equal(node, of.nodes - 1);
  return cost;
}

/** The least of all ways from a node on. */
function leastCost(of: Lattice, node: number): number {
  if (node === of.nodes - 1) return 0;
  let least = Infinity;
  for (let arc = of.firstArc[node]; arc < of.firstArc[node + 1]; arc++)
    least = Math.min(least, arcCost(of, node, arc) + leastCost(of, of.to[arc]));
  return least;
}

/** One for each word that is begun, and for how unlikely the arc is. */
function arcCost(of: Lattice, node: number, arc: number): number {
  const begins = node === 0 || of.word[node] !== of.word[node - 1];
  return (begins ? 1 : 0) - Math.log(of.weight[arc]);
}
