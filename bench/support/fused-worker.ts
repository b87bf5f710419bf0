/*
 * A fused worker on an embedded log, as `p2i worker` opens it, in a process of its own. Started by bench/fused.ts, with a
 * task as JSON for its argument; sends its figures.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PATHS } from '../../cli/paths.ts';
import { loadTextModels } from '../../cli/text-models.ts';
import { RankingModels } from '../../shared/ranking/ranking-models.ts';
import { LmdbStore } from '../../shared/store/lmdb.ts';
import { HEEDLESS } from '../../shared/stream/observer.ts';
import { keepYoungGenerationSmall } from '../../workers/memory.ts';
import { PublishedTaxonomies } from '../../workers/taxonomies/published.ts';
import { openWorker } from '../../workers/worker.ts';
import { openLog } from './log.ts';

export interface FusedWorkerTask {
  /** Directory of the log. Taxonomy and runs are on it. */
  state: string;
  /** Directory of the co-occurrence store. */
  store: string;
  /** In all runs together. */
  pins: number;
  /** When the process was started, milliseconds since 1970. */
  since: number;
}

export interface FusedWorkerFigures {
  /** From the start to the first results, and to the last ones. */
  firstMs: number;
  lastMs: number;
  /** The most that was ever resident, and of what is resident at the end: what is the process's own, and the pages of files. */
  peakBytes: number;
  ownBytes: number;
  fileBytes: number;
  heapBytes: number;
}

keepYoungGenerationSmall();
const task = JSON.parse(process.argv[2]) as FusedWorkerTask;
const { log, registry } = await openLog(task);
const taxonomies = await PublishedTaxonomies.open({
  ...{ log, registry, models: await loadTextModels() },
  onInvalid: (error) => assert.fail(error),
});
const store = new LmdbStore(task.store);
let firstMs = NaN;
let done = 0;
const worker = await openWorker({
  ...{ log, registry, stages: ['candidates', 'features', 'ranking'], lane: 'batch', taxonomies, store },
  models: await RankingModels.load([PATHS.model]),
  observer: {
    ...HEEDLESS,
    pins(stage, _into, out) {
      if (stage === 'ranking') done += out;
    },
    deadLetter: (stage, code) => assert.fail(`${stage} has a dead letter, ${code}`),
  },
});
while (done < task.pins) {
  await worker.step();
  if (done > 0 && Number.isNaN(firstMs)) firstMs = Date.now() - task.since;
}
const figures: FusedWorkerFigures = {
  firstMs,
  lastMs: Date.now() - task.since,
  peakBytes: statusOf('VmHWM'),
  ownBytes: statusOf('RssAnon'),
  fileBytes: statusOf('RssFile'),
  heapBytes: process.memoryUsage().heapUsed,
};
await worker.close();
await taxonomies.close();
await store.close();
await log.close();
process.send!(figures);

/** A line of what Linux says of this process's memory, in bytes. */
function statusOf(name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'),
  );
  return Number(kilobytes![1]) * 1024;
}
