import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hashPair, hashText } from '../../../shared/cooccurrence/hash.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('hashes of texts', () => {
  test('are whole numbers from 0 until 2^53, the same every time', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 255 }), (text, seed) => {
        const hash = hashText(text, seed);
        assert.ok(Number.isSafeInteger(hash) && hash >= 0);
        assert.equal(hashText(text, seed), hash);
      }),
    );
  });

  test('are spread evenly: the samples and estimates of boards rest on it', () => {
    const bins = new Uint32Array(100);
    for (let i = 0; i < 100_000; i++) bins[Math.floor((hashText(`T${i}`, 6) / 2 ** 53) * 100)]++;
    // 1,000 expected in each, with a standard deviation of 31.
    for (const count of bins) assert.ok(Math.abs(count - 1000) < 160, String(count));
  });

  test('of 200,000 texts are 200,000', () => {
    assert.equal(new Set(Array.from({ length: 200_000 }, (_, i) => hashText(String(i), 1))).size, 200_000);
  });
});

describe('hashes of sequences', () => {
  const hash = fc.maxSafeNat();

  test('are whole numbers from 0 until 2^53, and the order matters', () => {
    fc.assert(
      fc.property(hash, hash, (left, right) => {
        const pair = hashPair(left, right);
        assert.ok(Number.isSafeInteger(pair) && pair >= 0);
        if (left !== right) assert.notEqual(pair, hashPair(right, left));
      }),
    );
  });

  test('of all pairs of 400 words are as many as the pairs', () => {
    const words = Array.from({ length: 400 }, (_, i) => hashText(`word ${i}`, 1));
    assert.equal(new Set(words.flatMap((a) => words.map((b) => hashPair(a, b)))).size, 160_000);
  });
});
