import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PackedLists } from '../../shared/arrays/packed-lists.ts';
import { ResultsIndex } from '../../inspector/results-index.ts';
import { NATURE } from '../workers/candidates/made.ts';

const IDS = [...NATURE.ids];

/** A Pin's result, or that it is taken back. */
const change = fc.record({
  pin: fc.integer({ min: 0, max: 30 }).map(String),
  ids: fc.option(fc.uniqueArray(fc.constantFrom(...IDS, 9999), { maxLength: 12 }), { freq: 4 }),
});

describe('the index of results', () => {
  test('counts each Pin by what it has now, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const index = new ResultsIndex(NATURE);
        const now = new Map<string, number[]>();
        const places = new Map<string, number>();
        changes.forEach(({ pin, ids }, offset) => {
          if (ids === null) {
            index.delete(pin);
            now.delete(pin);
          } else {
            index.set(pin, { partition: 1, offset }, ids);
            now.set(pin, ids);
            places.set(pin, offset);
          }
        });
        assert.equal(index.size, now.size);
        for (const id of IDS) {
          const interest = NATURE.indexOf(id);
          const having = [...now].filter(([, ids]) => ids.includes(id));
          const own = having.filter(([, ids]) => !ids.some((other) => isChild(other, id)));
          assert.equal(index.pinsOf(interest), having.length);
          assert.equal(index.ownPinsOf(interest), own.length);
          assert.deepEqual(
            [...index.places(interest)].map(({ offset }) => offset).sort((a, b) => a - b),
            having.map(([pin]) => places.get(pin)!).sort((a, b) => a - b),
          );
        }
        for (const [pin, offset] of places) {
          assert.ok(index.has(pin));
          assert.deepEqual(index.place(pin), now.has(pin) ? { partition: 1, offset } : undefined);
        }
      }),
    );
  });

  test('takes 200 bytes at most for a Pin of 17 interests', () => {
    const index = new ResultsIndex(NATURE);
    const ids = Array.from({ length: 17 }, (_, i) => IDS[i % IDS.length]);
    const pins = 100_000;
    for (let pin = 0; pin < pins; pin++) index.set(`pin-${pin}`, { partition: 0, offset: pin }, ids);
    assert.equal(index.size, pins);
    assert.ok(index.bytes / pins < 200, `${index.bytes / pins} bytes a Pin`);
  });
});

function isChild(id: number, parent: number): boolean {
  const index = NATURE.indexOf(id);
  return index >= 0 && NATURE.parent[index] === NATURE.indexOf(parent);
}

test('packed lists keep each list, and take back the room of those that grew', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(20), fc.array(fc.integer(), { maxLength: 40 })), { maxLength: 300 }),
      (sets) => {
        const lists = new PackedLists();
        const model: number[][] = [];
        for (const [at, values] of sets) {
          const list = Math.min(at, model.length);
          lists.set(list, values);
          model[list] = values;
        }
        model.forEach((values, list) => assert.deepEqual([...lists.get(list)], values));
      },
    ),
  );
  const lists = new PackedLists();
  lists.set(0, [1]);
  const { bytes } = lists;
  for (let length = 1; length < 10_000; length++) lists.set(length % 2, [...new Array(length % 50).keys()]);
  assert.equal(lists.bytes, bytes);
});
