import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Pin } from '../../shared/pins/pin.ts';
import { PINS_TOPIC } from '../../shared/stream/pins-topic.ts';
import { readBook } from '../../workers/backfill/book.ts';
import { isExact, LedgerFollower } from '../../workers/backfill/ledger.ts';
import { copyJobId, openQueue, type BackfillQueue } from '../../workers/backfill/queue.ts';
import {
  cancelRun,
  pauseRun,
  planRun,
  resumeRun,
  retryRun,
  runStatus,
  scheduleRuns,
  startRun,
  unschedule,
  type RunStatus,
} from '../../workers/backfill/runs.ts';
import { batchLaneLag } from '../../workers/pools/lag.ts';
import { BATCH_PINS_TOPIC } from '../../workers/replay.ts';
import { ofCode, untilTrue } from '../support/assertions.ts';
import { brokersAvailable } from '../support/brokers/files.ts';
import { redisAvailable, startRedis, type RedisServer } from '../support/brokers/redis.ts';
import { assertExact, ledgerOf } from '../support/exactly-once.ts';
import { p2i } from '../support/p2i.ts';
import { Pipeline, tatePins, type WorkerProcess } from '../support/pipeline.ts';
import { seeded } from '../support/random.ts';
import { by, copiedOf, redisAt, untilCopied, untilState } from '../support/runs.ts';
import { scaled } from '../support/scale.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';

const PARTITIONS = 4;
/** In CI every n-th Pin of the Tate sample, and the upper levels of its taxonomy; else all. */
const EVERY_NTH = scaled(100, 1);
const PINS_A_RECORD = scaled(4, 32);
const SEEDS = scaled([1], [1, 2, 3, 4, 5]);
const TIMEOUT_S = scaled(120, 900);
/** Offsets that the pools may be behind: so few that copying takes as long as classifying. */
const MAX_LAG = scaled(8, 20);
const PATIENCE_MS = 60_000;

type Kill = 'backfill worker' | 'stage worker' | 'Redis' | 'Redis, which comes back empty';
const KILLS: readonly Kill[] = ['backfill worker', 'stage worker', 'Redis', 'Redis, which comes back empty'];

const [brokers, redisThere] = [brokersAvailable(), redisAvailable()];
const why = !brokers.available ? brokers.why : !redisThere.available && redisThere.why;

