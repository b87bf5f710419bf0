import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InterestTable } from '../../../workers/comparing/interests.ts';
import { PinsFound } from '../../../workers/comparing/pins-found.ts';
import type { PinInterests } from '../../../workers/publishing/topic.ts';

interface Set {
  pin: number;
  version: number;
  /** undefined: the Pin is gone. */
  ids: number[] | undefined;
}

const aSet: fc.Arbitrary<Set> = fc.record({
  // The last is beyond what there is room for at first.
  pin: fc.constantFrom(0, 1, 2, 5000),
  version: fc.integer({ min: 0, max: 3 }),
  // So many in all that the columns grow.
  ids: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 2000 }), { maxLength: 700, size: 'max' }), {
    nil: undefined,
  }),
});

const interestsOf = (ids: readonly number[]): PinInterests['interests'] =>
  ids.map((id) => ({ id, level: 1, score: id / 4096, label: String(id) }));

test('what a side found of a Pin is what was set last of its newest version', () => {
  fc.assert(
    fc.property(fc.array(aSet, { maxLength: 30 }), (sets) => {
      const table = new InterestTable();
      const found = new PinsFound('after', table);
      const expected = new Map<number, Set>();
      for (const one of sets) {
        found.set(one.pin, one.version, one.ids && interestsOf(one.ids));
        if (one.version >= (expected.get(one.pin)?.version ?? 0)) expected.set(one.pin, one);
      }
      for (const pin of [0, 1, 2, 3, 5000, 1e6]) {
        const got = found.get(pin);
        const wanted = expected.get(pin);
        assert.deepEqual(got && Array.from(got.interests, (number) => table.ids[number]), wanted?.ids);
        assert.deepEqual(
          got && [...got.scores],
          wanted?.ids?.map((id) => id / 4096),
        );
        if (got !== undefined) assert.equal(found.version(pin), wanted!.version);
      }
    }),
    { numRuns: 50 },
  );
});
