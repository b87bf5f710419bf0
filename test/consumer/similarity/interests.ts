import fc from 'fast-check';
import type { LevelledInterest } from 'p2i/consumer';

/** Interests of few ids, so that they meet; some of them twice, some on two levels. */
export const someInterests: fc.Arbitrary<LevelledInterest[]> = fc.array(
  fc.record({
    id: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(2 ** 30, 2 ** 31 - 2, 2 ** 31 - 1)),
    level: fc.integer({ min: 1, max: 10 }),
    score: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 1e300)),
  }),
  { maxLength: 40 },
);

/** What is none, with what the error says of it. */
export const INVALID: readonly [LevelledInterest, RegExp][] = [
  [{ id: 1, level: 1, score: NaN }, /interest 1: score NaN/],
  [{ id: 1, level: 1, score: Infinity }, /score Infinity/],
  [{ id: 0, level: 1, score: 1 }, /interest 0 is not/],
  [{ id: 2 ** 31, level: 1, score: 1 }, /interest 2147483648 is not/],
  [{ id: 1.5, level: 1, score: 1 }, /interest 1.5 is not/],
  [{ id: 1, level: 0, score: 1 }, /level 0/],
  [{ id: 1, level: 11, score: 1 }, /level 11/],
];
