import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from '../../quality/draw.ts';

const names = Array.from({ length: 20_000 }, (_, i) => `T${String(i).padStart(5, '0')}`);

test('a name and a purpose draw the same number again, in [0, 1)', () => {
  for (const name of names.slice(0, 1000)) {
    const drawn = draw(name, 'fold');
    assert.equal(draw(name, 'fold'), drawn);
    assert.ok(drawn >= 0 && drawn < 1);
  }
});

test('draws are spread evenly', () => {
  const bins = new Uint32Array(20);
  for (const name of names) bins[Math.floor(draw(name, 'fold') * 20)]++;
  // 1,000 expected in each, with a standard deviation of 31.
  for (const count of bins) assert.ok(Math.abs(count - 1000) < 150, String(count));
});

test('draws for two purposes know nothing of each other', () => {
  let sum = 0;
  for (const name of names) sum += (draw(name, 'fold') - 0.5) * (draw(name, 'annotation kept') - 0.5);
  const correlation = (sum / names.length) * 12;
  assert.ok(Math.abs(correlation) < 0.03, String(correlation));
});
