import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SegmentedRuns } from '../../../shared/language/segmented-runs.ts';
import { isUnspaced, segment, tokenise } from '../../../shared/language/tokenise.ts';
import { TokenBuffer } from '../../../shared/language/tokens.ts';
import { VOCABULARY } from '../../../shared/language/vocabulary.ts';

const character = fc.constantFrom(...'รองเท้าเด็กหนังบ้านสวน子供用革靴カメラのケース山写真ab7\u0e48゛');
const run = fc
  .array(character, { minLength: 1, maxLength: 12 })
  .map((all) => all.join(''))
  .filter(isUnspaced);
function wordsOf(runs: SegmentedRuns, of: string): string[] {
  runs.find(of);
  return Array.from(runs.words.subarray(runs.from, runs.to), (word) => VOCABULARY.text(word));
}

describe('runs of letters without spaces', () => {
  // First in the file: the process has read nothing before.
  test('have the same words the first time as later', () => {
    const first = segment('ー供งเส');
    assert.deepEqual(segment('ー供งเส'), first);
  });

  test('have the same words whether they were met, are kept, or were forgotten', () => {
    fc.assert(
      fc.property(fc.array(run), fc.constantFrom(0, 20, 1 << 20), (runs, maxLetters) => {
        const kept = new SegmentedRuns(maxLetters);
        for (const one of [...runs, ...runs]) assert.deepEqual(wordsOf(kept, one), segment(one));
      }),
    );
  });

  test('keep their words when the vocabulary is cleared', () => {
    const kept = new SegmentedRuns();
    const before = wordsOf(kept, '子供用革靴');
    for (let i = 0; VOCABULARY.size <= 1 << 17; i++) VOCABULARY.numberOf(`w${i}`);
    VOCABULARY.trim();
    VOCABULARY.numberOf('another');
    assert.deepEqual(wordsOf(kept, '子供用革靴'), before);
    assert.ok(before.length > 1);
  });

  test('stand in a text among other words, in order', () => {
    const text = "子供用 o'brien's 革靴 & カメラ 子供用";
    const buffer = new TokenBuffer();
    buffer.addAccented(text);
    const words = Array.from(buffer.numbers.subarray(0, buffer.count), (word) => VOCABULARY.text(word));
    assert.deepEqual(words, tokenise(text));
    assert.ok(words.includes('obrien') && words.includes('and'));
  });
});
