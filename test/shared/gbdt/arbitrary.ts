import fc from 'fast-check';
import type { Node } from './model-text.ts';

/** Features of the trees and rows here. */
export const FEATURES = 4;

/** Values and thresholds from one small pool meet often; the others do not repeat. */
const POOL = [
  0, -0, 1, -1, 2, 0.1, -0.1, 1e-36, -1e-36, 1e-35, -1e-35, 1.0000000180025095e-35, 3, 31, 32, 33, 1e30,
];
const threshold = fc.oneof(
  fc.constantFrom(...POOL, 1e300, -1e300, Infinity, -Infinity),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -50, max: 50 }),
);
const leaf = fc.double({ noNaN: true, min: -3, max: 3 });

/** A float32 value of a feature, missing ones included. */
export const value = fc.oneof(
  fc.constantFrom(...POOL, NaN, Infinity, -Infinity, 5e9, -0.5),
  fc.float({ noNaN: true, min: -50, max: 50 }),
);

/** A tree with splits of all kinds, or a single leaf. */
export const { tree } = fc.letrec<{ tree: Node }>((tie) => {
  const child = tie('tree');
  const feature = fc.nat(FEATURES - 1);
  return {
    tree: fc.oneof(
      { maxDepth: 7, depthSize: 'large', withCrossShrink: true },
      leaf,
      fc.record({
        feature,
        threshold,
        missing: fc.constantFrom('none' as const, 'zero' as const, 'nan' as const),
        defaultLeft: fc.boolean(),
        left: child,
        right: child,
      }),
      fc.record({
        feature,
        categories: fc.array(fc.nat(70), { minLength: 1, maxLength: 12 }),
        left: child,
        right: child,
      }),
    ),
  };
});
