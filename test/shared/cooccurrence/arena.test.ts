import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EntryArena, entryMemory } from '../../../shared/cooccurrence/arena.ts';
import { addMade, isMade } from './made-entries.ts';

describe('an arena of entries', () => {
  test('gives back what was added, and knows what is absent from what it was never told', () => {
    const arena = new EntryArena(entryMemory(2 ** 20));
    for (let key = 0; key < 1000; key++) {
      assert.equal(arena.find(key), undefined);
      addMade(arena, key);
    }
    for (let key = 0; key < 1000; key++) assert.ok(isMade(arena, key, arena.find(key)!), `${key}`);
    assert.equal(arena.find(0), 0);
    assert.equal(arena.find(-1), undefined);
  });

  test('keeps apart keys of 53 bits, of either sign, that only differ in the highest', () => {
    const arena = new EntryArena(entryMemory(2 ** 16));
    const keys = [5, 5 + 2 ** 32, 5 + 2 ** 52, -1 - 5, -1 - (5 + 2 ** 52)];
    const entries = keys.map((key) => arena.add(key, 0, 0, () => undefined));
    assert.equal(new Set(entries).size, keys.length);
    assert.deepEqual(
      keys.map((key) => arena.find(key)),
      entries,
    );
  });

  test('that is full still gives every entry, until it is told to forget', () => {
    const arena = new EntryArena(entryMemory(2 ** 13));
    const keys = Array.from({ length: 5000 }, (_, i) => i);
    const entries = keys.map((key) => arena.find(key) ?? addMade(arena, key));
    assert.ok(entries.some((entry) => entry < 0));
    keys.forEach((key) => assert.ok(isMade(arena, key, entries[key]), `${key}`));
    arena.forget();
    const kept = keys.filter((key) => arena.find(key) !== undefined);
    assert.ok(kept.length > 10 && kept.length < 100);
    kept.forEach((key) => assert.ok(isMade(arena, key, arena.find(key)!)));
  });

  for (const [what, bytes] of [
    ['with room for all', 2 ** 22],
    ['and is full soon', 2 ** 15],
  ] as const) {
    test(`that four threads read and add to at once, ${what}, gives each the right entries`, async () => {
      const memory = entryMemory(bytes);
      const keys = 10_007;
      const wrong = await Promise.all(
        [1, 2, 3, 5].map(async (stride) => {
          const workerData = { memory, keys, stride };
          const thread = new Worker(new URL('./arena-thread.ts', import.meta.url), { workerData });
          const [count] = (await once(thread, 'message')) as [number];
          return count;
        }),
      );
      assert.deepEqual(wrong, [0, 0, 0, 0]);
      const arena = new EntryArena(memory);
      for (let key = 0; key < keys; key++) {
        const entry = arena.find(key);
        assert.ok(entry === undefined ? bytes < 2 ** 22 : isMade(arena, key, entry), `${key}`);
      }
    });
  }
});
