import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CooccurrenceBuilder } from '../../../shared/cooccurrence/builder.ts';
import { Generation, newestGeneration } from '../../../shared/cooccurrence/generation.ts';
import { lineageOf, lineagePut, lineages, lineageToBuild } from '../../../shared/cooccurrence/lineage.ts';
import { sealGeneration } from '../../../shared/cooccurrence/seal.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { NATURE, taxonomyOf } from '../../workers/candidates/made.ts';

/** As a later version of NATURE: one interest is renamed, one moved, one removed, some are new. */
const NEXT = taxonomyOf({
  1: [0, 'nature'],
  2: [0, 'things'],
  3: [0, 'architecture'],
  10: [1, 'landscape'],
  11: [1, 'animals: mammals'],
  20: [2, 'toys and models'],
  100: [10, 'mountain'],
  101: [10, 'river'],
  110: [11, 'horse'],
  200: [3, 'horse'],
  400: [3, 'ruin'],
  401: [10, 'waterfall'],
});
/** Numbers that NATURE has too, in a tree that has nothing to do with it. */
const SHOP = taxonomyOf({
  3: [0, 'clothing'],
  1: [3, 'shoes'],
  2: [3, 'hats'],
  10: [2, 'caps'],
  100: [2, 'bonnets'],
});

/** Builds and seals the next generation for a taxonomy, from one Pin that has an interest. */
function learn(store: Store, taxonomy: Taxonomy, interest: number): void {
  const lineage = lineageToBuild(store, taxonomy);
  store.apply({ puts: [lineagePut(lineage, taxonomy)] });
  const generation = newestGeneration(store, taxonomy) + 1;
  const builder = new CooccurrenceBuilder(store, generation, lineage);
  builder.add({
    ...{ pin: 1, version: 1, trust: 1000, terms: Float64Array.of(7), boards: new Float64Array() },
    ...{ interests: Int32Array.of(interest), weights: Int32Array.of(1000) },
  });
  builder.flush({});
  sealGeneration(store, generation, lineage);
}

/** Ids of the interests that have been seen at all. */
function seen(store: Store, taxonomy: Taxonomy): number[] {
  const { baseRate } = new Generation(store, taxonomy);
  return [...taxonomy.ids].filter((_, index) => baseRate[index] > 0);
}

describe('lineages of a co-occurrence store', () => {
  test('a store that nothing was built in has the first one to build, and nothing to read', () => {
    const store = new MemoryStore();
    assert.equal(lineageOf(store, NATURE), undefined);
    assert.equal(lineageToBuild(store, NATURE), 0);
    assert.equal(newestGeneration(store, NATURE), 0);
  });

  test('a later version reads what was learnt for the one before, and goes on from there', () => {
    const store = new MemoryStore();
    learn(store, NATURE, 101);
    assert.equal(lineageOf(store, NEXT), 0);
    assert.deepEqual(seen(store, NEXT), [101]);
    learn(store, NEXT, 401);
    assert.deepEqual([newestGeneration(store, NEXT), newestGeneration(store, NATURE)], [2, 2]);
    assert.deepEqual(lineages(store), [0]);
  });

  test('a part of a taxonomy, and a much larger one, are of its lineage', () => {
    const store = new MemoryStore();
    learn(store, NATURE, 101);
    const part = taxonomyOf({ 1: [0, 'nature'], 10: [1, 'landscape'], 500: [10, 'glacier'] });
    assert.equal(lineageOf(store, part), 0);
    const small = new MemoryStore();
    learn(small, part, 500);
    assert.equal(lineageOf(small, NATURE), 0);
  });

  test('an unrelated taxonomy has generations of its own, even where its ids are numbers of the other', () => {
    const store = new MemoryStore();
    learn(store, NATURE, 101);
    assert.equal(lineageOf(store, SHOP), undefined);
    assert.deepEqual(seen(store, SHOP), []);
    learn(store, SHOP, 10);
    learn(store, SHOP, 100);
    assert.deepEqual(lineages(store), [0, 1]);
    assert.deepEqual([newestGeneration(store, NATURE), newestGeneration(store, SHOP)], [1, 2]);
    assert.deepEqual(seen(store, NATURE), [101]);
    assert.deepEqual(seen(store, SHOP), [100]);
    assert.throws(() => new Generation(store, NATURE, 2), {
      code: 'GENERATION_UNKNOWN',
      message: 'there is no generation 2 of its taxonomy; the newest is 1',
    });
  });

  test('a store from before there were lineages is read by whose interests it has, and kept by that', () => {
    const store = new MemoryStore();
    learn(store, NATURE, 101);
    store.apply({ puts: [], clear: ['cooccurrence/lineages'] });
    const later = taxonomyOf({ 600: [0, 'shop'], 601: [600, 'shoes'] });
    assert.equal(lineageOf(store, later), undefined);
    learn(store, later, 601);
    assert.equal(newestGeneration(store, later), 1);
    assert.deepEqual([newestGeneration(store, NEXT), seen(store, NEXT)], [1, [101]]);
  });
});
