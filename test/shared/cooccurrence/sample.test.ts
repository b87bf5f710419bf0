import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeSample,
  encodeSample,
  mergeSamples,
  sampleOf,
  type BoardSample,
  type SampledPin,
} from '../../../shared/cooccurrence/sample.ts';

const sampledPins: fc.Arbitrary<SampledPin> = fc
  .record({
    // Few hashes and versions, so that the same Pin comes again.
    pin: fc.integer({ min: 0, max: 30 }).map((n) => n * 2 ** 48),
    version: fc.integer({ min: 1, max: 3 }),
    trust: fc.constantFrom(10, 100),
    boards: fc.uniqueArray(fc.maxSafeNat(), { maxLength: 3 }),
    interests: fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 4 }),
  })
  .map(({ pin, version, trust, boards, interests }) => ({
    pin,
    version,
    trust,
    boards: Float64Array.from(boards),
    interests: Int32Array.from(interests),
    // A version of a Pin is one thing: its content follows from both.
    weights: Int32Array.from(interests, (_, i) => trust + i),
  }));

const shape = ({ pins, truncated }: BoardSample) => ({
  truncated,
  pins: pins.map(({ pin, version }) => ({ pin, version })),
});

describe("samples of a board's Pins", () => {
  test('divided in any way, with Pins that come again in other versions, unite to the same sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sampledPins, fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (assigned, size) => {
          const all = assigned.map(([pin]) => pin);
          const parts = [0, 1, 2, 3].map((part) =>
            sampleOf(
              assigned.filter(([, of]) => of === part).map(([pin]) => pin),
              size,
            ),
          );
          const forwards = parts.reduce((a, b) => mergeSamples(a, b, size));
          const backwards = parts.reduceRight((a, b) => mergeSamples(a, b, size));
          const whole = shape(sampleOf(all, size));
          assert.deepEqual(shape(forwards), whole);
          assert.deepEqual(shape(backwards), whole);
          assert.deepEqual(shape(sampleOf(all.toReversed(), size)), whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('are the k smallest hashes, each once, and say whether any was left out', () => {
    fc.assert(
      fc.property(fc.array(sampledPins, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (pins, size) => {
        const distinct = [...new Set(pins.map(({ pin }) => pin))].sort((a, b) => a - b);
        const sample = sampleOf(pins, size);
        assert.deepEqual(
          sample.pins.map(({ pin }) => pin),
          distinct.slice(0, size),
        );
        assert.equal(sample.truncated, distinct.length > size);
      }),
    );
  });

  test('taking in a sample again changes nothing: a replay is harmless', () => {
    fc.assert(
      fc.property(fc.array(sampledPins, { maxLength: 40 }), (pins) => {
        const sample = sampleOf(pins, 10);
        assert.deepEqual(mergeSamples(sample, sample, 10), sample);
      }),
    );
  });

  test('survive their bytes', () => {
    fc.assert(
      fc.property(fc.array(sampledPins, { maxLength: 20 }), fc.integer({ min: 1, max: 20 }), (pins, size) => {
        const sample = sampleOf(pins, size);
        assert.deepEqual(decodeSample(encodeSample(sample)), sample);
      }),
    );
  });

  test('hold versions beyond 32 bits', () => {
    const version = 1_718_000_000_000;
    const empty = { boards: new Float64Array(), interests: new Int32Array(), weights: new Int32Array() };
    const sample = sampleOf([{ pin: 2 ** 53 - 1, version, trust: 100, ...empty }]);
    assert.equal(decodeSample(encodeSample(sample)).pins[0].version, version);
    assert.equal(decodeSample(encodeSample(sample)).pins[0].pin, 2 ** 53 - 1);
  });
});
