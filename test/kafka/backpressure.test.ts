import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '../../shared/stream/stage.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { Pipeline, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { FULL, scaled } from '../support/scale.ts';

/** The backlog: the Tate sample over and over, with new ids. */
const BACKLOG = scaled(150_000, 2_000_000);
const HEAP_MB = 256;
/** Memory is watched for so long, once every worker has its code compiled and its caches filled. */
const WARM_UP_S = scaled(10, 60);
const WATCHED_S = scaled(20, 180);
/** What the second half of the watch may use more than the first, once all is warm: at full size. */
const GROWTH = 1.1;
/** Resident memory of any worker, MB: its heap, the taxonomy, the model, the fetches in hand. */
const RESIDENT_MB = 640;
const PARTITIONS = 4;
const POOLS: readonly StageName[] = ['candidates', 'features', 'ranking', 'publishing'];

const available = brokersAvailable();

describe('under a backlog', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  before(async () => {
    pipeline = await Pipeline.start({ partitions: PARTITIONS });
    const sample = await tatePins(1);
    for (let done = 0; done < BACKLOG; done += sample.length) {
      const copies = sample
        .slice(0, BACKLOG - done)
        .map((pin, i) => ({ ...pin, id: `${pin.id}-${done + i}` }));
      await pipeline.publish(copies, 256);
    }
    await pipeline.replay('backlog', 1);
  });
  after(() => pipeline.close());

  test(`of ${BACKLOG} Pins, workers with ${HEAP_MB} MB of heap keep going in flat memory`, async (t) => {
    const workers = new Map<StageName, WorkerProcess>();
    for (const stage of POOLS)
      workers.set(stage, pipeline.worker([stage], { node: [`--max-old-space-size=${HEAP_MB}`] }));
    await Promise.all([...workers.values()].map((worker) => worker.logged('working')));
    await sleep(WARM_UP_S * 1000);

    const before = await pipeline.log.endOffsets('p2i-results');
    const memory = new Map(POOLS.map((stage): [StageName, number[]] => [stage, []]));
    for (let second = 0; second < WATCHED_S; second++) {
      for (const [stage, { child }] of workers) memory.get(stage)!.push(await residentMb(child.pid!));
      await sleep(1000);
    }
    const ends = await pipeline.log.endOffsets('p2i-results');
    const published = ends.reduce((a, b) => a + b) - before.reduce((a, b) => a + b);
    for (const [stage, samples] of memory) {
      const half = samples.length >> 1;
      const [first, second] = [Math.max(...samples.slice(0, half)), Math.max(...samples.slice(half))];
      t.diagnostic(
        `${stage}: at most ${first.toFixed(0)} MB resident in the first half, ${second.toFixed(0)} MB in the second`,
      );
      assert.ok(Math.max(first, second) <= RESIDENT_MB, `${stage} took ${second} MB`);
      if (FULL) assert.ok(second <= first * GROWTH, `${stage} grew from ${first} to ${second} MB`);
    }
    t.diagnostic(`${(published / WATCHED_S).toFixed(0)} Pins/s were published meanwhile`);
    assert.ok(published > 0, 'the pipeline moved');
    for (const [stage, worker] of workers) {
      assert.equal(worker.child.exitCode, null, `${stage} ended: ${worker.stderr}`);
      assert.doesNotMatch(worker.stderr, /"level":"error"/);
    }
    const behind = await pipeline.log.committedOffsets('p2i-candidates', 'p2i-batch-pins');
    const backlog = await pipeline.log.endOffsets('p2i-batch-pins');
    const left = backlog.reduce((a, b) => a + b) - behind.reduce((a, b) => a + b);
    t.diagnostic(`${left} records of the backlog were left when the watch ended`);
    for (const code of await Promise.all([...workers.values()].map((worker) => worker.stop())))
      assert.equal(code, 0);
  });
});

/** Resident memory of a process, MB. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}
