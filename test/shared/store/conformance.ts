import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Change, Put, Store } from '../../../shared/store/store.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const put = (space: string, key: number, ...values: number[]): Put => ({
  space,
  key,
  value: bytes(...values),
});

/** All pairs of a space, as plain arrays. */
export function contents(store: Store, space: string): [number, number[]][] {
  return Array.from(store.scan(space), ([key, value]) => [key, [...value]]);
}

/** Registers the tests that every store passes. `open` makes an empty store; the suite closes it. */
export function describeStore(name: string, open: () => Store): void {
  describe(name, () => {
    const opened: Store[] = [];
    const fresh = (): Store => {
      const store = open();
      opened.push(store);
      return store;
    };
    after(() => Promise.all(opened.map((store) => store.close())));

    test('an empty store has no value, no pair and no mark', () => {
      const store = fresh();
      assert.deepEqual(store.get('terms', [1, 2]), [undefined, undefined]);
      assert.deepEqual(contents(store, 'terms'), []);
      assert.equal(store.mark('offset'), undefined);
    });

    test('a store that was just opened can be used', async () => {
      await fresh().ready();
    });

    test('get answers in the order asked, repeats and gaps included', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 7, 70), put('terms', 3, 30)] });
      const values = store.get('terms', Float64Array.of(7, 5, 3, 7));
      assert.deepEqual(
        values.map((value) => value && [...value]),
        [[70], undefined, [30], [70]],
      );
      assert.deepEqual(store.get('terms', []), []);
    });

    test('the same key in two spaces is two values', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 1, 1), put('boards', 1, 2)] });
      assert.deepEqual(contents(store, 'terms'), [[1, [1]]]);
      assert.deepEqual(contents(store, 'boards'), [[1, [2]]]);
    });

    test('a put replaces the value; of two puts of one change the later stays', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 1, 1, 1, 1), put('terms', 1, 2)] });
      assert.deepEqual(contents(store, 'terms'), [[1, [2]]]);
      store.apply({ puts: [put('terms', 1)] });
      assert.deepEqual(contents(store, 'terms'), [[1, []]]);
    });

    test('a scan is in ascending order, from the negative totals key to the greatest 53-bit hash', () => {
      const store = fresh();
      const keys = [2 ** 53 - 1, 2 ** 32, 10, 9, 2 ** 31, 0, -1, 2 ** 31 - 1, 2 ** 52 + 1, 2 ** 32 - 1];
      store.apply({ puts: keys.map((key) => put('terms', key, 1)) });
      assert.deepEqual(
        Array.from(store.scan('terms'), ([key]) => key),
        keys.toSorted((a, b) => a - b),
      );
      assert.equal(store.get('terms', keys).filter((value) => value?.length === 1).length, keys.length);
    });

    test('values are the own copies of both sides', () => {
      const store = fresh();
      const value = bytes(1, 2, 3);
      store.apply({ puts: [{ space: 'terms', key: 1, value }] });
      value.fill(9);
      store.get('terms', [1])[0]!.fill(8);
      for (const [, scanned] of store.scan('terms')) scanned.fill(7);
      assert.deepEqual(contents(store, 'terms'), [[1, [1, 2, 3]]]);
    });

    test('values that were read stay as they were when the store changes', () => {
      const store = fresh();
      store.apply({ puts: Array.from({ length: 50 }, (_, key) => put('terms', key, key)) });
      const got = store.get('terms', [0, 49]);
      const scanned = [...store.scan('terms')];
      for (let round = 0; round < 20; round++) {
        store.apply({ puts: Array.from({ length: 50 }, (_, key) => put('terms', key, 255, 255)) });
      }
      assert.deepEqual(
        got.map((value) => [...value!]),
        [[0], [49]],
      );
      assert.deepEqual(
        scanned.map(([key, value]) => [key, [...value]]),
        Array.from({ length: 50 }, (_, key) => [key, [key]]),
      );
    });

    test('a part of a larger buffer is stored as that part', () => {
      const store = fresh();
      store.apply({ puts: [{ space: 'terms', key: 1, value: bytes(1, 2, 3, 4).subarray(1, 3) }] });
      assert.deepEqual(contents(store, 'terms'), [[1, [2, 3]]]);
    });

    test('a value of a megabyte comes back whole', () => {
      const store = fresh();
      const value = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7) & 255);
      store.apply({ puts: [{ space: 'boards', key: 1, value }] });
      assert.ok(Buffer.from(value).equals(store.get('boards', [1])[0]!));
    });

    test('clear comes before the puts of the same change, and touches no other space', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 1, 1), put('terms', 2, 2), put('boards', 1, 1)] });
      store.apply({ clear: ['terms', 'never used'], puts: [put('terms', 2, 3)] });
      assert.deepEqual(contents(store, 'terms'), [[2, [3]]]);
      assert.deepEqual(contents(store, 'boards'), [[1, [1]]]);
    });

    test('puts may be computed from what the store holds, as the builder does', () => {
      const store = fresh();
      store.apply({ puts: [put('building', 1, 1), put('building', 2, 2), put('sealed', 9, 9)] });
      store.apply({
        clear: ['sealed'],
        puts: (function* () {
          for (const [key, value] of store.scan('building')) yield { space: 'sealed', key, value };
          const [one] = store.get('building', [1]);
          yield { space: 'building', key: 1, value: bytes(one![0] + 10) };
        })(),
      });
      assert.deepEqual(contents(store, 'sealed'), [
        [1, [1]],
        [2, [2]],
      ]);
      assert.deepEqual(contents(store, 'building'), [
        [1, [11]],
        [2, [2]],
      ]);
    });

    test('marks are kept by name, replaced, and left alone by clear', () => {
      const store = fresh();
      store.apply({ puts: [], marks: { 'offset/0': '17', 'offset/1': '' } });
      store.apply({ puts: [], marks: { 'offset/0': '18' }, clear: ['terms'] });
      assert.equal(store.mark('offset/0'), '18');
      assert.equal(store.mark('offset/1'), '');
      assert.equal(store.mark('offset/2'), undefined);
    });

    test('there is room for a space for each of a thousand partitions', () => {
      const store = fresh();
      const puts = Array.from({ length: 1000 }, (_, space) => ({
        ...{ space: `ranks/${space}`, key: space, value: Uint8Array.of(space & 255) },
      }));
      store.apply({ puts });
      assert.deepEqual(store.get('ranks/999', [999, 1]), [Uint8Array.of(999 & 255), undefined]);
    });

    test('a mark and a space may share a name', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 1, 1)] });
      assert.equal(store.mark('terms'), undefined);
      store.apply({ puts: [put('terms', 2, 2)], marks: { terms: 'a mark', boards: 'another' } });
      store.apply({ puts: [put('boards', 1, 3)] });
      assert.equal(store.mark('terms'), 'a mark');
      assert.equal(store.mark('boards'), 'another');
      assert.deepEqual(contents(store, 'terms'), [
        [1, [1]],
        [2, [2]],
      ]);
      assert.deepEqual(contents(store, 'boards'), [[1, [3]]]);
    });

    test('a change that fails half way leaves nothing of itself: no put, no clear, no mark', () => {
      const store = fresh();
      store.apply({ puts: [put('terms', 1, 1)], marks: { offset: '1' } });
      const failing: Change = {
        clear: ['terms'],
        marks: { offset: '2' },
        puts: (function* () {
          yield put('terms', 1, 2);
          yield put('terms', 2, 2);
          yield put('new space', 2, 2);
          throw new Error('a tally does not decode');
        })(),
      };
      assert.throws(() => store.apply(failing), /a tally does not decode/);
      assert.deepEqual(contents(store, 'terms'), [[1, [1]]]);
      assert.deepEqual(contents(store, 'new space'), []);
      assert.equal(store.mark('offset'), '1');
      store.apply({ puts: [put('new space', 3, 3)], marks: { offset: '2' } });
      assert.deepEqual(contents(store, 'new space'), [[3, [3]]]);
    });

    test('any sequence of changes: the store holds what a plain map would', () => {
      const spaces = fc.constantFrom('terms', 'boards');
      const change = fc.record({
        puts: fc.array(
          fc.record({
            space: spaces,
            key: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.maxSafeNat()),
            value: fc.uint8Array({ maxLength: 8 }),
          }),
          { maxLength: 8 },
        ),
        clear: fc.uniqueArray(spaces, { maxLength: 2 }),
        marks: fc.dictionary(
          fc.constantFrom('offset', 'sealed'),
          fc.string({ unit: 'grapheme-ascii', maxLength: 5 }),
        ),
      });
      const store = fresh();
      fc.assert(
        fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
          store.apply({ puts: [], clear: ['terms', 'boards'], marks: { offset: '', sealed: '' } });
          const expected: Record<string, Map<number, number[]>> = { terms: new Map(), boards: new Map() };
          const marks: Record<string, string> = { offset: '', sealed: '' };
          for (const next of changes) {
            store.apply(next);
            for (const space of next.clear) expected[space].clear();
            for (const { space, key, value } of next.puts) expected[space].set(key, [...value]);
            Object.assign(marks, next.marks);
          }
          for (const [space, pairs] of Object.entries(expected)) {
            const sorted = [...pairs].sort(([a], [b]) => a - b);
            assert.deepEqual(contents(store, space), sorted);
          }
          for (const [mark, value] of Object.entries(marks)) assert.equal(store.mark(mark), value);
        }),
        { numRuns: 60 },
      );
    });
  });
}
