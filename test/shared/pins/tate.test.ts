import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { readTate, type TateSample } from '../../../shared/pins/tate.ts';

describe('the bundled Tate sample', () => {
  let sample: TateSample;
  before(async () => {
    sample = await readTate('data/tate');
  });

  test('has 69,202 Pins, of which 58,801 are labelled', () => {
    assert.equal(sample.pins.length, 69_202);
    assert.equal(new Set(sample.pins.map((pin) => pin.id)).size, 69_202);
    assert.equal(sample.labels.size, 58_801);
  });

  test('the split parts the labelled Pins into train, valid and test', () => {
    const { train, valid, test: held } = sample.split;
    assert.deepEqual([train.length, valid.length, held.length], [52_894, 2_957, 2_950]);
    assert.deepEqual(new Set([...train, ...valid, ...held]), new Set(sample.labels.keys()));
  });

  test('an artwork is a Pin whose group, artists and movements are its boards', () => {
    const pin = sample.pins.find(({ id }) => id === 'T04566');
    assert.equal(pin?.title, 'St Mawes, Cornwall');
    assert.deepEqual(pin.boards, [
      { id: 'group:65617', name: 'Picturesque Views in England and Wales' },
      { id: 'artist:558', name: 'Joseph Mallord William Turner' },
    ]);
    assert.ok(pin.annotations.some(({ term }) => term === 'harbour'));
  });

  test('only Pins of the train part have annotations: one for each label', () => {
    const train = new Set(sample.split.train);
    for (const { id, annotations } of sample.pins)
      assert.equal(annotations.length, train.has(id) ? sample.labels.get(id)!.length : 0);
  });

  test('every label is an interest of the taxonomy, and no Pin has one twice', () => {
    for (const labels of sample.labels.values()) {
      assert.equal(new Set(labels).size, labels.length);
      assert.ok(labels.every((id) => sample.taxonomy.indexOf(id) >= 0));
    }
  });

  test('a truncated file is ARTEFACT_INVALID, a missing one INPUT_UNREADABLE', async (t) => {
    const copy = await mkdtemp(join(tmpdir(), 'p2i-tate-'));
    t.after(() => rm(copy, { recursive: true }));
    await cp('data/tate', copy, { recursive: true });
    await truncate(join(copy, 'items.jsonl.zst'), 100_000);
    await assert.rejects(readTate(copy), { code: 'ARTEFACT_INVALID', message: /items\.jsonl\.zst/ });
    await rm(join(copy, 'items.jsonl.zst'));
    await assert.rejects(readTate(copy), { code: 'INPUT_UNREADABLE', message: /items\.jsonl\.zst/ });
  });
});
