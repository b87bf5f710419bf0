import { PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import type { Run, RunPlan, Schedule } from '../workers/backfill/run.ts';
import { dueNext, type Estimate, type RunStatus } from '../workers/backfill/runs.ts';
import { countOf, formatCount, formatSeconds, formatTable } from './output.ts';

/** What a run is to do, for people. */
export function planLines(plan: RunPlan, { records, pins, seconds }: Estimate): string[] {
  const { run, reason, by, taxonomy, model, generation, ranges } = plan;
  const about =
    pins === null
      ? ''
      : `, about ${formatCount(pins)} Pins, about ${formatSeconds(seconds!)}, by the last run`;
  return [
    `run         ${run}`,
    `reason      ${reason}`,
    `planned by  ${by}`,
    `copies      ${countOf(ranges.length, 'partition', 'partitions')} of ${PINS_TOPIC}, up to ${countOf(records, 'record', 'records')}${about}`,
    `taxonomy    ${taxonomy}`,
    `model       ${model ?? 'the first that the workers hold'}`,
    `generation  ${generation ?? 'the newest when a record is read'}`,
    `learns      ${learnsWhat(plan)}`,
    `results     ${plan.shadow ? 'p2i-results-shadow' : 'p2i-results'}`,
  ];
}

function learnsWhat({ learns, generation, shadow }: RunPlan): string {
  if (learns) return generation === null ? 'nothing' : `generation ${generation + 1}`;
  return `nothing: it is ${shadow ? 'a shadow run' : 'not the whole corpus'}`;
}

/** All runs, one a line, and the schedules. */
export function statusLines(statuses: readonly RunStatus[], schedules: readonly Schedule[]): string[] {
  const lines =
    statuses.length === 0
      ? ['no runs']
      : formatTable(
          [
            'run',
            'state',
            'done',
            'records',
            'Pins in',
            'results',
            'superseded',
            'dead letters',
            'left',
            'time left',
          ],
          statuses.map(rowOf),
        ).split('\n');
  if (schedules.length === 0) return lines;
  const rows = schedules.map((schedule) => [
    ...[schedule.name, schedule.cron, isoTime(dueNext(schedule) ?? null), schedule.reason],
  ]);
  return [...lines, '', ...formatTable(['schedule', 'cron (UTC)', 'due next', 'reason'], rows).split('\n')];
}

function rowOf({ run, done, records, ledger, secondsLeft }: RunStatus): (string | number)[] {
  const { pinsIn, results, superseded, deadLetters } = ledger.total;
  return [
    ...[run.plan.run, run.state, percent(done)],
    `${formatCount(records.copied)} of ${formatCount(records.total)}`,
    ...[pinsIn, results, superseded, deadLetters, ledger.left],
    secondsLeft === null ? '' : formatSeconds(secondsLeft),
  ];
}

/** One run: its plan, how it goes, what failed. @param partitions true: a line for each */
export function runLines(status: RunStatus, partitions: boolean): string[] {
  const { run, records, ledger, done, rate, secondsLeft, exact } = status;
  const { pinsIn, results, superseded, deadLetters, redriven } = ledger.total;
  const { plan } = run;
  const lines = [
    ...planLines(plan, { records: records.total, pins: null, seconds: null }),
    `state       ${run.state} since ${isoTime(run.since)}, by ${run.changedBy}`,
    `copied      ${formatCount(records.copied)} of ${formatCount(records.total)} offsets, ${countOf(pinsIn, 'Pin', 'Pins')}`,
    `done        ${[percent(done), rate && `${formatCount(rate)} Pins/s`, secondsLeft && `${formatSeconds(secondsLeft)} left`].filter(Boolean).join(', ')}`,
    `ledger      ${formatCount(pinsIn)} Pins in = ${formatCount(results)} results + ${formatCount(superseded)} superseded + ${formatCount(deadLetters)} dead letters + ${formatCount(ledger.left)} left${exact ? ': exact' : ''}`,
  ];
  if (redriven > 0)
    lines.push(`redriven    ${countOf(redriven, 'dead letter has', 'dead letters have')} a result since`);
  for (const { partition, failed } of status.ranges)
    if (failed !== null) lines.push(`failed      partition ${partition}: ${failed}`);
  return partitions ? [...lines, '', ...partitionTable(status)] : lines;
}

function partitionTable({ ranges }: RunStatus): string[] {
  const header = [
    'partition',
    'from',
    'to',
    'copied',
    'Pins in',
    'results',
    'superseded',
    'dead letters',
    'left',
  ];
  const rows = ranges.map(({ partition, from, to, copied, ledger }) => {
    const { pinsIn, results, superseded, deadLetters } = ledger;
    const left = pinsIn - results - superseded - deadLetters;
    return [partition, from, to, copied, pinsIn, results, superseded, deadLetters, left];
  });
  return formatTable(header, rows).split('\n');
}

/** `run 2026-11-29 is paused` */
export function stateLine({ plan, state }: Run): string {
  return `run ${plan.run} is ${state}`;
}

function percent(share: number): string {
  // Only what is complete is all of it.
  return `${Math.min(share === 1 ? 100 : 99, Math.floor(100 * share))} %`;
}

function isoTime(time: number | null): string {
  return time === null ? '' : new Date(time).toISOString().replace('.000Z', 'Z');
}
