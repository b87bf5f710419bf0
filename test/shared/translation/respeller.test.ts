import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isEnglishWord } from '../../../shared/language/known-words.ts';
import type { ChunkSpelling } from '../../../shared/translation/spelling.ts';
import { Respeller } from '../../../shared/translation/respeller.ts';

/** Letters as they are, but k may be c, f may be ph, x is nothing, and a final ie is y. */
function toyModel(): Map<string, ChunkSpelling[]> {
  const model = new Map<string, ChunkSpelling[]>();
  for (const letter of 'abdeghijlmnopqrstuvwyz') model.set(letter, [{ english: letter, chance: 0.95 }]);
  model.set(' ', [{ english: '', chance: 0.95 }]);
  model.set('k', [
    { english: 'c', chance: 0.7 },
    { english: 'k', chance: 0.25 },
  ]);
  model.set('f', [
    { english: 'ph', chance: 0.6 },
    { english: 'f', chance: 0.35 },
  ]);
  return model.set('ie ', [{ english: 'y', chance: 0.95 }]);
}

describe('a respeller', () => {
  const respeller = new Respeller(toyModel());
  const texts = (word: string): string[] => respeller.respell(word).map(({ text }) => text);

  test('spells a word as English does', () => {
    assert.deepEqual(texts('fotografie'), ['photography']);
    assert.deepEqual(texts('kosmologie'), ['cosmology']);
  });

  test('takes what is an English word for meant, although another spelling is likelier', () => {
    assert.ok(!isEnglishWord('phestival'));
    assert.deepEqual(texts('festival'), ['festival']);
  });

  test('gives all spellings that are words, the likeliest first', () => {
    const model = toyModel();
    const either = new Map([
      ...model,
      ['s', ['s', 'c'].map((english, i) => ({ english, chance: 0.6 - i * 0.2 }))],
    ]);
    assert.deepEqual(
      new Respeller(either).respell('sensor').map(({ text }) => text),
      ['sensor', 'censor'],
    );
  });

  test('is surer of a longer word than of a shorter', () => {
    const [long] = respeller.respell('fotografie');
    const [short] = respeller.respell('radio');
    assert.ok(long.chance > short.chance);
  });

  test('gives nothing for a word that is like none of English', () => {
    for (const word of ['', 'a', 'wurzbrud', 'grotzelmann', 'xxxxxx', '言葉', 'fotoxgrafie', '\ud800'])
      assert.deepEqual(texts(word), [], word);
  });

  test('of an empty model gives nothing', () => {
    assert.deepEqual(new Respeller(new Map()).respell('photography'), []);
  });

  test('gives nothing for what is longer than words are', () => {
    assert.deepEqual(texts('a'.repeat(1e6)), []);
    assert.deepEqual(texts('a'.repeat(40)), []);
  });

  test('gives at most five English words with chances in (0, 1] that fall, the same each time', () => {
    const words = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abcdefghiklmnoprstu'), maxLength: 12 }),
      fc.constantFrom('fotografie', 'festival', 'radio', 'familie', 'kalender', 'melodie', 'elefant'),
    );
    fc.assert(
      fc.property(words, (word) => {
        const all = respeller.respell(word);
        assert.deepEqual(respeller.respell(word), all);
        assert.ok(all.length <= 5);
        all.forEach(({ text, chance }, i) => {
          assert.ok(isEnglishWord(text));
          assert.ok(chance > 0 && chance <= 1);
          if (i > 0) assert.ok(chance <= all[i - 1].chance);
        });
      }),
    );
  });
});
