import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { rankedTopic } from '../../../workers/ranking/topic.ts';
import type { RankedBatch } from '../../../workers/ranking/stage.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { NATURE, taxonomyOf } from '../candidates/made.ts';
import { registry } from '../made.ts';

const topic = rankedTopic(registry, oneTaxonomy(NATURE));

/** Compared with what is decoded, prototypes too. */
const PLAIN = { noNullPrototype: true };

const aPin = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    version: fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 }),
    deleted: fc.boolean(),
    interests: fc.array(
      fc.record(
        {
          interest: fc.nat(NATURE.size - 1),
          score: fc.double({ min: 0, max: 1, noNaN: true }),
        },
        PLAIN,
      ),
      { maxLength: 6 },
    ),
  },
  PLAIN,
);
const aBatch = (minLength: number): fc.Arbitrary<RankedBatch> =>
  fc.record(
    {
      taxonomy: fc.constant(NATURE.version),
      model: fc.string(),
      lane: fc.constantFrom('batch' as const, 'instant' as const),
      pins: fc.array(aPin, { minLength, maxLength: 8 }),
    },
    PLAIN,
  );

const BATCH: RankedBatch = {
  ...{ taxonomy: NATURE.version, model: 'm1', lane: 'batch' },
  pins: [{ id: 'a', version: 1, deleted: false, interests: [{ interest: NATURE.size - 1, score: 0.5 }] }],
};

describe('p2i-ranked', () => {
  test('gives back what was written, scores to the last bit', () => {
    fc.assert(
      fc.property(aBatch(0), (batch) => {
        const decoded = topic.decode(topic.encode(batch), 'x');
        assert.deepEqual(decoded, batch);
        assert.equal(topic.size(decoded), batch.pins.length);
      }),
    );
  });

  test('divides a batch into two that hold its Pins in the same order', () => {
    fc.assert(
      fc.property(aBatch(2), (batch) => {
        const [left, right] = topic.split(batch);
        assert.ok(topic.size(left) > 0 && topic.size(right) > 0);
        assert.deepEqual({ ...left, pins: [...left.pins, ...right.pins] }, batch);
        assert.equal(topic.pinId(topic.split(batch)[0]), batch.pins[0].id);
      }),
    );
  });

  const refused = { code: 'TAXONOMY_UNKNOWN', where: 'p2i-ranked-0@7' };

  test('a version that is not held is TAXONOMY_UNKNOWN and names the record', () => {
    const other = taxonomyOf({ 1: [0, 'plants'] });
    const written = rankedTopic(registry, oneTaxonomy(other)).encode({
      ...{ ...BATCH, taxonomy: other.version },
      pins: [],
    });
    assert.throws(() => topic.decode(written, 'p2i-ranked-0@7'), refused);
    assert.throws(() => topic.encode({ ...BATCH, taxonomy: other.version }), { code: 'TAXONOMY_UNKNOWN' });
  });

  test('an interest that the version lacks is TAXONOMY_UNKNOWN and names the record', () => {
    const smaller = taxonomyOf({ 1: [0, 'nature'] });
    const source = { taxonomy: () => smaller };
    assert.throws(() => rankedTopic(registry, source).decode(topic.encode(BATCH), 'p2i-ranked-0@7'), refused);
  });
});
