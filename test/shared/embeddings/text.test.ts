import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { TextVectors } from '../../../shared/embeddings/text.ts';

const DIRECTORY = join(import.meta.dirname, '../../../models/text-vectors');

describe('text vectors', () => {
  const vectors = TextVectors.load(DIRECTORY);
  const embed = (text: string, weights: Float32Array | null = null): Float32Array => {
    const out = new Float32Array(vectors.dimensions);
    vectors.embed(text.split(' '), weights, out);
    return out;
  };
  const cosine = (a: string, b: string): number => {
    const [x, y] = [embed(a), embed(b)];
    return x.reduce((sum, value, d) => sum + value * y[d], 0);
  };

  test('what means the same is closer than a stranger', () => {
    for (const [word, friend, stranger] of [
      ['boat', 'ship', 'sausage'],
      ['dog', 'puppy', 'castle'],
      ['mountain', 'hill', 'armchair'],
      ['church', 'cathedral', 'bicycle'],
      ['sofa', 'couch', 'river'],
    ]) {
      assert.ok(cosine(word, friend) > cosine(word, stranger), `${word}: ${friend} before ${stranger}`);
    }
  });

  test('a word that was never seen still gets a vector, from its pieces', () => {
    assert.ok(cosine('watercolourists', 'painting') > cosine('watercolourists', 'engine'));
  });

  test('a text is a unit vector, and a heavier word pulls it', () => {
    const pulled = embed('boat sausage', Float32Array.of(10, 1));
    assert.ok(Math.abs(Math.hypot(...pulled) - 1) < 1e-5);
    const boat = embed('boat');
    const sausage = embed('sausage');
    const to = (other: Float32Array): number => pulled.reduce((sum, value, d) => sum + value * other[d], 0);
    assert.ok(to(boat) > to(sausage));
  });

  test('in another thread embed alike', () => {
    const other = TextVectors.from(structuredClone(vectors.shared()));
    const out = new Float32Array(other.dimensions);
    for (const text of ['boat sausage', 'watercolourists', '漢字 sea', '']) {
      other.embed(text.split(' '), null, out);
      assert.deepEqual(out, embed(text), text);
    }
  });

  test('a word of unknown weight counts as a rare one', () => {
    const rare = embed('boat sea', Float32Array.of(NaN, 12));
    const known = embed('boat sea', Float32Array.of(12, 12));
    assert.deepEqual(rare, known);
    assert.notDeepEqual(embed('boat sea', Float32Array.of(NaN, 1)), known);
  });

  test('no word, or none of this alphabet, is no vector', () => {
    const out = new Float32Array(vectors.dimensions).fill(7);
    assert.equal(vectors.embed([], null, out), false);
    assert.ok(out.every((value) => value === 0));
    assert.equal(vectors.embed(['🎨', '漢字'], null, out), false);
  });

  test('any words whatever give a finite vector', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 })), (words) => {
        const out = new Float32Array(vectors.dimensions);
        vectors.embed(words, null, out);
        assert.ok(out.every(Number.isFinite));
      }),
    );
  });

  describe('a broken artefact is refused by its file', () => {
    let copy: string;
    before(() => (copy = mkdtempSync(join(tmpdir(), 'p2i-vectors-'))));
    after(() => rmSync(copy, { recursive: true }));
    const broken = (file: string, breakIt: (path: string) => void): void => {
      cpSync(DIRECTORY, copy, { recursive: true });
      breakIt(join(copy, file));
      assert.throws(() => TextVectors.load(copy), { code: 'ARTEFACT_INVALID', where: join(copy, file) });
    };

    test('truncated vectors', () => broken('vectors.i8', (path) => truncateSync(path, 1000)));
    test('truncated pieces', () => broken('pieces.txt', (path) => truncateSync(path, 1000)));
    test('another format', () => broken('text-vectors.json', (path) => writeFileSync(path, '{"format":2}')));
    test('a missing file', () => broken('pieces.txt', (path) => rmSync(path)));
  });
});
