/** Pins a batch, where nothing else decides. */
const BATCH = 256;

/** Consecutive slices of a list. */
export function* inBatches<T>(items: readonly T[], size: number = BATCH): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