describe('runs', { skip: why }, () => {
  let pipeline: Pipeline;
  let redis: RedisServer;
  let pins: Pin[];
  const backfill: WorkerProcess[] = [];
  const stages: WorkerProcess[] = [];
  let stores = 0;

  const startBackfill = (): number => backfill.push(pipeline.backfillWorker(redis.url));
  const startStage = (): number =>
    stages.push(pipeline.worker(['candidates', 'features', 'ranking'], { store: `fused-${stores++}` }));
  const request = (run: string, more: object = {}) => ({
    ...{ run, reason: 'the test', by: 'test', generation: 0, maxLag: MAX_LAG, ...more },
  });

  before(async () => {
    const taxonomy = scaled(await smallTaxonomy(), undefined);
    [pipeline, redis] = await Promise.all([
      Pipeline.start({ partitions: PARTITIONS, ...(taxonomy && { taxonomy }) }),
      startRedis(),
    ]);
    pins = await tatePins(EVERY_NTH);
    await pipeline.publish(pins, PINS_A_RECORD);
    for (let i = 0; i < 2; i++) startBackfill();
    for (let i = 0; i < scaled(1, 2); i++) startStage();
    pipeline.worker(['publishing'], { store: 'publishing' });
    await Promise.all([...backfill, ...stages].map((worker) => worker.logged('working')));
  });
  after(async () => {
    await pipeline.close();
    await redis.close();
  });

  /** The run as commands see it, its ledger caught up. */
  async function look(run: string): Promise<RunStatus> {
    const connection = await redisAt(redis.url);
    const queue = openQueue(connection);
    try {
      await new LedgerFollower(pipeline.log, pipeline.registry, connection).catchUp();
      return await runStatus(pipeline, { redis: connection, queue }, run);
    } finally {
      await queue.close();
      connection.disconnect();
    }
  }

  /** The run is complete, its ledger exact, and p2i-results has each Pin of it once. */
  async function assertComplete(run: string): Promise<RunStatus> {
    const { pins: counted } = await untilState(pipeline, run, 'complete', TIMEOUT_S).catch(
      async (error: unknown) => {
        throw new Error(`${JSON.stringify(await look(run))}\n${await pipeline.describe()}`, { cause: error });
      },
    );
    assert.equal(counted, pins.length);
    const status = await look(run);
    assert.ok(status.exact);
    const { pinsIn, results, superseded, deadLetters } = status.ledger.total;
    assert.deepEqual([pinsIn, deadLetters, results + superseded], [pins.length, 0, pins.length]);
    assert.equal(status.records.copied, status.records.total);
    assertExact(await ledgerOf(pipeline, run, pins), run);
    return status;
  }

  /** The queue as commands have it. */
  async function queueFor(t: TestContext): Promise<BackfillQueue> {
    const connection = await redisAt(redis.url);
    const queue = openQueue(connection);
    t.after(async () => {
      await queue.close();
      connection.disconnect();
    });
    return queue;
  }

  /** While the pools stand still, copying ends where the lag is too great: the run is neither at its beginning nor its end. */
  async function startHalfway(run: string): Promise<() => void> {
    for (const { child } of stages) child.kill('SIGSTOP');
    await planRun(pipeline, request(run));
    await startRun(pipeline, run, by());
    await untilCopied(pipeline, run, 1, TIMEOUT_S);
    return () => {
      for (const { child } of stages) child.kill('SIGCONT');
    };
  }

  async function kill(what: Kill, random: () => number): Promise<void> {
    switch (what) {
      case 'backfill worker':
        await backfill.splice(Math.floor(random() * backfill.length), 1)[0].kill();
        startBackfill();
        return;
      case 'stage worker':
        await stages.splice(Math.floor(random() * stages.length), 1)[0].kill();
        startStage();
        return;
      default:
        await redis.kill();
        await sleep(500 + 2000 * random());
        await redis.restart({ empty: what !== 'Redis' });
    }
  }

  for (const seed of SEEDS) {
    test(`a daily run with 4 random kills ends with an exact ledger (seed ${seed})`, async (t) => {
      const random = seeded(seed);
      const run = `seed-${seed}`;
      const began = performance.now();
      const { plan } = await planRun(pipeline, request(run));
      await startRun(pipeline, run, by());
      const offsets = plan.ranges.reduce((sum, { to }) => sum + to, 0);
      const shares = KILLS.map(() => 0.05 + 0.85 * random()).sort((a, b) => a - b);
      const killed: string[] = [];
      for (const [i, what] of shuffled(KILLS, random).entries()) {
        await untilCopied(pipeline, run, shares[i] * offsets, TIMEOUT_S);
        await kill(what, random);
        killed.push(`${what} at ${Math.round(100 * shares[i])} %`);
      }
      const { ledger } = await assertComplete(run);
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const { pinsIn, results, superseded, deadLetters } = ledger.total;
      t.diagnostic(
        `seed ${seed}: ${pinsIn} Pins in = ${results} results + ${superseded} superseded + ${deadLetters} dead letters, in ${seconds} s; killed ${killed.join(', ')}`,
      );
    });
  }

  test('what was aborted is no lag that copying would wait for for ever', async () => {
    const kafka = new kafkajs.Kafka({
      brokers: pipeline.cluster.bootstrap,
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = kafka.producer({ transactionalId: 'aborting', maxInFlightRequests: 1 });
    await producer.connect();
    const before = await pipeline.log.endOffsets(BATCH_PINS_TOPIC);
    const transaction = await producer.transaction();
    const messages = Array.from({ length: 40 }, (_, i) => ({ partition: i % PARTITIONS, value: 'aborted' }));
    await transaction.send({ topic: BATCH_PINS_TOPIC, messages });
    await transaction.abort();
    await producer.disconnect();
    await untilTrue(async () => {
      const ends = await pipeline.log.endOffsets(BATCH_PINS_TOPIC);
      return ends.every((end, partition) => end > before[partition] + messages.length / PARTITIONS);
    }, PATIENCE_MS);
    await untilTrue(async () => (await batchLaneLag(pipeline.log)) === 0, PATIENCE_MS);
  });

  test('runs that are planned at once have names and orders of their own', async () => {
    const unnamed = { reason: 'the test', by: 'test', generation: 0 };
    const runs = await Promise.all([1, 2, 3].map(() => planRun(pipeline, unnamed)));
    const names = runs.map(({ plan }) => plan.run).sort();
    const date = names[0];
    assert.deepEqual(names, [date, `${date}-2`, `${date}-3`]);
    assert.equal(new Set(runs.map(({ plan }) => plan.order)).size, 3);
    const book = await readBook(pipeline);
    assert.ok(names.every((name) => book.runs.get(name)?.state === 'planned'));
  });

  test('a run that is paused copies nothing until it is resumed, then all the rest', async (t) => {
    const goOn = await startHalfway('pausing');
    await pauseRun(pipeline, 'pausing', by());
    const queue = await queueFor(t);
    await untilTrue(async () => (await queue.getDelayedCount()) === PARTITIONS, PATIENCE_MS);
    const copied = await copiedOf(pipeline, 'pausing');
    goOn();
    await pipeline.untilConsumed('p2i-candidates-features-ranking', BATCH_PINS_TOPIC, TIMEOUT_S);
    await sleep(1000);
    const paused = await look('pausing');
    assert.deepEqual([paused.run.state, paused.records.copied], ['paused', copied]);
    assert.ok(copied < paused.records.total);
    await resumeRun(pipeline, 'pausing', by());
    await assertComplete('pausing');
  });

  test('a run that is cancelled copies nothing more, leaves no job, and cannot be resumed', async (t) => {
    const goOn = await startHalfway('cancelling');
    await cancelRun(pipeline, 'cancelling', by());
    const queue = await queueFor(t);
    await untilTrue(async () => {
      const counts = await queue.getJobCounts('active', 'waiting', 'delayed');
      return Object.values(counts).every((jobs) => jobs === 0);
    }, PATIENCE_MS);
    const copied = await copiedOf(pipeline, 'cancelling');
    goOn();
    await pipeline.untilConsumed('p2i-candidates-features-ranking', BATCH_PINS_TOPIC, TIMEOUT_S);
    await sleep(1000);
    assert.equal(await copiedOf(pipeline, 'cancelling'), copied);
    const { run, records, exact } = await look('cancelling');
    assert.deepEqual([run.state, exact, records.copied < records.total], ['cancelled', false, true]);
    await assert.rejects(resumeRun(pipeline, 'cancelling', by()), ofCode('RUN_REFUSED'));
    await assert.rejects(retryRun(pipeline, queue, 'cancelling'), ofCode('RUN_REFUSED'));
  });

  test('a job that brokers refuse fails for good, and is done when it is retried', async (t) => {
    const setMaxBytes = maxBytesOf(pipeline);
    await setMaxBytes('100');
    await planRun(pipeline, request('retrying', { maxLag: 200 }));
    await startRun(pipeline, 'retrying', by());
    const queue = await queueFor(t);
    await untilTrue(async () => (await queue.getFailedCount()) === PARTITIONS, PATIENCE_MS);
    for (const { failed } of (await look('retrying')).ranges)
      assert.match(failed ?? '', /^BROKER_REFUSED p2i-batch-pins/);
    await setMaxBytes(String(8 << 20));
    // What its leader is told of the topic's settings it heeds a moment later.
    await sleep(500);
    assert.deepEqual(await retryRun(pipeline, queue, 'retrying'), [0, 1, 2, 3]);
    await assertComplete('retrying');
    await assert.rejects(retryRun(pipeline, queue, 'retrying'), ofCode('RUN_REFUSED'));
    assert.equal(await (await queue.getJob(copyJobId('retrying', 0)))?.getState(), 'completed');
  });

  test('a schedule plans and starts a run when it is due, one at a time', async () => {
    const schedule = { name: 'often', cron: '*/2 * * * * *', reason: 'the test', by: 'test', made: 0 };
    await scheduleRuns(pipeline, { ...schedule, taxonomy: null, model: null, generation: 0, maxLag: 200 });
    const scheduled = async () =>
      [...(await readBook(pipeline)).runs.values()].filter((run) => run.plan.schedule === 'often');
    await untilTrue(async () => (await scheduled()).length > 0, PATIENCE_MS);
    await unschedule(pipeline, 'often');
    const [{ plan }] = await scheduled();
    assert.match(plan.run, /^often-\d{4}-\d\d-\d\d-\d{4}$/);
    await assertComplete(plan.run);
    assert.equal((await scheduled()).length, 1);
  });

  test('a backfill of some partitions classifies their Pins alone', async () => {
    const plan = ['backfill', 'plan', '--run', 'part', '--reason', 'a test', '--partitions', '1,3'];
    const planned = await p2i([...plan, ...pipeline.connection, '--json']);
    assert.equal(planned.stderr, '');
    const { ranges, learns, generation } = JSON.parse(planned.stdout).plan;
    assert.deepEqual(
      [ranges.map(({ partition }: { partition: number }) => partition), learns, generation],
      [[1, 3], false, null],
    );
    const started = await p2i(['backfill', 'start', 'part', ...pipeline.connection]);
    assert.equal(started.stdout, 'run part is running\n');
    await untilState(pipeline, 'part', 'complete', TIMEOUT_S);
    const shown = await p2i(['backfill', 'status', 'part', ...pipeline.connection, '--redis', redis.url]);
    assert.match(shown.stdout, /^run {9}part\n[^]*\nstate {7}complete [^]* \+ 0 left: exact\n$/);
    const { ledger, ranges: lines } = await look('part');
    const results = (await pipeline.records('p2i-results')).filter(({ headers }) => headers.run === 'part');
    assert.equal(results.length, ledger.total.pinsIn);
    assert.deepEqual([...new Set(results.map(({ partition }) => partition))].sort(), [1, 3]);
    assert.ok(isExact({ ...ledger, partitions: lines.map(({ ledger: line }) => line) }));
  });

  test('SIGTERM ends a backfill worker within its grace, and another one takes its jobs up', async () => {
    const goOn = await startHalfway('stopping');
    for (const code of await Promise.all(backfill.splice(0).map((worker) => worker.stop())))
      assert.equal(code, 0);
    assert.equal((await readBook(pipeline)).runs.get('stopping')?.state, 'running');
    startBackfill();
    goOn();
    await assertComplete('stopping');
    const ends = (await pipeline.records(BATCH_PINS_TOPIC)).filter(
      ({ headers }) => headers.run === 'stopping' && headers['run-end'] === 'true',
    );
    assert.deepEqual(ends.map(({ partition }) => partition).sort(), [0, 1, 2, 3]);
    assert.equal((await pipeline.log.endOffsets(PINS_TOPIC)).length, PARTITIONS);
  });
});

/** Sets the size of records that p2i-batch-pins takes. */
function maxBytesOf({ cluster }: Pipeline): (bytes: string) => Promise<void> {
  return async (bytes) => {
    const admin = new kafkajs.Kafka({
      brokers: cluster.bootstrap,
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const configEntries = [
      { name: 'max.message.bytes', value: bytes },
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ];
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: BATCH_PINS_TOPIC, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    await admin.disconnect();
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
