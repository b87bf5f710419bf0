import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../shared/connections/redis.ts';
import { readConnections } from '../../shared/connections/settings.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { readBook, type RunsLog } from '../../workers/backfill/book.ts';
import type { Run, RunState } from '../../workers/backfill/run.ts';
import { runOf } from '../../workers/backfill/runs.ts';
import { replayGroup } from '../../workers/replay.ts';

/** Who does what a test does. */
export const by = (): { by: string; time: number } => ({ by: 'test', time: Date.now() });

/** Waits until the run is in the state. @throws where that takes longer than `seconds` */
export async function untilState(
  runs: RunsLog,
  name: string,
  state: RunState,
  seconds: number,
): Promise<Run> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const run = runOf(await readBook(runs), name);
    if (run.state === state) return run;
    if (Date.now() > deadline) throw new Error(`run ${name} is still ${run.state} after ${seconds} s`);
    await sleep(1000);
  }
}

/** Offsets of p2i-pins that the run has copied, all partitions together. */
export async function copiedOf({ log }: RunsLog, run: string): Promise<number> {
  return (await log.committedOffsets(replayGroup(run), PINS_TOPIC)).reduce((a, b) => a + b, 0);
}

/** Waits until the run has copied so many offsets. @throws where that takes longer than `seconds` */
export async function untilCopied(
  runs: RunsLog,
  run: string,
  offsets: number,
  seconds: number,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const copied = await copiedOf(runs, run);
    if (copied >= offsets) return;
    if (Date.now() > deadline)
      throw new Error(`${copied} of ${offsets} offsets are copied after ${seconds} s`);
    await sleep(100);
  }
}

/** A connection as commands have it. */
export function redisAt(url: string): Promise<Redis> {
  return connectRedis({ url, security: readConnections({}).redis });
}
