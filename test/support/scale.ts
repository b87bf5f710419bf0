/**
 * How much a suite does. CI runs each at a size that fits its time; with P2I_SCALE=full it runs as it is meant:
 * `P2I_SCALE=full node --test test/kafka/exactly-once.test.ts`.
 */
export const FULL = process.env.P2I_SCALE === 'full';

export function scaled<T>(ci: T, full: T): T {
  return FULL ? full : ci;
}
