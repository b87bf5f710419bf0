import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RankingModel } from '../../shared/ranking/ranking-model.ts';
import { EmbeddedLog } from '../../shared/stream/embedded/log.ts';
import { readAll, type Log } from '../../shared/stream/log.ts';
import { readTaxonomy } from '../../shared/taxonomy/read.ts';
import { PATHS } from '../../cli/paths.ts';
import { loadTextModels } from '../../cli/text-models.ts';
import { taxonomyArtefacts } from '../../workers/artefacts.ts';
import { EmbeddedRun } from '../../workers/embedded-run.ts';
import { RESULTS_TOPIC } from '../../workers/publishing/topic.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { Pipeline, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { scaled } from '../support/scale.ts';

const PARTITIONS = 4;
/** Of the Pins of the Tate corpus; all of them at full scale. */
const EVERY_NTH = scaled(23, 1);
const TIMEOUT_S = scaled(120, 600);
/** The name of the one run: results name it. */
const RUN = 'run-1';
/** While the co-occurrence pool gathers. */
const KILL_AFTER_MS = scaled(1000, 5000);
/** The schema id that a value begins with: each registry gives its own. */
const HEAD = 5;

/** The last result of each key of the run, as bytes without the schema id. */
async function results(log: Log): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  for await (const { key, value, headers } of readAll(log, RESULTS_TOPIC)) {
    if (headers.run === RUN) last.set(key, Buffer.from(value!).toString('hex', HEAD));
  }
  return new Map([...last].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function embedded(pins: readonly Pin[], state: string): Promise<Map<string, string>> {
  const run = await EmbeddedRun.open({
    state,
    schemas: PATHS.schemas,
    input: (async function* () {
      yield* pins;
    })(),
    artefacts: taxonomyArtefacts(await readTaxonomy(PATHS.taxonomy), await loadTextModels()),
    model: await RankingModel.load(PATHS.model),
    lane: 'batch',
    partitions: PARTITIONS,
    pools: false,
    onRejected: (error) => {
      throw error;
    },
    onProgress: () => undefined,
  });
  await run.execute();
  await run.close();
  const log = await EmbeddedLog.open(join(state, 'log'));
  try {
    return await results(log);
  } finally {
    await log.close();
  }
}

const available = brokersAvailable();

describe('the shapes of the pipeline', { skip: !available.available && available.why }, () => {
  let pipeline: Pipeline;
  let pins: Pin[];
  let expected: Map<string, string>;
  const store = 'shared';

  before(async () => {
    pins = await tatePins(EVERY_NTH);
    pipeline = await Pipeline.start({ partitions: PARTITIONS });
    expected = await embedded(pins, join(pipeline.directory, 'embedded'));
    assert.equal(expected.size, pins.length);
  });
  after(() => pipeline.close());

  test('three pools on Kafka, which learn co-occurrence first, give the bytes of the embedded run', async (t) => {
    const candidates = pipeline.worker(['candidates'], { store });
    const cooccurrence = pipeline.worker(['cooccurrence'], { store });
    await pipeline.publish(pins, 256);
    await cooccurrence.logged('working');
    await pipeline.replay('learning', 1, 0);
    // Killed while it gathers, another goes on with its store: no Pin is learnt from twice, or not at all.
    await sleep(KILL_AFTER_MS);
    await cooccurrence.kill();
    const successor = pipeline.worker(['cooccurrence'], { store });
    if (!cooccurrence.stderr.includes('generation sealed')) await successor.logged('generation sealed');
    const others = [
      pipeline.worker(['features'], { store }),
      pipeline.worker(['ranking'], { store }),
      pipeline.worker(['publishing'], { store }),
    ];
    const start = performance.now();
    await pipeline.replay(RUN, 2, 1);
    await untilDone(pipeline, ['p2i-candidates', 'p2i-features', 'p2i-ranking', 'p2i-publishing']);
    const seconds = (performance.now() - start) / 1000;
    assertSame(await results(pipeline.log), expected);
    t.diagnostic(
      `three pools: ${expected.size} Pins, all equal, ${(expected.size / seconds).toFixed(0)} Pins/s`,
    );
    await stop([candidates, successor, ...others]);
  });

  test('fused on Kafka, in two threads, gives the same', async (t) => {
    const before = (await pipeline.log.endOffsets(RESULTS_TOPIC)).reduce((a, b) => a + b);
    const workers = [
      pipeline.worker(['candidates', 'features', 'ranking'], { store, threads: 2 }),
      pipeline.worker(['publishing'], { store }),
    ];
    await untilDone(pipeline, ['p2i-candidates-features-ranking', 'p2i-publishing']);
    assertSame(await results(pipeline.log), expected);
    const written = (await pipeline.log.endOffsets(RESULTS_TOPIC)).reduce((a, b) => a + b) - before;
    assert.ok(written >= expected.size, `it wrote ${written} results`);
    t.diagnostic(`fused: ${expected.size} Pins, all equal`);
    await stop(workers);
  });
});

const INPUTS: Record<string, string> = {
  'p2i-candidates': 'p2i-batch-pins',
  'p2i-features': 'p2i-candidates',
  'p2i-ranking': 'p2i-features',
  'p2i-candidates-features-ranking': 'p2i-batch-pins',
  'p2i-publishing': 'p2i-ranked',
};

async function untilDone(pipeline: Pipeline, groups: readonly string[]): Promise<void> {
  for (const group of groups) await pipeline.untilConsumed(group, INPUTS[group], TIMEOUT_S);
}

async function stop(workers: readonly WorkerProcess[]): Promise<void> {
  for (const code of await Promise.all(workers.map((worker) => worker.stop()))) assert.equal(code, 0);
}

function assertSame(actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  let different = 0;
  for (const [key, bytes] of expected) if (actual.get(key) !== bytes) different++;
  assert.equal(different, 0, `${different} of ${expected.size} results differ`);
}
