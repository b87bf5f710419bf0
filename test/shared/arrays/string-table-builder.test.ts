import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { StringTable, StringTableBuilder } from '../../../shared/arrays/string-table.ts';

/** Numbers that the strings get, each as a whole text. */
function addAll(builder: StringTableBuilder, texts: readonly string[]): number[] {
  return texts.map((text) => builder.add(text, 0, text.length));
}

describe('gathering strings for a table', () => {
  test('numbers them in the order of their first meeting, and those that were met before as then', () => {
    const builder = new StringTableBuilder();
    const texts = ['horse', '', 'cow', 'horse', '馬', '', 'cow', 'cows'];
    assert.deepEqual(addAll(builder, texts), [0, 1, 2, 0, 3, 1, 2, 4]);
    assert.equal(builder.count, 5);
    assert.deepEqual([builder.text(0), builder.text(1), builder.text(3)], ['horse', '', '馬']);
    const table = new StringTable(builder.data());
    assert.equal(table.size, 5);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((number) => table.text(number)),
      ['horse', '', 'cow', '馬', 'cows'],
    );
  });

  test('takes them out of a longer text', () => {
    const text = 'rote\t0.5 red shoe\nrot\t1 red\n';
    const builder = new StringTableBuilder();
    const numberOf = (from: number, to: number): number => builder.add(text, from, to);
    assert.equal(numberOf(0, 4), 0);
    assert.equal(numberOf(9, 12), 1);
    assert.equal(numberOf(13, 17), 2);
    // A beginning of another is another, and so is nothing, wherever it stands.
    assert.equal(numberOf(18, 21), 3);
    assert.equal(numberOf(24, 27), 1);
    assert.equal(numberOf(5, 5), 4);
    assert.equal(numberOf(text.length, text.length), 4);
    assert.equal(builder.add('red', 0, 3), 1);
    const table = new StringTable(builder.data());
    assert.deepEqual(
      ['rote', 'red', 'shoe', 'rot', '', 'ro', 'red shoe'].map((some) => table.find(some)),
      [0, 1, 2, 3, 4, -1, -1],
    );
  });

  test('makes the table that is built of the same list', () => {
    const strings = fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 200 });
    fc.assert(
      fc.property(strings, (texts) => {
        const builder = new StringTableBuilder();
        addAll(builder, texts);
        assert.deepEqual(builder.data(), StringTable.build(texts).data);
      }),
    );
  });

  test('numbers what stands in a longer text as it does what was cut out of it', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '馬', '\ud800', '\u{20bb7}') }));
    fc.assert(
      fc.property(pieces, fc.string(), (texts, before) => {
        const inPlace = new StringTableBuilder();
        const cutOut = new StringTableBuilder();
        const all = before + texts.join('') + before;
        let from = before.length;
        for (const text of texts) {
          const number = inPlace.add(all, from, (from += text.length));
          assert.equal(number, cutOut.add(text, 0, text.length));
          assert.equal(number, [...new Set(texts)].indexOf(text));
        }
        assert.deepEqual(inPlace.data(), cutOut.data());
      }),
    );
  });

  test('tells strings of the same length apart whose hashes are the same', () => {
    const builder = new StringTableBuilder();
    const texts = ['耰怀', '崱袳'];
    assert.deepEqual(addAll(builder, [...texts, ...texts]), [0, 1, 0, 1]);
    const table = new StringTable(builder.data());
    assert.deepEqual(
      texts.map((text) => table.find(text)),
      [0, 1],
    );
  });

  test('knows all of many strings, and numbers them as before when they come again', () => {
    // More strings, and more letters of them, than there is room for at first.
    const texts = Array.from({ length: 10_000 }, (_, i) => `word ${i * 7919}`);
    const builder = new StringTableBuilder();
    const numbers = texts.map((_, i) => i);
    assert.deepEqual(addAll(builder, texts), numbers);
    assert.deepEqual(addAll(builder, texts), numbers);
    assert.equal(builder.count, texts.length);
    const data = builder.data();
    assert.deepEqual(data, StringTable.build(texts).data);
    const table = new StringTable(data);
    texts.forEach((text, number) => {
      assert.equal(table.find(text), number);
      assert.equal(table.text(number), text);
    });
    assert.equal(table.find('word 1'), -1);
  });

  test('takes a single string that is longer than the room there is at first', () => {
    const long = 'horse '.repeat(10_000);
    const builder = new StringTableBuilder();
    assert.deepEqual(addAll(builder, ['cow', long, 'sheep', long]), [0, 1, 2, 1]);
    assert.deepEqual(builder.data(), StringTable.build(['cow', long, 'sheep']).data);
  });

  test('may go on after a table was made, which does not change', () => {
    const builder = new StringTableBuilder();
    addAll(builder, ['horse', 'cow']);
    const before = new StringTable(builder.data());
    addAll(builder, ['sheep']);
    assert.deepEqual([before.size, before.find('sheep')], [2, -1]);
    assert.equal(new StringTable(builder.data()).find('sheep'), 2);
  });

  test('of nothing makes an empty table', () => {
    const table = new StringTable(new StringTableBuilder().data());
    assert.deepEqual([table.size, table.find(''), table.find('horse')], [0, -1, -1]);
  });

  test('makes tables in memory that threads share', () => {
    const builder = new StringTableBuilder();
    addAll(builder, ['horse']);
    for (const { buffer } of Object.values(builder.data())) assert.ok(buffer instanceof SharedArrayBuffer);
  });
});
