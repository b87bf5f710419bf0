import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { learnLetters } from '../../../../shared/translation/learning/letters.ts';

describe('a letter model', () => {
  test('has the runs of letters of its words, with their edges, up to five long', () => {
    const runs = [...learnLetters(['Ab', 'ab 7!']).keys()].sort();
    assert.deepEqual(runs, [' a', ' ab', ' ', 'a', 'ab', 'ab ', 'b', 'b '].sort());
    const twice = learnLetters(['abcdefgh', 'zabcdefg']);
    assert.ok(twice.has('bcdef') && twice.has('abcde'));
    assert.ok(!twice.has('abcdef'));
  });

  test('leaves out runs of more than three letters that it met once', () => {
    const model = learnLetters(['abcde', 'xbcdy']);
    assert.ok(model.has('bcd') && model.has('abc') && !model.has('abcd'));
  });

  test('holds what often follows for likelier', () => {
    const model = learnLetters(['sta', 'sto', 'ste', 'sty', 'sla']);
    assert.ok(model.get('st')! > model.get('sl')!);
    assert.ok(model.get(' s')! > Math.log2(0.5));
  });

  test('counts a word once, however often it is met', () => {
    assert.deepEqual(learnLetters(['kala kala', 'KALA', 'mano']), learnLetters(['kala', 'mano']));
  });

  test('leaves some chance to letters that it has not met after others', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', 'ж'), maxLength: 8 }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(words, (all) => {
        const after = new Map<string, number>();
        for (const [run, log] of learnLetters(all)) {
          assert.ok(log < 0 && log > -Infinity);
          const context = run.slice(0, -1);
          after.set(context, (after.get(context) ?? 0) + 2 ** log);
        }
        for (const [context, sum] of after) assert.ok(sum < 1, `after "${context}": ${sum}`);
      }),
    );
  });

  test('has the shorter runs of each run', () => {
    const model = learnLetters(['größe', 'straße', 'ärmel', 'дорога']);
    for (const run of model.keys()) if (run.length > 1) assert.ok(model.has(run.slice(1)), run);
  });

  test('can be written in UTF-8, whatever the letters: no run has half of one', () => {
    for (const run of learnLetters(['\u{20bb7}\u{20bb8}', 'a\u{1e900}\u{1e901}']).keys())
      assert.ok(run.isWellFormed(), JSON.stringify(run));
  });

  test('of nothing is empty', () => {
    for (const none of [[], [''], ['42', '—']]) assert.equal(learnLetters(none).size, 0);
  });
});
