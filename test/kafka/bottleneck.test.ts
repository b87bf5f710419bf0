import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pin } from '../../shared/pins/pin.ts';
import { pinsTopic } from '../../shared/stream/pins-topic.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { runHeaders } from '../../workers/headers.ts';
import type { Bottleneck } from '../../workers/pools/bottleneck.ts';
import type { PoolStatus } from '../../workers/pools/status.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { plainEnvironment } from '../support/environment.ts';
import { Pipeline, portOf, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { Prometheus, prometheusAvailable } from '../support/prometheus.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const PARTITIONS = 2;
/** Pins come in records of so many, so often: 300 a second. A pool that is slowed does 200 at most. */
const RECORD_PINS = 75;
const RECORD_MS = 250;
const SLOW_MS = 5;
/** What is asked for: from when a stage gets slow until it is named. */
const NAMED_WITHIN_S = 30;
/** How long is watched that none is named while nothing is slow: longer than any of the windows. */
const CALM_S = 20;
const STAGES: readonly StageName[] = ['candidates', 'features', 'ranking'];
/** Those that are slowed, one after the other. */
const SLOWED = scaled<readonly StageName[]>(['features'], STAGES);
const RULES = join(import.meta.dirname, '../../deploy/prometheus/alerts/bottleneck.yml');
const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const PROGRAM = join(import.meta.dirname, '../support/slow-worker.ts');

const [brokers, prometheus] = [brokersAvailable(), prometheusAvailable()];
const missing = [brokers, prometheus].find((part) => !part.available);

describe('the bottleneck', { skip: missing?.available === false && missing.why }, () => {
  let pipeline: Pipeline;
  let scraper: Prometheus;
  let status: WatchedStatus;
  const workers = new Map<StageName, WorkerProcess>();
  const stopping = new AbortController();
  let trickling: Promise<void>;

  before(async () => {
    pipeline = await Pipeline.start({ partitions: PARTITIONS, taxonomy: await smallTaxonomy() });
    for (const stage of [...STAGES, 'publishing'] as const) {
      const options = { program: PROGRAM, more: ['--port', '0'], env: { P2I_TEST_SLOW_MS: String(SLOW_MS) } };
      workers.set(stage, pipeline.worker([stage], options));
    }
    await Promise.all([...workers.values()].map((worker) => worker.logged('"working"')));
    scraper = await Prometheus.start([...workers.values()].map(portOf), [RULES]);
    trickling = trickle(await tatePins(40));
    status = new WatchedStatus(pipeline.connection);
    while (status.last.pools.length < workers.size) await sleep(100);
  });
  after(async () => {
    stopping.abort();
    await trickling;
    await status.close();
    await scraper.close();
    await pipeline.close();
  });

  /** Writes Pins of a run at an even pace. */
  async function trickle(pins: readonly Pin[]): Promise<void> {
    const topic = pinsTopic(pipeline.registry);
    const headers = runHeaders({
      run: 'r1',
      order: 1,
      lane: 'batch',
      taxonomy: pipeline.taxonomy,
      generation: 0,
    });
    for (let n = 0, next = performance.now(); !stopping.signal.aborted; n++, next += RECORD_MS) {
      const from = (n * RECORD_PINS) % (pins.length - RECORD_PINS);
      const value = topic.encode({ pins: pins.slice(from, from + RECORD_PINS) });
      const transaction = pipeline.log.transaction();
      transaction.append(BATCH_PINS_TOPIC, n % PARTITIONS, { key: '', timestamp: n, headers, value });
      await transaction.commit();
      await sleep(Math.max(0, next + RECORD_MS - performance.now()));
    }
  }

  /** The pools that the alert names. */
  async function alerted(): Promise<string[]> {
    return (await scraper.firing()).map(({ group }) => group);
  }

  /** Waits until `status` and the alert name the pool and no other. @throws where that takes too long */
  async function untilNamed(group: string, t: TestContext): Promise<void> {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    const named: { status?: number; alert?: number } = {};
    while (named.status === undefined || named.alert === undefined) {
      const { bottleneck } = status.last;
      const alerts = await alerted();
      if (bottleneck?.group === group && named.status === undefined) {
        named.status = seconds();
        t.diagnostic(bottleneck.words);
      }
      if (String(alerts) === group) named.alert ??= seconds();
      if (seconds() > NAMED_WITHIN_S) {
        const figures = [...(await scraper.query('{__name__=~"group:.*"}', '__name__'))];
        const seen = JSON.stringify({ named, alerts, figures, ...status.last }, undefined, 1);
        assert.fail(`${group} was not named within ${NAMED_WITHIN_S} s: ${seen}`);
      }
      await sleep(250);
    }
    t.diagnostic(
      `status names it after ${named.status.toFixed(0)} s, the alert after ${named.alert.toFixed(0)} s`,
    );
  }

  test('is none while every pool keeps up', async (t) => {
    const until = performance.now() + CALM_S * 1000;
    while (performance.now() < until) {
      assert.equal(status.last.bottleneck, null, status.last.bottleneck?.words);
      assert.deepEqual(await alerted(), []);
      await sleep(1000);
    }
    const { pools: last } = status.last;
    assert.deepEqual(
      last.map(({ group, workers: alive }) => [group, alive]),
      ['p2i-candidates', 'p2i-features', 'p2i-ranking', 'p2i-publishing'].map((group) => [group, 1]),
    );
    for (const { group, pinsPerSecond, busyShare } of last)
      t.diagnostic(`${group}: ${pinsPerSecond.toFixed(0)} Pins/s, ${(100 * busyShare).toFixed(0)} % busy`);
    for (const { pinsPerSecond } of last) assert.ok(pinsPerSecond > 150, 'Pins come through all pools');
  });

  for (const stage of SLOWED) {
    test(`is ${stage}, said by status and by the alert, within ${NAMED_WITHIN_S} s of its slowing`, async (t) => {
      const { child } = workers.get(stage)!;
      child.kill('SIGUSR2');
      try {
        await untilNamed(`p2i-${stage}`, t);
      } finally {
        child.kill('SIGUSR2');
      }
    });
  }
});

interface Status {
  pools: PoolStatus[];
  bottleneck: Bottleneck | null;
}

/** What `p2i status --watch --json` says. */
class WatchedStatus {
  last: Status = { pools: [], bottleneck: null };
  readonly #child: ChildProcess;

  constructor(connection: readonly string[]) {
    const args = [MAIN, 'status', '--watch', '--json', ...connection];
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: plainEnvironment(),
    });
    createInterface(this.#child.stdout!).on('line', (line) => {
      this.last = JSON.parse(line) as Status;
    });
  }

  async close(): Promise<void> {
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
