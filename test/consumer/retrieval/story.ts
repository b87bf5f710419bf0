import type { UpdateBatch } from '../../../consumer/results/update.ts';
import { seeded } from '../../support/random.ts';
import { batchOf, taxonomyOf, updateOf, type Scores } from './support.ts';

/** What comes to pass on a topic: Pins that come, change and go, and half way a newer taxonomy version. */

/** 1 > 11 > 111, 112; 1 > 12 > 121; 2 > 21 > 211; 3, with 31. */
export const OLDER = taxonomyOf('v1', {
  1: [0, 'nature'],
  2: [0, 'places'],
  3: [0, 'people'],
  11: [1, 'animals'],
  12: [1, 'plants'],
  21: [2, 'towns'],
  31: [3, 'painters'],
  111: [11, 'cats'],
  112: [11, 'kittens'],
  121: [12, 'roses'],
  211: [21, 'squares'],
});

/** 112 is merged into 111, 12 with 121 moved under 2, 211 removed. */
export const NEWER = taxonomyOf('v2', {
  1: [0, 'nature'],
  2: [0, 'places'],
  3: [0, 'people'],
  11: [1, 'animals'],
  12: [2, 'plants'],
  21: [2, 'towns'],
  31: [3, 'painters'],
  111: [11, 'cats', 'kittens'],
  121: [12, 'roses'],
});

/** 121 moved under 21, 31 removed. */
export const NEWEST = taxonomyOf('v3', {
  1: [0, 'nature'],
  2: [0, 'places'],
  3: [0, 'people'],
  11: [1, 'animals'],
  12: [2, 'plants'],
  21: [2, 'towns'],
  111: [11, 'cats', 'kittens'],
  121: [21, 'roses'],
});

export const IDS: readonly number[] = [...OLDER.ids].sort((a, b) => a - b);

/** Paths of `OLDER`, from the deepest interest up. */
const PATHS: readonly (readonly number[])[] = [
  [111, 11, 1],
  [112, 11, 1],
  [121, 12, 1],
  [211, 21, 2],
  [31, 3],
  [21, 2],
];
/** Paths of `NEWER`. */
const NEWER_PATHS: readonly (readonly number[])[] = [
  [111, 11, 1],
  [121, 12, 2],
  [21, 2],
  [31, 3],
];

const PINS = 3000;
export const PIN_IDS: readonly string[] = Array.from({ length: PINS }, (_, i) => `pin ${i}`);
const BATCH = 100;

/** The same at each call. */
export function* batches(): Generator<UpdateBatch> {
  const random = seeded(3);
  const below = (n: number): number => Math.floor(n * random());
  const scoresOf = (paths: readonly (readonly number[])[]): Scores => {
    const scores: Record<number, number> = {};
    for (let paths_ = below(3); paths_ >= 0; paths_--)
      for (const id of paths[below(paths.length)]) scores[id] = (1 + below(500)) / 500;
    return scores;
  };
  for (let offset = 0; offset < 2 * PINS; offset += BATCH) {
    const isNewer = offset >= PINS * 1.5;
    const updates = Array.from({ length: BATCH }, (_, i) => {
      const pin = offset < PINS ? PIN_IDS[offset + i] : PIN_IDS[below(PINS)];
      const scores = offset >= PINS && random() < 0.1 ? null : scoresOf(isNewer ? NEWER_PATHS : PATHS);
      return updateOf(pin, scores, { offset: offset + i, taxonomy: isNewer ? 'v2' : 'v1' });
    });
    yield batchOf(updates);
  }
}
