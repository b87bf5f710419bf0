import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addTallies, decodeTally, encodeTally, type Tally } from '../../../shared/cooccurrence/tally.ts';

const tallies: fc.Arbitrary<Tally> = fc
  .record({
    pins: fc.integer({ min: 0, max: 1e6 }),
    trust: fc.integer({ min: 0, max: 1e8 }),
    weights: fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.integer({ min: 0, max: 1e9 })),
  })
  .map(({ pins, trust, weights }) => {
    const interests = Uint32Array.from(Object.keys(weights), Number).sort();
    return { pins, trust, interests, weights: Float64Array.from(interests, (id) => weights[id]) };
  });

const plain = ({ pins, trust, interests, weights }: Tally) => ({
  pins,
  trust,
  interests: [...interests],
  weights: [...weights],
});

describe('tallies', () => {
  test('add up by interest', () => {
    const a = {
      pins: 2,
      trust: 200,
      interests: Uint32Array.of(3, 7),
      weights: Float64Array.of(100, 50),
    };
    const b = { pins: 1, trust: 10, interests: Uint32Array.of(1, 7), weights: Float64Array.of(10, 5) };
    assert.deepEqual(plain(addTallies(a, b)), {
      pins: 3,
      trust: 210,
      interests: [1, 3, 7],
      weights: [10, 100, 55],
    });
  });

  test('are the same sum in any order and grouping', () => {
    fc.assert(
      fc.property(tallies, tallies, tallies, (a, b, c) => {
        assert.deepEqual(plain(addTallies(a, b)), plain(addTallies(b, a)));
        assert.deepEqual(plain(addTallies(addTallies(a, b), c)), plain(addTallies(a, addTallies(b, c))));
      }),
    );
  });

  test('survive their bytes, wherever these lie in a buffer', () => {
    fc.assert(
      fc.property(tallies, fc.integer({ min: 0, max: 9 }), (tally, offset) => {
        const bytes = encodeTally(tally);
        const shifted = new Uint8Array(bytes.length + offset);
        shifted.set(bytes, offset);
        assert.deepEqual(plain(decodeTally(shifted.subarray(offset))), plain(tally));
      }),
    );
  });

  test('that were added survive their bytes too', () => {
    fc.assert(
      fc.property(tallies, tallies, (a, b) => {
        const sum = addTallies(a, b);
        assert.deepEqual(plain(decodeTally(encodeTally(sum))), plain(sum));
      }),
    );
  });
});
