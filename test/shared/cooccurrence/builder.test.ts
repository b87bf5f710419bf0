import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { entryMemory } from '../../../shared/cooccurrence/arena.ts';
import { CooccurrenceBuilder } from '../../../shared/cooccurrence/builder.ts';
import type { PinFacts } from '../../../shared/cooccurrence/facts.ts';
import { Generation } from '../../../shared/cooccurrence/generation.ts';
import { mergeSamples, sampledPin, sampleOf, type BoardSample } from '../../../shared/cooccurrence/sample.ts';
import { sealGeneration } from '../../../shared/cooccurrence/seal.ts';
import { sealedSpaces } from '../../../shared/cooccurrence/spaces.ts';
import { pinHash } from '../../../shared/cooccurrence/terms.ts';
import { GRAPH_DIMENSIONS } from '../../../shared/embeddings/projection.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { boardOf, termOf } from './entries.ts';

const taxonomy = new Taxonomy(
  [
    { id: 1, parent: null, name: 'nature' },
    { id: 2, parent: 1, name: 'river' },
    { id: 3, parent: 1, name: 'mountain' },
    { id: 4, parent: 1, name: 'glacier' },
  ].map((interest) => ({ ...interest, aliases: [], translations: {}, unsafe: false, hidden: false })),
);

const facts = (
  pin: number,
  terms: number[],
  interests: number[],
  trust = 100,
  boards: number[] = [],
): PinFacts => ({
  pin,
  version: 1,
  trust,
  terms: Float64Array.from(terms),
  boards: Float64Array.from(boards),
  interests: Int32Array.from(interests),
  weights: Int32Array.from(interests, () => trust),
});

function sealed(pins: readonly PinFacts[], flushAfter = Infinity): MemoryStore {
  const store = new MemoryStore();
  const builder = new CooccurrenceBuilder(store, 1);
  pins.forEach((pin, i) => {
    builder.add(pin);
    if ((i + 1) % flushAfter === 0) builder.flush({});
  });
  builder.flush({});
  sealGeneration(store, 1);
  return store;
}

const contents = (store: MemoryStore): unknown[] => {
  const { terms, boards, interests } = sealedSpaces(1);
  return [terms, boards, interests].map((space) =>
    [...store.scan(space)].map(([key, bytes]) => [key, [...bytes]]),
  );
};

const arbitraryFacts: fc.Arbitrary<PinFacts> = fc
  .record({
    pin: fc.integer({ min: 1, max: 10_000 }),
    terms: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 5 }),
    interests: fc.uniqueArray(fc.constantFrom(1, 2, 3, 4), { maxLength: 4 }),
    boards: fc.uniqueArray(fc.integer({ min: 100, max: 104 }), { maxLength: 3 }),
    trust: fc.constantFrom(10, 100),
  })
  .map(({ pin, terms, interests, boards, trust }) => facts(pin, terms, interests.sort(), trust, boards));

const arbitraryPins = fc.uniqueArray(arbitraryFacts, {
  minLength: 1,
  maxLength: 40,
  selector: ({ pin }) => pin,
});

describe('building a generation', () => {
  test('where the flushes fall makes no difference, to the last bit', () => {
    fc.assert(
      fc.property(arbitraryPins, fc.integer({ min: 1, max: 10 }), (pins, flushAfter) => {
        assert.deepEqual(contents(sealed(pins, flushAfter)), contents(sealed(pins)));
      }),
      { numRuns: 60 },
    );
  });

  test('the order of the Pins makes no difference to what a term or a board says', () => {
    fc.assert(
      fc.property(arbitraryPins, (pins) => {
        assert.deepEqual(contents(sealed([...pins].reverse())), contents(sealed(pins)));
      }),
      { numRuns: 60 },
    );
  });

  test('a batch that is larger than memory was made for loses nothing', () => {
    const terms = Array.from({ length: 200 }, (_, i) => i + 1);
    const store = new MemoryStore();
    const large = new CooccurrenceBuilder(store, 1);
    const interests = Array.from({ length: 100 }, (_, i) => i + 1);
    for (let pin = 1; pin <= 400; pin++) large.add(facts(pin, terms, interests));
    large.flush({ offset: '400' });
    sealGeneration(store, 1);
    const generation = new Generation(store, taxonomy);
    assert.equal(generation.pins, 400);
    for (const term of [1, 100, 200]) {
      const entry = termOf(generation, term)!;
      assert.equal(entry.pins, 400);
      assert.ok(entry.share.every((share) => Math.abs(share - 400 / 401) < 1e-6));
    }
    assert.equal(store.mark('offset'), '400');
  });
});

