import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { readBook, type RunsLog } from '../workers/backfill/book.ts';
import { LedgerFollower } from '../workers/backfill/ledger.ts';
import { MAX_LAG, type PlanRequest } from '../workers/backfill/plan.ts';
import { checkCron, openQueue } from '../workers/backfill/queue.ts';
import { changed, type Run, type RunChange, type Schedule } from '../workers/backfill/run.ts';
import {
  cancelRun,
  dueNext,
  listRuns,
  pauseRun,
  planRun,
  previewRun,
  resumeRun,
  retryRun,
  runOf,
  scheduleRuns,
  startRun,
  statusOf,
  unschedule,
  type By,
  type RunStatus,
} from '../workers/backfill/runs.ts';
import type { Range } from '../workers/replay.ts';
import { planLines, runLines, stateLine, statusLines } from './backfill-report.ts';
import { addBackfillWorkerCommand } from './backfill-worker.ts';
import { addKafkaOptions, withLog, type LogOptions } from './log-options.ts';
import { print, printJson } from './output.ts';
import { integerOption } from './program.ts';
import { addRedisOption, openRedis, type RedisOptions } from './redis-options.ts';
import { untilStopped } from './run-progress.ts';
import { timeOption } from './times.ts';

interface CommandOptions extends LogOptions {
  dryRun?: true;
  json?: true;
}

interface PlanOptions extends CommandOptions {
  run?: string;
  reason: string;
  taxonomy?: string;
  model?: string;
  generation?: number;
  maxLag: number;
  shadow?: true;
  partitions?: number[];
  since?: number;
  until?: number;
  offsets?: Range[];
}

interface ScheduleOptions extends CommandOptions {
  name: string;
  cron: string;
  reason: string;
  taxonomy?: string;
  model?: string;
  generation?: number;
  maxLag: number;
}

interface StatusOptions extends LogOptions, RedisOptions {
  partitions?: true;
  watch?: true;
  json?: true;
}

/** `p2i backfill plan|start|status|pause|resume|cancel|retry|schedule|unschedule|worker`. */
export function addBackfillCommand(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('classify the corpus, or a part of it, again: plan a run, start it, follow its ledger');
  addPlanCommand(backfill);
  addChangeCommand(backfill, 'start', startRun, 'start a planned run: the backfill workers copy its Pins');
  addStatusCommand(backfill);
  addChangeCommand(
    backfill,
    'pause',
    pauseRun,
    'stop copying for now; what is copied goes on to its results',
  );
  addChangeCommand(backfill, 'resume', resumeRun, 'go on with a run that is paused');
  addChangeCommand(
    backfill,
    'cancel',
    cancelRun,
    'stop copying for good; what is copied goes on to its results',
  );
  addRetryCommand(backfill);
  addScheduleCommands(backfill);
  addBackfillWorkerCommand(backfill);
}

function addPlanCommand(backfill: Command): void {
  const command = backfill
    .command('plan')
    .description('record what a run is to copy and with what: the whole corpus, unless it is told otherwise')
    .option('--run <name>', 'name of the run (default: the date)')
    .requiredOption('--reason <text>', 'why, for people');
  addClassifyOptions(command)
    .option('--shadow', 'write the results to p2i-results-shadow, for p2i compare, and publish nothing')
    .option('--partitions <list>', 'of p2i-pins: 0,3-5', partitionList)
    .option('--offsets <ranges>', 'of p2i-pins, partition:from-before: 0:100-200,3:0-50', offsetRanges)
    .option(
      '--since <time>',
      'what was published then or later: an ISO time, or how long ago, 2h',
      timeOption,
    )
    .option('--until <time>', 'what was published before', timeOption);
  finish(command, 'show what would be planned', 'plan --reason "a new lexicon" --since 7d').action(plan);
}

/** What a run classifies with, and how fast. */
function addClassifyOptions(command: Command): Command {
  return command
    .option('--taxonomy <version>', 'published taxonomy version (default: the newest)')
    .option('--model <directory>', 'one of the ranking models that the workers hold (default: their first)')
    .option(
      '--generation <number>',
      'of the co-occurrence store (default: of the whole corpus, the one that the last such run built; of a part, the newest)',
      integerOption(0, 2 ** 31 - 2),
    )
    .option(
      '--max-lag <offsets>',
      'copy nothing while a pool is further behind in a partition',
      integerOption(1, 2 ** 31 - 1),
      MAX_LAG,
    );
}

