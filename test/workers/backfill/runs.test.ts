import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '../../../shared/stream/log.ts';
import { PINS_TOPIC } from '../../../shared/stream/pins-topic.ts';
import { readBook } from '../../../workers/backfill/book.ts';
import { BookFollower } from '../../../workers/backfill/follow.ts';
import type { PlanRequest } from '../../../workers/backfill/plan.ts';
import type { Schedule } from '../../../workers/backfill/run.ts';
import {
  cancelRun,
  completeRun,
  dueNext,
  listRuns,
  pauseRun,
  planRun,
  previewRun,
  resumeRun,
  scheduleRuns,
  startRun,
  startScheduled,
  unschedule,
} from '../../../workers/backfill/runs.ts';
import { ofCode, untilTrue } from '../../support/assertions.ts';
import { pinOf } from '../../support/pin.ts';
import { publish, registry, withLog } from '../made.ts';
import { publishTaxonomies } from './made.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const BY = { by: 'test', time: NOON };

const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  ...{ reason: 'the test', by: 'test', generation: 0 },
  ...more,
});

/** A log with a corpus in two partitions, and two taxonomies. */
async function withCorpus(use: (log: Log, ends: number[]) => Promise<void>): Promise<void> {
  await withLog(async (log) => {
    await publish(
      log,
      Array.from({ length: 20 }, (_, i) => pinOf({ id: `P${i}`, createdAt: i })),
    );
    for (const createdAt of [1000, 2000])
      await publish(
        log,
        Array.from({ length: 20 }, (_, i) => pinOf({ id: `P${i}`, createdAt })),
      );
    await publishTaxonomies(log, 't1', 't2');
    await use(log, await log.endOffsets(PINS_TOPIC));
  });
}

describe('planning a run', () => {
  test('takes the whole corpus as it is, the newest taxonomy and the date for its name', async () => {
    await withCorpus(async (log, ends) => {
      const { plan, state } = await planRun({ log, registry }, request(), NOON);
      assert.deepEqual(plan, {
        ...{ run: '2026-01-31', reason: 'the test', by: 'test', planned: NOON, order: NOON, taxonomy: 't2' },
        ...{ model: null, generation: 0, shadow: false, learns: true, maxLag: 200, schedule: null },
        ranges: ends.map((to, partition) => ({ partition, from: 0, to })),
      });
      assert.equal(state, 'planned');
      const second = await planRun({ log, registry }, request({ taxonomy: 't1' }), NOON);
      assert.deepEqual(
        [second.plan.run, second.plan.order, second.plan.taxonomy],
        ['2026-01-31-2', NOON + 1, 't1'],
      );
      await assert.rejects(
        planRun({ log, registry }, request({ run: '2026-01-31' })),
        ofCode('RUN_REFUSED', /taken/),
      );
      assert.deepEqual(
        (await listRuns({ log, registry })).runs.map((run) => run.plan.run),
        ['2026-01-31', '2026-01-31-2'],
      );
    });
  });

  test('takes partitions, times or offsets of it, and then nothing is learnt from it', async () => {
    await withCorpus(async (log, ends) => {
      const rangesOf = async (more: Partial<PlanRequest>) => {
        const { plan } = await planRun({ log, registry }, { ...request(more) });
        assert.deepEqual([plan.learns, plan.generation], [false, 0]);
        return plan.ranges;
      };
      assert.deepEqual(await rangesOf({ partitions: [1] }), [{ partition: 1, from: 0, to: ends[1] }]);
      const since = await rangesOf({ since: 1000 });
      assert.deepEqual(since, [
        { partition: 0, from: 1, to: 3 },
        { partition: 1, from: 1, to: 3 },
      ]);
      assert.deepEqual(await rangesOf({ since: 1000, until: 2000, partitions: [0] }), [
        { partition: 0, from: 1, to: 2 },
      ]);
      const ranges = [{ partition: 1, from: 1, to: 2 }];
      assert.deepEqual(await rangesOf({ ranges }), ranges);
      const { plan } = await planRun(
        { log, registry },
        { reason: 'r', by: 'b', partitions: [0], shadow: true },
      );
      assert.deepEqual([plan.learns, plan.generation, plan.shadow], [false, null, true]);
    });
  });

  test('refuses what cannot be, naming it', async () => {
    await withCorpus(async (log) => {
      const refused = (more: object, message: RegExp): Promise<void> =>
        assert.rejects(planRun({ log, registry }, request(more)), ofCode('CONFIG_INVALID', message));
      await refused({ reason: ' ' }, /^reason: a run has a reason/);
      await refused({ run: 'a/b' }, /^run: a run has a name/);
      await refused({ partitions: [2] }, /^p2i-pins-2: p2i-pins has 2 partitions/);
      await refused({ ranges: [{ partition: 0, from: 0, to: 99 }] }, /^p2i-pins-0: it ends at 3/);
      await refused(
        { ranges: [{ partition: 0, from: 2, to: 1 }] },
        /^ranges.0: a range ends before it begins/,
      );
      const twice = [
        { partition: 0, from: 0, to: 1 },
        { partition: 0, from: 1, to: 2 },
      ];
      await refused({ ranges: twice }, /^p2i-pins-0: a partition has one range/);
      await refused({ ranges: twice.slice(0, 1), since: 5 }, /^ranges: it excludes/);
      await refused({ since: 5000 }, /there is nothing to copy/);
      await refused({ taxonomy: 't3' }, /it is not live; live are: t1, t2/);
      await refused({ unknown: 1 }, /nrecognized key/);
      await assert.rejects(
        planRun({ log, registry }, { reason: 'r', by: 'b' }),
        ofCode('CONFIG_INVALID', /^generation: no run over the whole corpus with taxonomy t2 is complete/),
      );
      assert.equal((await readBook({ log, registry })).runs.size, 0);
    });
  });

  test('reads the generation that the last complete run of its taxonomy has built, and says by it what a run takes', async () => {
    await withCorpus(async (log) => {
      const runs = { log, registry };
      const ending = async (more: Partial<PlanRequest>, ranFor: number): Promise<void> => {
        const { plan } = await planRun(runs, request(more), NOON);
        await startRun(runs, plan.run, BY);
        await completeRun(runs, plan.run, 60, { by: 'ledger', time: NOON + ranFor });
      };
      await ending({ taxonomy: 't1', generation: 4 }, 9000);
      await ending({ partitions: [0], generation: 7 }, 4000);
      const next = await previewRun(runs, { reason: 'r', by: 'b', taxonomy: 't1' });
      assert.equal(next.plan.generation, 5);
      // By the last run, which took half of it.
      assert.deepEqual(next.estimate, { records: 6, pins: 120, seconds: 8 });
      await assert.rejects(previewRun(runs, { reason: 'r', by: 'b' }), ofCode('CONFIG_INVALID'));
      assert.equal((await readBook(runs)).runs.size, 2, 'a preview records nothing');
    });
  });
});

