import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CooccurrenceBuilder } from '../../../shared/cooccurrence/builder.ts';
import type { PinFacts } from '../../../shared/cooccurrence/facts.ts';
import { Generation } from '../../../shared/cooccurrence/generation.ts';
import { sealGeneration } from '../../../shared/cooccurrence/seal.ts';
import { MemoryStore } from '../../../shared/store/memory.ts';
import type { Store } from '../../../shared/store/store.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { termOf } from './entries.ts';

const taxonomy = new Taxonomy(
  Array.from({ length: 400 }, (_, i) => ({
    id: i + 1,
    parent: null,
    name: `interest ${i + 1}`,
    aliases: [],
    translations: {},
    unsafe: false,
    hidden: false,
  })),
);

function pinFacts(pin: number, terms: number[], interests: number[]): PinFacts {
  return {
    pin,
    version: 1,
    trust: 100,
    terms: Float64Array.from(terms),
    boards: new Float64Array(),
    interests: Int32Array.from(interests),
    weights: Int32Array.from(interests, () => 100),
  };
}

function build(store: Store, generation: number, pins: readonly PinFacts[]): Generation {
  const builder = new CooccurrenceBuilder(store, generation);
  for (const pin of pins) builder.add(pin);
  builder.flush({});
  sealGeneration(store, generation);
  return new Generation(store, taxonomy);
}

const idsOf = (generation: Generation, term: number): number[] =>
  Array.from(termOf(generation, term)!.interests, (index) => taxonomy.ids[index]);

describe('sealing a generation', () => {
  const TERM = 7;

  test('an entry of more than 200 interests keeps those that it tells most about, not the commonest', () => {
    const pins: PinFacts[] = [];
    // Interests 1 to 200 are on nearly every Pin of the corpus: the term says nothing new of them.
    const everywhere = Array.from({ length: 200 }, (_, i) => i + 1);
    // Interests 201 to 300 are only on Pins with the term, on 6 of its 10.
    const own = Array.from({ length: 100 }, (_, i) => i + 201);
    for (let i = 0; i < 300; i++) pins.push(pinFacts(i, [9], everywhere));
    for (let i = 0; i < 10; i++) {
      pins.push(pinFacts(1000 + i, [TERM], i < 6 ? [...everywhere, ...own] : everywhere));
    }
    const kept = idsOf(build(new MemoryStore(), 1, pins), TERM);
    assert.equal(kept.length, 200);
    assert.deepEqual(
      own.filter((id) => !kept.includes(id)),
      [],
    );
    assert.deepEqual(
      kept,
      kept.toSorted((a, b) => a - b),
    );
  });

  test('one chance Pin does not outweigh what the term was seen with again and again', () => {
    const steady = Array.from({ length: 200 }, (_, i) => i + 1);
    const chance = Array.from({ length: 150 }, (_, i) => i + 201);
    const pins = Array.from({ length: 50 }, (_, i) =>
      pinFacts(i, [TERM], i === 0 ? [...steady, ...chance] : steady),
    );
    for (let i = 0; i < 500; i++) pins.push(pinFacts(1000 + i, [9], i % 100 === 0 ? chance : [400]));
    assert.deepEqual(idsOf(build(new MemoryStore(), 1, pins), TERM), steady);
  });

  test('an interest that a term was always seen with has more lift the rarer it is', () => {
    const pins = Array.from({ length: 100 }, (_, i) =>
      pinFacts(i, i < 10 ? [TERM] : [9], i < 10 ? [1, 2] : i < 60 ? [1] : [3]),
    );
    const { interests, share, logLift } = termOf(build(new MemoryStore(), 1, pins), TERM)!;
    assert.deepEqual(
      Array.from(interests, (index) => taxonomy.ids[index]),
      [1, 2],
    );
    assert.equal(share[0], share[1]);
    assert.ok(logLift[1] > logLift[0]);
    // (10 / 11) / (60 / 100 + 1e-5) and (10 / 11) / (10 / 100 + 1e-5), worked out by hand.
    assert.ok(Math.abs(logLift[0] - Math.log(1 + 1.51513)) < 1e-4);
    assert.ok(Math.abs(logLift[1] - Math.log(1 + 9.09)) < 1e-4);
  });

  test('a store that nothing was built in seals to a generation of no Pins', () => {
    const generation = build(new MemoryStore(), 1, []);
    assert.equal(generation.number, 1);
    assert.equal(generation.pins, 0);
    assert.equal(termOf(generation, TERM), undefined);
    assert.ok(generation.baseRate.every((rate) => rate === 0));
  });

  test('sealing the next generation leaves the one before to those who read it', () => {
    const store = new MemoryStore();
    const first = build(store, 1, [pinFacts(1, [TERM], [1]), pinFacts(2, [TERM], [1])]);
    const second = build(store, 2, [pinFacts(1, [TERM], [2]), pinFacts(2, [TERM], [2])]);
    assert.deepEqual([first.number, second.number], [1, 2]);
    assert.deepEqual(idsOf(first, TERM), [1]);
    assert.deepEqual(idsOf(second, TERM), [2]);
  });

  test('the generation after the next begins empty in the spaces that it takes over', () => {
    const store = new MemoryStore();
    build(store, 1, [pinFacts(1, [TERM], [1]), pinFacts(2, [TERM], [1])]);
    const building = [...store.scan('building/1/terms')].length;
    assert.equal(building, 2);
    build(store, 2, [pinFacts(1, [8], [2]), pinFacts(2, [8], [2])]);
    assert.equal(termOf(new Generation(store, taxonomy), TERM), undefined);
  });

  test('the state and its marks are written together, or neither is', () => {
    const store = new MemoryStore();
    const failing: Store = Object.create(store, {
      apply: {
        value: (change: Parameters<Store['apply']>[0]) => {
          store.apply({
            ...change,
            puts: (function* () {
              yield* change.puts;
              throw new Error('the disk is full');
            })(),
          });
        },
      },
      get: { value: store.get.bind(store) },
      scan: { value: store.scan.bind(store) },
      mark: { value: store.mark.bind(store) },
    }) as Store;
    const builder = new CooccurrenceBuilder(failing, 1);
    builder.add(pinFacts(1, [TERM], [1]));
    assert.throws(() => builder.flush({ offset: '1' }), /the disk is full/);
    assert.equal(store.mark('offset'), undefined);
    assert.deepEqual([...store.scan('building/1/terms')], []);
  });
});
