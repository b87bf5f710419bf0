import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pin } from '../../shared/pins/pin.ts';
import { readAll } from '../../shared/stream/log.ts';
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

/** How often a read_committed reader sees each Pin on p2i-results, by run. */
async function timesByRun(pipeline: Pipeline): Promise<Map<string, Map<string, number>>> {
  const runs = new Map<string, Map<string, number>>();
  for await (const { key, headers } of readAll(pipeline.log, RESULTS_TOPIC)) {
    const run = headers.run ?? '';
    let times = runs.get(run);
    if (times === undefined) runs.set(run, (times = new Map<string, number>()));
    const pin = key.slice(0, key.lastIndexOf('@'));
    times.set(pin, (times.get(pin) ?? 0) + 1);
  }
  return runs;
}

/** What became of the Pins in each of the runs: they have one result each, if all is well. */
export async function ledgersOf(
  pipeline: Pipeline,
  runs: readonly string[],
  pins: readonly Pin[],
): Promise<Ledger[]> {
  const byRun = await timesByRun(pipeline);
  return runs.map((run) => {
    const times = byRun.get(run);
    const ledger = { lost: 0, duplicated: 0 };
    for (const { id } of pins) {
      const seen = times?.get(id) ?? 0;
      if (seen === 0) ledger.lost++;
      else ledger.duplicated += seen - 1;
    }
    return ledger;
  });
}

/** As {@link ledgersOf}, of one run. */
export async function ledgerOf(pipeline: Pipeline, run: string, pins: readonly Pin[]): Promise<Ledger> {
  return (await ledgersOf(pipeline, [run], pins))[0];
}

/**
 * Waits until every Pin has a result of the run, then a little for what should not come.
 * @throws where that takes longer than `seconds`, with where everything stands
 */
export async function untilResults(
  pipeline: Pipeline,
  run: string,
  pins: readonly Pin[],
  seconds: number,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (let end = -1; ;) {
    await sleep(500);
    const ends = await pipeline.log.endOffsets(RESULTS_TOPIC);
    const next = ends.reduce((a, b) => a + b, 0);
    const { lost } = next === end ? { lost: NaN } : await ledgerOf(pipeline, run, pins);
    if (lost === 0) break;
    end = next;
    if (Date.now() < deadline) continue;
    const missing = (await ledgerOf(pipeline, run, pins)).lost;
    throw new Error(
      `after ${seconds} s, ${missing} of ${pins.length} Pins have no result of ${run}\n${await pipeline.describe()}`,
    );
  }
  await sleep(2000);
}

export function assertExact(ledger: Ledger, context: string): void {
  assert.deepEqual(ledger, { lost: 0, duplicated: 0 }, context);
}
