import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cheapestPieces } from '../../../shared/translation/split.ts';

const LONGEST = 6;

/** Cuts a word into pieces that cost what the table says; others are none. */
function cut(word: string, costs: Readonly<Record<string, number>>, longest = LONGEST): string[] {
  return cheapestPieces([...word], longest, (piece) => costs[piece] ?? Infinity);
}

/** All ways to cut characters into pieces of at most `longest`. */
function allCuts(characters: readonly string[], longest: number): string[][] {
  if (characters.length === 0) return [[]];
  const cuts: string[][] = [];
  for (let size = 1; size <= Math.min(longest, characters.length); size++) {
    const first = characters.slice(0, size).join('');
    for (const rest of allCuts(characters.slice(size), longest)) cuts.push([first, ...rest]);
  }
  return cuts;
}

describe('the cheapest pieces of a word', () => {
  test('cost least together, be they few or many', () => {
    const costs = { gar: 1, ten: 1, schuh: 2, garten: 3, tens: 0.25, chuh: 0.5 };
    assert.deepEqual(cut('gartenschuh', costs), ['gar', 'tens', 'chuh']);
    assert.deepEqual(cut('gartenschuh', { ...costs, tens: 3 }), ['gar', 'ten', 'schuh']);
    assert.deepEqual(cut('gartenschuh', { ...costs, tens: 3, garten: 1.5 }), ['garten', 'schuh']);
  });

  test('are not those that begin cheapest where these lead nowhere', () => {
    assert.deepEqual(cut('abc', { a: 0, ab: 5, c: 1 }), ['ab', 'c']);
  });

  test('are none where the word cannot be cut', () => {
    assert.deepEqual(cut('abc', { ab: 1, bc: 1 }), []);
    assert.deepEqual(cut('abc', {}), []);
    assert.deepEqual(cut('', { '': 1 }), []);
  });

  test('are no longer than the longest', () => {
    assert.deepEqual(cut('abcd', { abcd: 1, ab: 9, cd: 9 }, 2), ['ab', 'cd']);
    assert.deepEqual(cut('abcd', { abcd: 1 }, 3), []);
    assert.deepEqual(cut('abcd', { abcd: 1 }, 4), ['abcd']);
  });

  test('are of whole characters, whose number a piece’s cost is asked with', () => {
    const sizes = new Map<string, number>();
    const pieces = cheapestPieces([...'🏔山е\u0301'], 2, (piece, size) => {
      sizes.set(piece, size);
      return 1;
    });
    assert.equal(pieces.length, 2);
    assert.deepEqual(sizes.get('🏔'), 1);
    assert.deepEqual(sizes.get('🏔山'), 2);
    assert.deepEqual(sizes.get('山е'), 2);
  });

  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '山', '🏔'), maxLength: 9 });
  const costTable = fc.dictionary(
    fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '山', '🏔'), minLength: 1, maxLength: 4 }),
    fc.integer({ min: 0, max: 12 }),
    { maxKeys: 20, noNullPrototype: true },
  );

  test('join to the word, and no other cut costs less', () => {
    fc.assert(
      fc.property(word, costTable, fc.integer({ min: 1, max: 4 }), (text, costs, longest) => {
        // Whatever the table leaves out, a single character can be bought for more.
        const costOf = (piece: string, size: number): number => costs[piece] ?? (size === 1 ? 10 : Infinity);
        const sum = (pieces: readonly string[]): number =>
          pieces.reduce((all, piece) => all + costOf(piece, [...piece].length), 0);
        const pieces = cheapestPieces([...text], longest, costOf);
        assert.equal(pieces.join(''), text);
        const least = Math.min(...allCuts([...text], longest).map(sum));
        assert.equal(sum(pieces), least);
      }),
    );
  });

  test('are none exactly where every cut has a piece that is none', () => {
    fc.assert(
      fc.property(word, costTable, (text, costs) => {
        const possible = allCuts([...text], LONGEST).filter((pieces) =>
          pieces.every((piece) => costs[piece] !== undefined),
        );
        const pieces = cut(text, costs);
        assert.equal(pieces.length > 0, text !== '' && possible.length > 0);
        if (pieces.length > 0) assert.equal(pieces.join(''), text);
      }),
    );
  });

  test('are found with as many looks as the word has characters, times the longest', () => {
    const characters = [...'abcd'.repeat(5_000)];
    assert.equal(characters.length, 20_000);
    let looks = 0;
    let letters = 0;
    const pieces = cheapestPieces(characters, LONGEST, (piece, size) => {
      looks++;
      letters += piece.length;
      return 1 + 1 / size;
    });
    assert.equal(pieces.join(''), characters.join(''));
    assert.ok(looks <= LONGEST * characters.length, `${looks} looks`);
    assert.ok(letters <= LONGEST * LONGEST * characters.length, `${letters} letters`);
  });
});
