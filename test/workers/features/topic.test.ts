import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PackedValues } from '../../../shared/columns/values.ts';
import { emptyGeneration } from '../../../shared/cooccurrence/generation.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import type { FeatureBatch } from '../../../shared/features/batch.ts';
import { FEATURE_NAMES } from '../../../shared/features/table.ts';
import { featureContext, taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { FeatureStage } from '../../../workers/features/stage.ts';
import { featuresTopic } from '../../../workers/features/topic.ts';
import { oneTaxonomy } from '../../../workers/taxonomy-source.ts';
import { payload, published } from '../../shared/registry/recorded.ts';
import { ofCode } from '../../support/assertions.ts';
import { pinOf } from '../../support/pin.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';
import { annotation, candidatesOf, NATURE } from '../candidates/made.ts';
import { registry } from '../made.ts';

const topic = featuresTopic(registry, oneTaxonomy(NATURE));
const codec = registry.codec<Wire>('p2i-features');
const WIDTH = FEATURE_NAMES.length;

/** The part of a value that is broken below. */
interface Wire {
  pins: { id: string; version: number; deleted: boolean }[];
  counts: Buffer;
  interestColumn: PackedValues;
  columns: { form: 'derived' | 'pin' | 'candidate'; packed: PackedValues | null }[];
  repeated: Buffer;
}

function bitsOf({ features }: FeatureBatch): Uint32Array {
  return new Uint32Array(features.buffer, features.byteOffset, features.length);
}

/** What the stages make of a few Pins. */
const EXTRACTED = new FeatureStage(
  featureContext(taxonomyArtefacts(NATURE, TEXT_MODELS), emptyGeneration(NATURE)),
  'batch',
).process(
  candidatesOf([
    pinOf({ id: '1', title: 'A horse by the river' }),
    pinOf({ id: '2', title: 'A castle on a mountain', annotations: [annotation('horse', 0.5)] }),
    pinOf({ id: '3', title: 'Horse' }),
  ]),
);

/** Floats of every kind by their bits: two NaNs, both zeros, an infinity, a denormal and ordinary ones. */
const BITS = [0x7fc00000, 0xffc00123, 0, 0x80000000, 0x7f800000, 1, 0x3f800000, 0x3e99999a];

/** Where values come from: all the same, a few, or none twice. */
const aBatch = (minPins: number): fc.Arbitrary<FeatureBatch> =>
  fc
    .tuple(
      fc.array(fc.array(fc.nat(NATURE.size - 1), { maxLength: 6 }), { minLength: minPins, maxLength: 8 }),
      fc.constantFrom('same', 'few', 'none'),
      fc.nat(),
    )
    .map(([pins, recur, seed]) => {
      const interests = Int32Array.from(pins.flat());
      const start = new Int32Array(pins.length + 1);
      pins.forEach(({ length }, p) => (start[p + 1] = start[p] + length));
      const bits = Uint32Array.from({ length: WIDTH * interests.length }, (_, i) => {
        if (recur === 'same') return BITS[seed % BITS.length];
        const hash = Math.imul(i + seed, 0x9e3779b1) >>> 0;
        return recur === 'few' ? BITS[hash % BITS.length] : hash;
      });
      return {
        ...{ taxonomy: NATURE.version, lane: 'batch' as const, start, interests },
        pins: pins.map((_, p) => ({ id: String(p), version: p, deleted: p % 2 === 1 })),
        features: new Float32Array(bits.buffer),
      };
    });

function assertSame(actual: FeatureBatch, expected: FeatureBatch): void {
  assert.deepEqual(bitsOf(actual), bitsOf(expected));
  assert.deepEqual({ ...actual, features: null }, { ...expected, features: null });
}

describe('p2i-features', () => {
  test('gives back what was written, features to the last bit', () => {
    fc.assert(
      fc.property(aBatch(0), (batch) => {
        assertSame(topic.decode(topic.encode(batch), 'x'), batch);
      }),
    );
  });

  test('is hardly longer than packed floats where nothing repeats', () => {
    const rows = 800;
    const features = new Float32Array(
      Uint32Array.from({ length: rows * WIDTH }, (_, i) => Math.imul(i, 0x9e3779b1)).buffer,
    );
    const pins = Array.from({ length: 8 }, (_, p) => ({ id: String(p), version: 1, deleted: false }));
    const start = Int32Array.from({ length: 9 }, (_, p) => p * 100);
    const interests = Int32Array.from({ length: rows }, (_, row) => row % NATURE.size);
    const batch: FeatureBatch = { taxonomy: NATURE.version, lane: 'batch', pins, start, interests, features };
    const value = topic.encode(batch);
    assert.ok(value.length < 1.05 * features.byteLength, `${value.length} of ${features.byteLength}`);
    assertSame(topic.decode(value, 'x'), batch);
  });

  test('divides a batch into two that hold its Pins in the same order', () => {
    fc.assert(
      fc.property(aBatch(2), (batch) => {
        const [left, right] = topic.split(batch);
        assert.deepEqual([...left.pins, ...right.pins], batch.pins);
        assert.deepEqual([...left.interests, ...right.interests], [...batch.interests]);
        for (const half of [left, right]) assertSame(topic.decode(topic.encode(half), 'x'), half);
      }),
    );
  });

  test('sends nothing of what follows from the taxonomy and the prior', () => {
    const { columns } = codec.decode(topic.encode(EXTRACTED), 'x');
    const derived = FEATURE_NAMES.filter((_, feature) => columns[feature].form === 'derived');
    const expected = ['level', 'isLeaf', 'l1Share', 'parentPrior', 'childrenPrior', 'siblingShare'];
    for (const name of [
      ...expected,
      'foundAsAncestor',
      'candidates',
      'priorToBest',
      'priorShare',
      'priorRank',
    ])
      assert.ok(derived.includes(name), name);
    assert.ok(!derived.includes('prior'));
  });

  for (const version of published().filter((one) => one.topic === topic.topic)) {
    test(`the recorded payload of ${version.name} is a batch`, () => {
      const batch = topic.decode(payload(version), version.name);
      assert.equal(batch.features.length, WIDTH * batch.interests.length);
      assert.equal(batch.pins.length, batch.start.length - 1);
      assertSame(topic.decode(topic.encode(batch), 'x'), batch);
    });
  }

  test('features written before they went in columns are read as they were written', () => {
    const [first] = published().filter((one) => one.topic === topic.topic);
    const { pins, interests, features } = topic.decode(payload(first), first.name);
    assert.equal(pins[0].id, '17');
    assert.deepEqual(
      [...interests].map((index) => NATURE.ids[index]),
      [101, 10, 1],
    );
    assert.deepEqual([...features.subarray(0, 4)], [NaN, 0.125, 0.25, 0.375]);
  });

  test('a value whose columns do not fit is AVRO_MALFORMED and names the record', () => {
    const bytes = (...values: number[]): Buffer => Buffer.from(values);
    const form = (form: Wire['columns'][number]['form'], packed: PackedValues | null) => (wire: Wire) => {
      wire.columns[0] = { form, packed };
    };
    const breaks: Record<string, (wire: Wire) => void> = {
      'a Pin more': (wire) => wire.pins.push({ id: 'x', version: 1, deleted: false }),
      'half a count': (wire) => (wire.counts = wire.counts.subarray(1)),
      'counts of millions': (wire) => wire.counts.fill(0xff),
      'no counts': (wire) => (wire.counts = bytes()),
      'interests cut short': (wire) => (wire.interestColumn.values = wire.interestColumn.values.subarray(1)),
      'a column less': (wire) => wire.columns.pop(),
      'no columns': (wire) => (wire.columns = []),
      'a column of nothing': form('candidate', null),
      'a column cut short': form('pin', { dictionary: bytes(), values: bytes(1) }),
      'an index of no value': form('pin', { dictionary: bytes(1, 2, 3, 4), values: bytes(9, 9, 9) }),
      'a feature that cannot be derived': form('derived', null),
      'repeats cut short': (wire) => (wire.repeated = wire.repeated.subarray(1)),
      'repeats of nothing': (wire) => wire.repeated.fill(0xff),
    };
    for (const [name, breakIt] of Object.entries(breaks)) {
      const wire = codec.decode(topic.encode(EXTRACTED), 'x');
      breakIt(wire);
      assert.throws(
        () => topic.decode(codec.encode(wire), 'p2i-features-0@7'),
        ofCode('AVRO_MALFORMED', /p2i-features-0@7/),
        name,
      );
    }
  });

  test('a value with any one byte changed is a batch or refused by code', () => {
    const value = topic.encode(EXTRACTED);
    for (let at = 5; at < value.length; at++) {
      const broken = Buffer.from(value);
      broken[at] ^= 0x55;
      try {
        topic.decode(broken, 'x');
      } catch (error) {
        assert.ok(error instanceof P2iError, `byte ${at}: ${String(error)}`);
      }
    }
  });
});
