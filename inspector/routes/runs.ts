import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PLAN_REQUEST, type PlanRequest } from '../../workers/backfill/plan.ts';
import {
  cancelRun,
  dueNext,
  listRuns,
  pauseRun,
  planRun,
  previewRun,
  resumeRun,
  retryRun,
  runStatus,
  startRun,
  statusOf,
  type RunStatus,
} from '../../workers/backfill/runs.ts';
import type { ApiPlannedRun, ApiRun, ApiRuns } from '../api.ts';
import { Events } from '../events.ts';
import { paramsOf } from '../http.ts';
import type { Parts } from '../parts.ts';

/** Between two looks while a page follows, ms. */
const LOOK_MS = 2000;
/** Runs that are shown. */
const SHOWN = 20;
/** Who did what is done here. */
const BY = 'inspector';

const planBody = PLAN_REQUEST.omit({ by: true }).extend({ dryRun: z.boolean() });
const changeParams = z.strictObject({
  run: z.string().min(1).max(64),
  change: z.enum(['start', 'pause', 'resume', 'cancel']),
});
const retryParams = changeParams.pick({ run: true });

const CHANGES = { start: startRun, pause: pauseRun, resume: resumeRun, cancel: cancelRun };

/** Runs: list, plan, start, pause, resume, cancel, retry. What `p2i backfill` does. */
export function runRoutes(server: FastifyInstance, runs: NonNullable<Parts['runs']>): void {
  const look = async (): Promise<ApiRuns> => {
    const { runs: all, schedules } = await listRuns(runs);
    const latest = all.slice(-SHOWN).reverse();
    const now = Date.now();
    return {
      runs: await Promise.all(latest.map(async (run) => runOf(await statusOf(runs, runs, run)))),
      older: all.length - latest.length,
      schedules: schedules.map((schedule) => {
        const { name, cron, reason } = schedule;
        return { name, cron, reason, next: dueNext(schedule, now) ?? null };
      }),
    };
  };
  const events = new Events(look, LOOK_MS);
  server.addHook('onClose', () => events.close());
  server.get('/v1/runs', look);
  server.get('/v1/runs/events', (_request, reply) => events.follow(reply));

  server.post('/v1/runs', async (request): Promise<ApiPlannedRun> => {
    const { dryRun, ...asked } = planBody.parse(request.body);
    // Fields that are absent are absent there too, which zod's types do not say.
    const planned = { ...asked, by: BY } as PlanRequest;
    const { plan, estimate } = await previewRun(runs, planned);
    const made = dryRun ? plan : (await planRun(runs, planned)).plan;
    const { run, taxonomy, generation, ranges } = made;
    return { dryRun, run, taxonomy, generation, partitions: ranges.length, ...estimate };
  });

  server.post('/v1/runs/:run/retry', async (request) => {
    const { run } = paramsOf(request, retryParams);
    return { partitions: await retryRun(runs, runs.queue, run) };
  });

  server.post('/v1/runs/:run/:change', async (request): Promise<ApiRun> => {
    const { run, change } = paramsOf(request, changeParams);
    await CHANGES[change](runs, run, { by: BY, time: Date.now() });
    return runOf(await runStatus(runs, runs, run));
  });
}

function runOf({ run, ranges, records, ledger, ...status }: RunStatus): ApiRun {
  const { plan, state, since, started } = run;
  const { total, left } = ledger;
  const { reason, by, planned, taxonomy, model, generation, shadow, schedule } = plan;
  return {
    ...{ run: plan.run, reason, by, planned, taxonomy, model, generation, shadow, schedule },
    ...{ state, since, started, records, left },
    ...status,
    ...{ pinsIn: total.pinsIn, results: total.results },
    ...{ superseded: total.superseded, deadLetters: total.deadLetters },
    ranges: ranges.map(({ partition, from, to, copied, failed, ledger: line }) => ({
      ...{ partition, from, to, copied, failed, pinsIn: line.pinsIn, results: line.results },
      ...{ superseded: line.superseded, deadLetters: line.deadLetters },
    })),
  };
}