describe('a sealed generation', () => {
  test('says of a term which share of its Pins has an interest, with one Pin of doubt', () => {
    const pins = [facts(1, [7], [1, 2]), facts(2, [7], [1, 2]), facts(3, [7], [1, 3]), facts(4, [8], [1, 4])];
    const generation = new Generation(sealed(pins), taxonomy);
    const { interests, share, idf, pins: seen } = termOf(generation, 7)!;
    assert.equal(seen, 3);
    const shares = Object.fromEntries([...interests].map((index, i) => [taxonomy.names[index], share[i]]));
    assert.ok(Math.abs(shares.river - 2 / 4) < 1e-6);
    assert.ok(Math.abs(shares.mountain - 1 / 4) < 1e-6);
    assert.ok(Math.abs(shares.nature - 3 / 4) < 1e-6);
    assert.ok(Math.abs(idf - Math.log(5 / 4)) < 1e-9);
    assert.ok(Math.abs(generation.baseRate[taxonomy.indexOf(2)] - 0.5) < 1e-6);
  });

  test('drops a term that one Pin used and only its own text explains', () => {
    const generation = new Generation(
      sealed([facts(1, [7], [1, 2], 10), facts(2, [8], [1, 2], 100)]),
      taxonomy,
    );
    assert.equal(termOf(generation, 7), undefined);
    assert.equal(termOf(generation, 8)?.pins, 1);
  });

  test('leaves out interests that the taxonomy version at hand does not have', () => {
    const generation = new Generation(sealed([facts(1, [7], [1, 2, 99])]), taxonomy);
    assert.deepEqual(
      [...termOf(generation, 7)!.interests].map((index) => taxonomy.ids[index]),
      [1, 2],
    );
  });

  test('estimates the size of a board from its sample', () => {
    const pins = Array.from({ length: 20_000 }, (_, i) => facts(pinHash(`pin ${i}`), [], [1], 100, [500]));
    const board = boardOf(new Generation(sealed(pins), taxonomy), 500)!;
    assert.ok(Math.abs(board.pins / 20_000 - 1) < 0.15, `${board.pins}`);
    assert.ok(Math.abs(board.trust - 1000) < 1e-9);
  });

  test('gives boards and interests vectors of length 1, and boards with common Pins close ones', () => {
    const pins = [
      ...Array.from({ length: 40 }, (_, i) => facts(i + 1, [], [1, 2], 100, [500, 501])),
      ...Array.from({ length: 40 }, (_, i) => facts(i + 101, [], [1, 3], 100, [502, 503])),
    ];
    const generation = new Generation(sealed(pins), taxonomy);
    const vector = (board: number): Float32Array => boardOf(generation, board)!.vector;
    const cosine = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, d) => sum + value * b[d], 0);
    assert.ok(cosine(vector(500), vector(501)) > cosine(vector(500), vector(502)) + 0.3);
    const river = taxonomy.indexOf(2) * GRAPH_DIMENSIONS;
    const centroid = generation.centroids.subarray(river, river + GRAPH_DIMENSIONS);
    assert.ok(Math.abs(Math.hypot(...centroid) - 1) < 0.02);
    assert.ok(cosine(centroid, vector(500)) > cosine(centroid, vector(502)));
    assert.ok(Number.isNaN(generation.centroids[taxonomy.indexOf(4) * GRAPH_DIMENSIONS]));
  });

  test('answers the same in another thread, and where there is no room for what is decoded', () => {
    const pins = Array.from({ length: 300 }, (_, i) =>
      facts(i + 1, [i % 50, 1000 + (i % 7)], [1, 2 + (i % 3)], 100, [500 + (i % 9)]),
    );
    const store = sealed(pins);
    const generation = new Generation(store, taxonomy);
    const answers = (of: Generation): unknown => {
      const all = Array.from({ length: 1010 }, (_, i) => [termOf(of, i), boardOf(of, i)]);
      of.forget();
      return [all, of.number, of.pins, of.baseRate, of.centroids];
    };
    const expected = answers(generation);
    assert.deepEqual(answers(generation), expected);
    const shared = structuredClone(generation.shared());
    assert.deepEqual(answers(Generation.from(shared, store, taxonomy)), expected);
    const crowded = Generation.from({ ...shared, entries: entryMemory(2048) }, store, taxonomy);
    assert.deepEqual(answers(crowded), expected);
    assert.deepEqual(answers(crowded), expected);
  });

  test('of a store where nothing was ever sealed knows nothing', () => {
    const generation = new Generation(new MemoryStore(), taxonomy);
    assert.equal(generation.number, 0);
    assert.equal(termOf(generation, 7), undefined);
    assert.equal(boardOf(generation, 500), undefined);
  });
});

describe("a board's sample", () => {
  test('is the same however its Pins are divided and ordered', () => {
    const pins = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
    fc.assert(
      fc.property(pins, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (ids, left) => {
        const entries = ids.map((id) => sampledPin(facts(id, [], [1])));
        const parts = [true, false].map((side) =>
          sampleOf(
            entries.filter((_, i) => left[i] === side),
            10,
          ),
        );
        const whole = sampleOf(entries, 10);
        const same = (sample: BoardSample): void => assert.deepEqual(sample, whole);
        same(mergeSamples(parts[0], parts[1], 10));
        same(mergeSamples(parts[1], parts[0], 10));
        same(sampleOf([...entries].reverse(), 10));
      }),
    );
  });

  test('keeps the newer version of a Pin', () => {
    const [old, young] = [1, 2].map((version) => ({ ...sampledPin(facts(5, [], [1])), version }));
    for (const [a, b] of [
      [old, young],
      [young, old],
    ]) {
      assert.equal(mergeSamples(sampleOf([a]), sampleOf([b])).pins[0].version, 2);
      assert.equal(sampleOf([a, b]).pins[0].version, 2);
    }
  });
});