function addChangeCommand(
  backfill: Command,
  name: Exclude<RunChange, 'complete'>,
  change: (runs: RunsLog, run: string, by: By) => Promise<Run>,
  description: string,
): void {
  const command = backfill.command(name).description(description).argument('<run>', 'name of the run');
  finish(command, 'say what would happen', `${name} 2026-11-29`).action(
    (run: string, options: CommandOptions) =>
      withLog(options, async (runs) => {
        const by = { by: whoAsks(), time: Date.now() };
        const after = options.dryRun
          ? changed(runOf(await readBook(runs), run), name, by.by, by.time)
          : await change(runs, run, by);
        if (options.json) printJson({ dryRun: options.dryRun ?? false, run: after });
        else print(options.dryRun ? `would be: ${stateLine(after)}` : stateLine(after));
      }),
  );
}

function addStatusCommand(backfill: Command): void {
  const command = backfill
    .command('status')
    .description('show all runs and schedules, or one run with its ledger')
    .argument('[run]', 'name of the run')
    .option('--partitions', 'a line for each partition of the run')
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .addOption(new Option('--json', 'print one JSON document').conflicts('watch'));
  addRedisOption(addKafkaOptions(command))
    .addHelpText('after', exampleOf('status 2026-11-29 --partitions', true))
    .action((run: string | undefined, options: StatusOptions) =>
      untilStopped((signal) => status(run, options, signal), ''),
    );
}

function addRetryCommand(backfill: Command): void {
  const command = backfill
    .command('retry')
    .description('put the jobs of a run that failed for good back into the queue')
    .argument('<run>', 'name of the run');
  addRedisOption(addKafkaOptions(command))
    .option('--json', 'print one JSON document')
    .addHelpText('after', exampleOf('retry 2026-11-29', true))
    .action((run: string, options: LogOptions & RedisOptions & { json?: true }) =>
      withRedis(options, async (runs, { queue }) => {
        const partitions = await retryRun(runs, queue, run);
        if (options.json) printJson({ run, partitions });
        else if (partitions.length === 0) print(`run ${run} has no job that failed`);
        else print(`run ${run}: partitions ${partitions.join(', ')} are tried again`);
      }),
    );
}

function addScheduleCommands(backfill: Command): void {
  const schedule = backfill
    .command('schedule')
    .description('plan and start a run over the whole corpus each time that a cron entry says')
    .requiredOption('--cron <entry>', 'minute, hour, day of month, month, day of week, in UTC: "0 2 * * *"')
    .option('--name <name>', 'of the schedule; its runs are called <name>-<date>-<time>', 'daily')
    .requiredOption('--reason <text>', 'why, for people');
  finish(
    addClassifyOptions(schedule),
    'show what would be scheduled',
    'schedule --cron "0 2 * * *" --reason "the daily run" --generation 0',
  ).action(makeSchedule);
  const ended = backfill
    .command('unschedule')
    .description('end a schedule; its runs stay')
    .argument('<name>', 'of the schedule');
  finish(ended, 'say what would happen', 'unschedule daily').action((name: string, options: CommandOptions) =>
    withLog(options, async (runs) => {
      await unschedule(runs, name, options.dryRun);
      if (options.json) printJson({ dryRun: options.dryRun ?? false, unscheduled: name });
      else print(options.dryRun ? `would end schedule ${name}` : `schedule ${name} has ended`);
    }),
  );
}

/** The options that every command which changes something has, and an example. */
function finish(command: Command, dryRun: string, example: string): Command {
  return addKafkaOptions(command)
    .option('--dry-run', dryRun)
    .option('--json', 'print one JSON document')
    .addHelpText('after', exampleOf(example, false));
}

function exampleOf(example: string, redis: boolean): string {
  const kept = redis ? ' --redis redis://localhost:6379' : '';
  return `\nExample:\n  p2i backfill ${example} --brokers localhost:9092 --registry http://localhost:8081${kept}`;
}

async function plan(options: PlanOptions): Promise<void> {
  const request = requestOf(options, await modelVersion(options));
  await withLog(options, async (runs) => {
    const preview = await previewRun(runs, request);
    const { plan: planned } = options.dryRun ? preview : await planRun(runs, request);
    if (options.json) printJson({ dryRun: options.dryRun ?? false, ...preview, plan: planned });
    else {
      const next = options.dryRun
        ? 'nothing was recorded'
        : `start it with: p2i backfill start ${planned.run}`;
      print(...planLines(planned, preview.estimate), '', next);
    }
  });
}

