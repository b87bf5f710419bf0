import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countOf, formatCount, formatSeconds, formatTable } from '../../cli/output.ts';

describe('output for people', () => {
  test('numbers are aligned to the right, text to the left, East Asian text by its width', () => {
    assert.equal(
      formatTable(
        ['interest', 'score', 'Pins'],
        [
          ['owls', 0.5, 12_345],
          ['ふくろう', 0.25, 6],
        ],
      ),
      [
        'interest   score    Pins',
        '────────  ──────  ──────',
        'owls      0.5000  12,345',
        'ふくろう  0.2500       6',
      ].join('\n'),
    );
  });

  test('a table without rows is its header', () => {
    assert.equal(formatTable(['a', 'bc'], []), 'a  bc\n─  ──');
  });

  test('counts and durations read naturally', () => {
    assert.equal(formatCount(1_234_567), '1,234,567');
    assert.equal(countOf(1, 'child', 'children'), '1 child');
    assert.equal(countOf(0, 'child', 'children'), '0 children');
    assert.deepEqual([0.42, 12.4, 185, 7800].map(formatSeconds), [
      '0.4 s',
      '12 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
  });
});
