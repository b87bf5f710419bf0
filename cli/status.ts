import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { bottleneckOf, poolName, short, type Bottleneck } from '../workers/pools/bottleneck.ts';
import { readPoolStatuses, type PoolStatus } from '../workers/pools/status.ts';
import { addKafkaOptions, withLog, type LogOptions } from './log-options.ts';
import { countOf, formatSeconds, formatTable, print, printJson } from './output.ts';
import { untilStopped } from './run-progress.ts';

/** How often `--watch` looks again: as often as workers say how they are, about. */
const WATCH_MS = 2000;

interface StatusOptions extends LogOptions {
  watch?: true;
  json?: true;
}

/** `p2i status`. */
export function addStatusCommand(program: Command): void {
  addKafkaOptions(
    program
      .command('status')
      .description('show the worker pools on Kafka with their lag, and which of them is the bottleneck'),
  )
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .option('--json', 'print one JSON document; with --watch one a line')
    .addHelpText(
      'after',
      '\nExample:\n  p2i status --watch --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action((options: StatusOptions) =>
      options.watch ? untilStopped((signal) => watch(options, signal), '') : show(options),
    );
}

/** What `--json` prints. */
interface StatusDocument {
  pools: PoolStatus[];
  /** null where no pool holds up the others. */
  bottleneck: Bottleneck | null;
}

async function show(options: StatusOptions): Promise<void> {
  await withLog(options, async ({ log, registry }) => {
    const status = statusOf(await readPoolStatuses(log, registry));
    if (options.json) printJson(status);
    else print(...linesOf(status));
  });
}

async function watch(options: StatusOptions, signal: AbortSignal): Promise<void> {
  await withLog(options, async ({ log, registry }) => {
    while (!signal.aborted) {
      try {
        const status = statusOf(await readPoolStatuses(log, registry));
        if (options.json) print(JSON.stringify(status));
        else redraw(linesOf(status));
      } catch (error) {
        if (!(error instanceof P2iError) || !error.transient) throw error;
        if (!options.json) redraw([`${error.code} ${error.message}`]);
      }
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
    }
  });
}

function statusOf(pools: PoolStatus[]): StatusDocument {
  return { pools, bottleneck: bottleneckOf(pools) ?? null };
}

/** In place of what was shown before on a terminal; elsewhere after it. */
function redraw(lines: readonly string[]): void {
  const home = '\u001b[H\u001b[J';
  print((process.stdout.isTTY ? home : '') + lines.join('\n'), '');
}

function linesOf({ pools, bottleneck }: StatusDocument): string[] {
  if (pools.length === 0) return ['no worker said anything in the last three minutes'];
  const header = ['pool', 'workers', 'busy', 'Pins/s', 'lag', 'lag/min', 'to drain', 'failed', 'state'];
  return [
    formatTable(header, pools.map(rowOf)),
    '',
    bottleneck === null ? 'no pool holds up the others' : bottleneck.words,
  ];
}

function rowOf(pool: PoolStatus): (string | number)[] {
  const { workers, partitions, busyShare, pinsPerSecond, lagRecords, lagPins, lagGrowth, pinsFailed } = pool;
  return [
    poolName(pool),
    `${workers} of ${partitions}`,
    workers === 0 ? '–' : `${(100 * busyShare).toFixed(0)} %`,
    Math.round(pinsPerSecond),
    lagPins === null ? countOf(lagRecords, 'record', 'records') : `${short(lagPins)} Pins`,
    lagGrowth === null ? '–' : `${lagGrowth < 0 ? '−' : '+'}${short(Math.abs(lagGrowth))}`,
    drainOf(pool),
    pinsFailed,
    stateOf(pool),
  ];
}

function drainOf({ drainSeconds }: PoolStatus): string {
  return drainSeconds === null ? '–' : formatSeconds(drainSeconds);
}

function stateOf({ workers, lost, failing }: PoolStatus): string {
  const codes = Object.entries(failing).map(([code, some]) => `${code} on ${some}`);
  if (lost > 0) codes.push(`${countOf(lost, 'worker', 'workers')} lost`);
  if (codes.length > 0) return codes.join(', ');
  return workers === 0 ? 'stopped' : 'well';
}
