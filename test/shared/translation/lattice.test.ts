import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Lattice } from '../../../shared/translation/lattice.ts';

/** A lattice as it is written: by node its word and its arcs. */
interface Written {
  word: number;
  arcs: { to: number; weight: number; words: number[] }[];
}

function write(lattice: Lattice, nodes: readonly Written[]): void {
  lattice.clear(nodes.length);
  for (const { word, arcs } of nodes) {
    lattice.openNode(word);
    for (const { to, weight, words } of arcs) {
      lattice.openArc(to, weight);
      for (const number of words) lattice.addWord(number);
    }
  }
}

function read(lattice: Lattice): Written[] {
  return Array.from({ length: lattice.nodes }, (_, node) => {
    const first = lattice.firstArc[node];
    return {
      word: lattice.word[node],
      arcs: Array.from({ length: lattice.firstArc[node + 1] - first }, (__, i) => ({
        to: lattice.to[first + i],
        weight: lattice.weight[first + i],
        words: [...lattice.words.subarray(lattice.firstWord[first + i], lattice.firstWord[first + i + 1])],
      })),
    };
  });
}

const arcs = fc
  .tuple(fc.nat(1000), fc.constantFrom(1, 0.5, 0.25), fc.array(fc.nat(1 << 20), { maxLength: 4 }))
  .map(([to, weight, words]) => ({ to, weight, words }));
const nodes = fc.array(
  fc.tuple(fc.nat(1000), fc.array(arcs, { maxLength: 12 })).map(([word, own]) => ({ word, arcs: own })),
  { maxLength: 200 },
);

describe('a lattice', () => {
  test('holds what was written last, whatever was written before, and however much of it there is', () => {
    const lattice = new Lattice();
    fc.assert(
      fc.property(nodes, (written) => {
        write(lattice, written);
        assert.equal(lattice.length, written.length);
        assert.equal(
          lattice.arcs,
          written.reduce((sum, { arcs }) => sum + arcs.length, 0),
        );
        assert.deepEqual(read(lattice), written);
      }),
    );
  });

  test('grows to texts of any length', () => {
    const lattice = new Lattice();
    const written = Array.from({ length: 5000 }, (_, word) => ({
      word,
      arcs: [{ to: word + 1, weight: 1, words: [word, word, word] }],
    }));
    write(lattice, written);
    assert.deepEqual(read(lattice), written);
  });
});
