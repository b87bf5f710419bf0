import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import {
  alignmentDistance,
  DeletionIndex,
  type EditDistance,
  type NearWord,
} from '../../../shared/lexical/deletion-index.ts';

const distances = fc.constantFrom<EditDistance>(1, 2);

/** Letters that meet often, repeat often, and are of any script. */
const few = fc.constantFrom('a', 'b', 'c', 'd');
const any = fc.constantFrom('a', 'é', '木', '\u{1f3f0}', '\0', '\uffff', '\ud800');
const short = fc.string({ unit: few, maxLength: 9 });
const long = fc
  .tuple(fc.constantFrom('aabbaabb', 'aabbaacc', ''), fc.string({ unit: few, maxLength: 90 }))
  .map((parts) => parts.join(''));
const foreign = fc.string({ unit: any, maxLength: 12 });

function brute(words: readonly string[], query: string, distance: number): NearWord[] {
  return words
    .map((word, i) => ({ word: i, distance: alignmentDistance(query, word, 99) }))
    .filter((near) => near.distance <= distance)
    .sort((a, b) => a.distance - b.distance || a.word - b.word);
}

/** A word as somebody mistypes it. */
function edited(word: string, [kind, at, letter]: [kind: string, at: number, letter: string]): string {
  const i = at % (word.length + 1);
  switch (kind) {
    case 'insert':
      return word.slice(0, i) + letter + word.slice(i);
    case 'delete':
      return word.slice(0, i) + word.slice(i + 1);
    case 'replace':
      return word.slice(0, i) + letter + word.slice(i + 1);
    default:
      return (
        word.slice(0, i) +
        word
          .slice(i, i + 2)
          .split('')
          .reverse()
          .join('') +
        word.slice(i + 2)
      );
  }
}

const edit = fc.tuple(fc.constantFrom('insert', 'delete', 'replace', 'swap'), fc.nat(100), few);

describe('the deletion index', () => {
  for (const [name, word] of Object.entries({ short, long, foreign })) {
    test(`finds exactly the words that brute force finds, among ${name} words`, () => {
      fc.assert(
        fc.property(
          fc.array(word, { maxLength: 60 }),
          word,
          distances,
          distances,
          (words, query, held, d) => {
            fc.pre(d <= held);
            const index = new DeletionIndex(DeletionIndex.build(words, held));
            assert.deepEqual(index.near(query, d), brute(words, query, d));
          },
        ),
        { numRuns: 300 },
      );
    });

    test(`finds what was edited as often as is asked for, among ${name} words`, () => {
      fc.assert(
        fc.property(
          fc.array(word, { minLength: 1, maxLength: 20 }),
          fc.array(edit, { maxLength: 3 }),
          distances,
          (words, edits, d) => {
            const query = edits.reduce(edited, words[0]);
            const index = new DeletionIndex(DeletionIndex.build(words, 2));
            assert.deepEqual(index.near(query, d), brute(words, query, d));
          },
        ),
        { numRuns: 300 },
      );
    });
  }

  test('finds words of any length', () => {
    const words = [7, 8, 61, 62, 63, 64, 65, 66, 300].map((length) =>
      'abcdefghij'.repeat(30).slice(0, length),
    );
    const index = new DeletionIndex(DeletionIndex.build(words, 2));
    for (const word of words) {
      for (const at of [0, 3, 6, 7, word.length]) {
        const query = edited(edited(word, ['delete', at, '']), ['insert', word.length - 1, 'x']);
        assert.deepEqual(index.near(query, 2), brute(words, query, 2));
      }
    }
    assert.deepEqual(index.near('a'.repeat(10_000), 2), []);
  });

  test('answers the same however often it was asked before', () => {
    fc.assert(
      fc.property(fc.array(short, { minLength: 1 }), fc.array(short, { minLength: 2 }), (words, queries) => {
        const index = new DeletionIndex(DeletionIndex.build(words, 2));
        for (const query of queries) assert.deepEqual(index.near(query, 2), brute(words, query, 2));
      }),
      { numRuns: 50 },
    );
  });

  test('has nothing to find without words, and finds the empty word', () => {
    assert.deepEqual(new DeletionIndex(DeletionIndex.build([], 2)).near('a', 2), []);
    const index = new DeletionIndex(DeletionIndex.build(['', 'castle'], 2));
    assert.deepEqual(index.near('', 2), [{ word: 0, distance: 0 }]);
    assert.deepEqual(index.near('ca', 2), [{ word: 0, distance: 2 }]);
  });

  test('puts the nearest words first, and equally near ones by position', () => {
    const index = new DeletionIndex(DeletionIndex.build(['castles', 'castl', 'castle', 'hassle'], 2));
    assert.deepEqual(index.near('castle', 2), [
      { word: 2, distance: 0 },
      { word: 0, distance: 1 },
      { word: 1, distance: 1 },
      { word: 3, distance: 2 },
    ]);
  });

  test('throws where it is asked for more edits than it was made for', () => {
    const index = new DeletionIndex(DeletionIndex.build(['castle'], 1));
    assert.throws(() => index.near('castle', 2), RangeError);
  });

  test('is one in all threads: they share its memory, and answer the same', async () => {
    const words = ['castle', 'river', 'mountain', 'fountain'];
    const data = DeletionIndex.build(words, 2);
    const module = new URL('../../../shared/lexical/deletion-index.ts', import.meta.url).href;
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      void import(${JSON.stringify(module)}).then(({ DeletionIndex }) => {
        parentPort.postMessage(new DeletionIndex(workerData).near('mountian', 2));
        workerData.letters[0] = 'h'.charCodeAt(0);
        parentPort.postMessage('written');
      });`;
    const worker = new Worker(code, { eval: true, workerData: data });
    const answers = await new Promise<unknown[]>((resolve, reject) => {
      const received: unknown[] = [];
      worker.on('message', (message: unknown) => received.push(message));
      worker.on('error', reject);
      worker.on('exit', () => resolve(received));
    });
    assert.deepEqual(answers[0], brute(words, 'mountian', 2));
    assert.equal(data.letters[0], 'h'.charCodeAt(0));
  });
});

describe('the alignment distance', () => {
  test('counts a swap of neighbours as one edit, and edits no letter twice', () => {
    assert.equal(alignmentDistance('mountian', 'mountain', 2), 1);
    assert.equal(alignmentDistance('ca', 'abc', 9), 3);
    assert.ok(alignmentDistance('castle', 'river', 2) > 2);
  });
});