describe('changing a run', () => {
  test('is recorded, may be repeated, and is seen by who follows', async () => {
    await withCorpus(async (log) => {
      const runs = { log, registry };
      const follower = await BookFollower.open(runs);
      const stopping = new AbortController();
      let changes = 0;
      const following = follower.follow(
        stopping.signal,
        () => changes++,
        (error) => assert.fail(error),
      );
      await planRun(runs, request({ run: 'r1' }));
      const states: string[] = [];
      for (const change of [startRun, startRun, pauseRun, resumeRun, cancelRun, cancelRun])
        states.push((await change(runs, 'r1', BY)).state);
      assert.deepEqual(states, ['running', 'running', 'paused', 'running', 'cancelled', 'cancelled']);
      await assert.rejects(resumeRun(runs, 'r1', BY), ofCode('RUN_REFUSED'));
      await assert.rejects(startRun(runs, 'r2', BY), ofCode('RUN_UNKNOWN', /^run r2: there are r1/));
      assert.equal((await completeRun(runs, 'r1', 1, BY)).state, 'cancelled');
      // The embedded log never waits: following it takes turns of the event loop.
      await untilTrue(() => follower.book.runs.get('r1')?.state === 'cancelled', 5000);
      assert.ok(changes > 0);
      stopping.abort();
      await following;
      await follower.close();
    });
  });
});

describe('a schedule', () => {
  const daily: Schedule = {
    ...{ name: 'daily', cron: '0 2 * * *', reason: 'the daily run', by: 'test', made: NOON },
    ...{ taxonomy: 't1', model: null, generation: 0, maxLag: 9 },
  };

  test('plans and starts a run that is named by when it was due, once, and one after another', async () => {
    await withCorpus(async (log) => {
      const runs = { log, registry };
      await scheduleRuns(runs, daily);
      const due = Date.UTC(2026, 1, 1, 2);
      const run = await startScheduled(runs, 'daily', due);
      assert.deepEqual(
        [run?.plan.run, run?.state, run?.plan.by, run?.plan.schedule, run?.plan.generation, run?.plan.maxLag],
        ['daily-2026-02-01-0200', 'running', 'schedule daily', 'daily', 0, 9],
      );
      assert.equal(await startScheduled(runs, 'daily', due), undefined);
      assert.equal(
        await startScheduled(runs, 'daily', due + 86_400_000),
        undefined,
        'the first has not ended',
      );
      await completeRun(runs, run!.plan.run, 60, BY);
      assert.equal(await startScheduled(runs, 'daily', due), undefined, 'it fired twice');
      const next = await startScheduled(runs, 'daily', due + 86_400_000);
      assert.deepEqual([next?.plan.run, next?.plan.generation], ['daily-2026-02-02-0200', 1]);
    });
  });

  test('is recorded until it is ended', async () => {
    await withCorpus(async (log) => {
      const runs = { log, registry };
      await assert.rejects(
        async () => scheduleRuns(runs, { ...daily, cron: 'at two' }),
        ofCode('CONFIG_INVALID'),
      );
      await scheduleRuns(runs, daily);
      await scheduleRuns(runs, { ...daily, cron: '0 3 * * *' });
      const { schedules } = await listRuns(runs);
      assert.deepEqual(schedules, [{ ...daily, cron: '0 3 * * *' }]);
      assert.equal(dueNext(schedules[0], NOON), Date.UTC(2026, 1, 1, 3));
      await unschedule(runs, 'daily', true);
      await unschedule(runs, 'daily');
      await assert.rejects(
        unschedule(runs, 'daily'),
        ofCode('RUN_UNKNOWN', /^schedule daily: there are none/),
      );
      assert.equal(await startScheduled(runs, 'daily', NOON), undefined);
    });
  });
});
