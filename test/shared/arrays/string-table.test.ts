import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { StringTable } from '../../../shared/arrays/string-table.ts';

describe('a table of strings', () => {
  test('numbers its strings in their order and knows no others, whatever they hold', () => {
    const strings = fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 200 });
    fc.assert(
      fc.property(strings, fc.string({ unit: 'binary' }), (known, other) => {
        const table = StringTable.build(known);
        known.forEach((text, number) => assert.equal(table.find(text), number));
        assert.equal(table.find(other), known.indexOf(other));
      }),
    );
  });

  test('is the same in another thread: its memory is handed over, not copied', () => {
    const data = StringTable.build(['horse', '', '馬']).data;
    const received = structuredClone(data);
    assert.equal(received.letters.buffer instanceof SharedArrayBuffer, true);
    const table = new StringTable(received);
    assert.deepEqual(
      ['horse', '', '馬', 'cow'].map((text) => table.find(text)),
      [0, 1, 2, -1],
    );
  });
});
