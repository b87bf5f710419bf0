import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slab } from '../../../shared/arrays/slab.ts';

test('arrays cut out of a slab are zeros of the length asked for, and share nothing', () => {
  const slab = new Slab<Float32Array>((length) => new Float32Array(length), 10);
  const parts = [3, 0, 7, 4, 25, 2].map((length) => slab.take(length));
  assert.deepEqual(
    parts.map(({ length }) => length),
    [3, 0, 7, 4, 25, 2],
  );
  parts.forEach((part, i) => {
    assert.ok(part.every((value) => value === 0));
    part.fill(i + 1);
  });
  parts.forEach((part, i) => assert.ok(part.every((value) => value === i + 1)));
});

test('a copy holds the first of the values, and does not follow them', () => {
  const slab = new Slab<Float64Array>((length) => new Float64Array(length), 10);
  const values = Float64Array.of(1, 2, 3);
  const copy = slab.copyOf(values, 2);
  values[0] = 9;
  assert.deepEqual([...copy], [1, 2]);
});
