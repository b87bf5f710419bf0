import { P2iError } from '../../shared/errors/errors.ts';
import type { Headers } from '../../shared/stream/log.ts';
import { runHeaders } from '../headers.ts';
import type { Range } from '../replay.ts';

/** What a run is to do. It never changes. Exactly the fields of schemas/p2i-runs.avsc. */
export interface RunPlan {
  /** Its name, which results carry: the date, unless it was given one. */
  run: string;
  /** Why, for people. */
  reason: string;
  /** Who planned it. */
  by: string;
  /** Milliseconds since 1970. */
  planned: number;
  /** Grows from run to run: of two results of a Pin, that of the later run stays. */
  order: number;
  /** Published taxonomy version. */
  taxonomy: string;
  /** Version of the ranking model; null: the first that the workers hold. */
  model: string | null;
  /** Of the co-occurrence store; null: the newest when a record is read. */
  generation: number | null;
  /** True: its results go to p2i-results-shadow. */
  shadow: boolean;
  /** True: the next generation of the co-occurrence store is built from it. It takes the whole corpus for that. */
  learns: boolean;
  /** Copying waits while a pool of the batch lane is further behind in a partition, offsets. */
  maxLag: number;
  /** Name of the schedule that planned it. */
  schedule: string | null;
  /** One a partition. Their ends are fixed: what is published later belongs to the next run. */
  ranges: Range[];
}

/**
 * `planned` → `running` ⇄ `paused` → `complete`, and from each of them but the last → `cancelled`. Both of these are the
 * end of a run.
 */
export type RunState = 'planned' | 'running' | 'paused' | 'cancelled' | 'complete';

/** A run as it is. Exactly the fields of schemas/p2i-runs.avsc. */
export interface Run {
  plan: RunPlan;
  state: RunState;
  /** When it came into that state, milliseconds since 1970. */
  since: number;
  /** Who brought it there. */
  changedBy: string;
  /** When it was started. */
  started: number | null;
  /** Milliseconds that it was running before it came into that state. */
  ranFor: number;
  /** Of a complete run: how many Pins it classified. */
  pins: number | null;
}

/** What brings a run into another state. */
export type RunChange = 'start' | 'pause' | 'resume' | 'cancel' | 'complete';

/** By change: from where to where. */
const CHANGES: Readonly<Record<RunChange, { from: readonly RunState[]; to: RunState }>> = {
  start: { from: ['planned'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['planned', 'running', 'paused'], to: 'cancelled' },
  complete: { from: ['running', 'paused'], to: 'complete' },
};

/** A run that was just planned. */
export function plannedRun(plan: RunPlan): Run {
  const { planned: since, by: changedBy } = plan;
  return { plan, state: 'planned', since, changedBy, started: null, ranFor: 0, pins: null };
}

/**
 * The run after a change; the same one where it is there already, so that a command may be repeated.
 *
 * @param by who changes it
 * @param time milliseconds since 1970
 * @throws P2iError RUN_REFUSED where there is no way from its state to there
 */
export function changed(run: Run, change: RunChange, by: string, time: number): Run {
  const { from, to } = CHANGES[change];
  if (run.state === to) return run;
  if (!from.includes(run.state)) {
    const message = `it is ${run.state}; only a run that is ${from.join(' or ')} can become ${to}`;
    throw new P2iError('RUN_REFUSED', message, { where: `run ${run.plan.run}` });
  }
  return {
    ...run,
    state: to,
    since: time,
    changedBy: by,
    started: run.started ?? (to === 'running' ? time : null),
    ranFor: ranFor(run, time),
  };
}

/** How long the run has been running until then, milliseconds. */
export function ranFor({ state, since, ranFor: before }: Run, time: number): number {
  return before + (state === 'running' ? Math.max(0, time - since) : 0);
}

/** True where nothing can happen to it any more. */
export function hasEnded({ state }: Run): boolean {
  return state === 'cancelled' || state === 'complete';
}

/** The headers of its records. */
export function headersOf({ run, order, taxonomy, model, generation, shadow, learns }: RunPlan): Headers {
  return runHeaders({
    ...{ run, order, lane: 'batch', taxonomy, shadow, learns },
    ...(model !== null && { model }),
    ...(generation !== null && { generation }),
  });
}

/** The whole corpus again and again. Exactly the fields of schemas/p2i-runs.avsc. */
export interface Schedule {
  name: string;
  /** Minute, hour, day of month, month, day of week, in UTC. */
  cron: string;
  reason: string;
  /** Who made it. */
  by: string;
  /** Milliseconds since 1970. */
  made: number;
  /** null: the version that is newest when a run is planned. */
  taxonomy: string | null;
  model: string | null;
  /** Of the first run; a later one reads what the one before has built. */
  generation: number | null;
  maxLag: number;
}
