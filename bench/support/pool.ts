/*
 * Workers of one process, which do all that a topic holds for them and end. Started by bench/pools.ts, with a task as
 * JSON for its argument; sends its figures.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PATHS } from '../../cli/paths.ts';
import { loadTextModels } from '../../cli/text-models.ts';
import { StageMetrics } from '../../shared/observability/metrics.ts';
import type { StageReport } from '../../shared/observability/report.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import type { Headers } from '../../shared/stream/log.ts';
import { HEEDLESS, type Observer } from '../../shared/stream/observer.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { replayPins } from '../../workers/replay.ts';
import { PublishedTaxonomies } from '../../workers/taxonomies/published.ts';
import { openWorker, type Worker } from '../../workers/worker.ts';
import { openLog, type LogPlace } from './log.ts';

export interface PoolTask extends LogPlace {
  /** Of each worker. */
  workers: StageName[][];
  /** Where the co-occurrence store is, and what publishing remembers. */
  store: string;
  /** Pins of a run: of the first, which warms up (V8 compiles, artefacts are built), and of the second. */
  pins: number;
  /** Headers of the second run where it is to be begun here: nobody else can write to an embedded log meanwhile. */
  second?: Headers;
}

export interface PoolFigures {
  /** That were measured. */
  pins: number;
  /** Seconds that they took: of CPU, and of wall time. */
  cpu: number;
  wall: number;
  /** Wall time of each stage, by phase. */
  stages: StageReport[];
}

const task = JSON.parse(process.argv[2]) as PoolTask;
const { log, registry } = await openLog(task);
const taxonomies = await PublishedTaxonomies.open({
  ...{ log, registry, models: await loadTextModels() },
  onInvalid: (error) => assert.fail(error),
});
let metrics = new StageMetrics();
/** Pins that each stage has done. */
const done = new Map<StageName, number>();
const observer: Observer = {
  ...HEEDLESS,
  phase: (stage, phase, seconds) => metrics.phase(stage, phase, seconds),
  pins(stage, into, out) {
    metrics.pins(stage, into, out);
    done.set(stage, (done.get(stage) ?? 0) + into);
  },
  deadLetter: (stage, code) => assert.fail(`${stage} has a dead letter, ${code}`),
};
const cooccurrence = new LmdbStore(join(task.store, 'cooccurrence'));
const published = new LmdbStore(join(task.store, 'published'));
const models = await RankingModels.load([PATHS.model]);
const workers: { worker: Worker; last: StageName }[] = [];
for (const stages of task.workers) {
  const store = stages[0] === 'publishing' ? published : cooccurrence;
  const options = { log, registry, stages, lane: 'batch', taxonomies, store, models, observer } as const;
  workers.push({ worker: await openWorker(options), last: stages[stages.length - 1] });
}

await until(task.pins);
if (task.second) await replayPins(log, registry, task.second);
const already = pinsDone();
metrics = new StageMetrics();
const start = performance.now();
const before = process.cpuUsage();
await until(2 * task.pins);
const { user, system } = process.cpuUsage(before);
const figures: PoolFigures = {
  pins: pinsDone() - already,
  cpu: (user + system) / 1e6,
  wall: (performance.now() - start) / 1000,
  stages: metrics.phaseReport(),
};
for (const { worker } of workers) await worker.close();
await taxonomies.close();
await Promise.all([cooccurrence.close(), published.close()]);
await log.close();
process.send!(figures);

/** One worker after another, until each has done so many Pins. */
async function until(pins: number): Promise<void> {
  for (const { worker, last } of workers) while ((done.get(last) ?? 0) < pins) await worker.step();
}

/** By the last worker. */
function pinsDone(): number {
  return done.get(workers[workers.length - 1].last)!;
}
