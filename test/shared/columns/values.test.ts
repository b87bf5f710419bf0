import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unpackValues, valueCount, ValuePacker, type PackedValues } from '../../../shared/columns/values.ts';

const packer = new ValuePacker();

function packed(values: Uint32Array): PackedValues {
  packer.start(values.byteLength);
  return packer.pack(values);
}

function unpacked(of: PackedValues): Uint32Array {
  const values = new Uint32Array(valueCount(of));
  unpackValues(of, values);
  return values;
}

/** Values of which few, some or none recur. */
const aColumn = fc
  .tuple(fc.constantFrom(1, 8, 300, 2 ** 32), fc.nat(3000), fc.nat())
  .map(([distinct, length, seed]) =>
    Uint32Array.from({ length }, (_, i) =>
      Math.imul((Math.imul(i + seed, 0x2545f491) >>> 7) % distinct, 0x9e3779b1),
    ),
  );

describe('packed values', () => {
  test('come back as they went, in no more bytes than they were', () => {
    fc.assert(
      fc.property(aColumn, (values) => {
        const { dictionary, values: bytes } = packed(values);
        assert.ok(dictionary.length + bytes.length <= values.byteLength);
        assert.deepEqual(unpacked({ dictionary, values: bytes }), values);
      }),
    );
  });

  test('go by index where they recur: a byte for up to 255 of them, then two', () => {
    for (const [distinct, width] of [
      [1, 1],
      [255, 1],
      [256, 2],
    ]) {
      const values = Uint32Array.from({ length: 1000 }, (_, i) => i % distinct);
      const { dictionary, values: bytes } = packed(values);
      assert.equal(dictionary.length, 4 * distinct);
      assert.equal(bytes.length, width * values.length);
      assert.deepEqual(unpacked({ dictionary, values: bytes }), values);
    }
  });

  test('of one batch lie in memory of their own', () => {
    const columns = [
      Uint32Array.of(1, 2, 3),
      Uint32Array.of(7, 7, 7, 7),
      Uint32Array.of(),
      Uint32Array.of(9),
    ];
    packer.start(4 * 8);
    const all = columns.map((column) => packer.pack(column));
    assert.deepEqual(all.map(unpacked), columns);
  });

  test('that are cut short or name what is not there are a RangeError', () => {
    const bytes = (...values: number[]): Buffer => Buffer.from(values);
    const broken: PackedValues[] = [
      { dictionary: bytes(), values: bytes(1, 2, 3, 4, 5) },
      { dictionary: bytes(1, 2, 3), values: bytes(0) },
      { dictionary: bytes(1, 0, 0, 0), values: bytes(1) },
      { dictionary: bytes(1, 0, 0, 0), values: bytes(0, 2) },
      { dictionary: bytes(1, 0, 0, 0), values: bytes(0, 0) },
    ];
    for (const one of broken) assert.throws(() => unpacked(one), RangeError);
    assert.throws(() => unpackValues(packed(Uint32Array.of(1)), new Uint32Array(2)), RangeError);
  });
});
