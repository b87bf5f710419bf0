import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pin } from '../../shared/pins/pin.ts';
import { RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import { pinOf } from './pin.ts';
import type { Pipeline } from './pipeline.ts';

/** What the aborting worker says of its abort. */
export const ABORTED = 'aborted by the test';

/** Pins that each name something else that there is. */
export function keyedPins(count: number, prefix: string): Pin[] {
  const words = ['boats on a river', 'a ruined castle', 'horses in a field', 'portrait of a man', 'birds'];
  return Array.from({ length: count }, (_, i) =>
    pinOf({ id: `${prefix}-${i}`, title: `${words[i % words.length]} ${i}`, language: 'en' }),
  );
}

export interface Ledger {
  lost: number;
  duplicated: number;
}

/** Waits until every Pin has a result, then a little for what should not come. @throws where that takes too long */
export async function untilResults(pipeline: Pipeline, pins: number, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  let there = 0;
  // Offsets count the ends of transactions too: they only say that it is time to look.
  for (;;) {
    const ends = await pipeline.log.endOffsets(RESULTS_TOPIC);
    if (ends.reduce((a, b) => a + b) >= pins) {
      there = new Set((await pipeline.results()).map(({ key }) => key)).size;
      if (there >= pins) break;
    }
    if (Date.now() > deadline)
      throw new Error(`after ${seconds} s there are results of ${there} of ${pins} Pins`);
    await sleep(500);
  }
  await sleep(2000);
}

/** What a read_committed reader sees of the Pins on p2i-results: each once, if all is well. */
export async function ledgerOf(pipeline: Pipeline, pins: readonly Pin[]): Promise<Ledger> {
  const seen = new Map<string, number>();
  for (const { value } of await pipeline.results())
    if (value !== undefined) seen.set(value.pin, (seen.get(value.pin) ?? 0) + 1);
  let lost = 0;
  let duplicated = 0;
  for (const { id } of pins) {
    const times = seen.get(id) ?? 0;
    if (times === 0) lost++;
    else duplicated += times - 1;
  }
  return { lost, duplicated };
}

export function assertExact(ledger: Ledger, context: string): void {
  assert.deepEqual(ledger, { lost: 0, duplicated: 0 }, context);
}