/** Of the model that is asked for. @throws P2iError MODEL_INVALID */
async function modelVersion({ model }: { model?: string }): Promise<string | undefined> {
  return model === undefined ? undefined : (await RankingModel.load(model)).version;
}

function requestOf(options: PlanOptions, model: string | undefined): PlanRequest {
  const { run, reason, taxonomy, generation, maxLag, shadow, partitions, since, until, offsets } = options;
  return {
    ...{ reason, by: whoAsks(), maxLag, shadow: shadow ?? false },
    ...(run !== undefined && { run }),
    ...(taxonomy !== undefined && { taxonomy }),
    ...(model !== undefined && { model }),
    ...(generation !== undefined && { generation }),
    ...(partitions !== undefined && { partitions }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(offsets !== undefined && { ranges: offsets }),
  };
}

async function makeSchedule(options: ScheduleOptions): Promise<void> {
  const { name, cron, reason, taxonomy, generation, maxLag } = options;
  const schedule: Schedule = {
    ...{ name, cron, reason, by: whoAsks(), made: Date.now(), maxLag },
    taxonomy: taxonomy ?? null,
    model: (await modelVersion(options)) ?? null,
    generation: generation ?? null,
  };
  await withLog(options, async (runs) => {
    checkCron(schedule.cron);
    if (!options.dryRun) await scheduleRuns(runs, schedule);
    if (options.json) printJson({ dryRun: options.dryRun ?? false, schedule });
    else {
      const due = new Date(dueNext(schedule)!).toISOString();
      print(`schedule ${name} ${options.dryRun ? 'would be' : 'is'} due next at ${due}`);
    }
  });
}

async function status(name: string | undefined, options: StatusOptions, signal: AbortSignal): Promise<void> {
  await withRedis(options, async (runs, { redis, queue }) => {
    const ledger = new LedgerFollower(runs.log, runs.registry, redis);
    do {
      await ledger.catchUp(signal);
      const { runs: all, schedules } = await listRuns(runs);
      const chosen = name === undefined ? all : [runOf(await readBook(runs), name)];
      const statuses: RunStatus[] = [];
      for (const run of chosen) statuses.push(await statusOf(runs, { redis, queue }, run));
      if (options.json) printJson(name === undefined ? { runs: statuses, schedules } : statuses[0]);
      else {
        if (options.watch && process.stdout.isTTY) process.stdout.write(CLEAR);
        print(
          ...(name === undefined
            ? statusLines(statuses, schedules)
            : runLines(statuses[0], options.partitions ?? false)),
        );
      }
      if (options.watch) await sleep(WATCH_MS, undefined, { signal });
    } while (options.watch);
  });
}

/** Moves to the top left of the terminal, and clears what is below. */
const CLEAR = '\u001b[H\u001b[J';
const WATCH_MS = 2000;

async function withRedis(
  options: LogOptions & RedisOptions,
  work: (runs: RunsLog, kept: Parameters<typeof statusOf>[1]) => Promise<void>,
): Promise<void> {
  await withLog(options, async (runs) => {
    const redis = await openRedis(options);
    const queue = openQueue(redis);
    try {
      await work(runs, { redis, queue });
    } finally {
      await queue.close();
      redis.disconnect();
    }
  });
}

/** For the record: who gave the command. */
function whoAsks(): string {
  return `${userInfo().username}@${hostname()}`;
}

function partitionList(text: string): number[] {
  const partitions = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last) < Number(first))
      throw new InvalidArgumentError('It must be partitions, and ranges of them: 0,3-5.');
    for (let partition = Number(first); partition <= Number(last); partition++) partitions.add(partition);
  }
  return [...partitions].sort((a, b) => a - b);
}

function offsetRanges(text: string): Range[] {
  return text.split(',').map((part) => {
    const [, partition, from, to] = /^(\d{1,6}):(\d{1,15})-(\d{1,15})$/.exec(part.trim()) ?? [];
    if (partition === undefined)
      throw new InvalidArgumentError('It must be partition:from-before, several with commas between.');
    return { partition: Number(partition), from: Number(from), to: Number(to) };
  });
}
