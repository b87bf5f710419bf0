/**
 * `npm run bench`: every benchmark in a process of its own, one after another, and one table of what they claim. All that
 * they found, their tables included, is in .p2i/bench.json then. Fails where a claim breaks its bound, or is gated and
 * clearly worse than it landed.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Argument, Command } from 'commander';
import { countOf, formatSeconds, formatTable } from '../cli/output.ts';
import { runProgram } from '../cli/program.ts';
import { dropped, judge, land, type Landed, type Verdict } from './support/gate.ts';
import { claimRow, type Report } from './support/report.ts';

const BENCHMARKS = [
  'scorer',
  'edit-distance',
  'languages',
  'long-texts',
  'fused',
  'cores',
  'wire',
  'pools',
  'kafka-clients',
  'targeting',
  'similarity',
  'user-interests',
  'queries',
  'retrieval',
  'scale-simulation',
];

const LANDED = join(import.meta.dirname, 'landed.json');
const STATE = join(import.meta.dirname, '../.p2i');

/** Most that a benchmark may print: tables take a few kilobytes. */
const MAX_OUTPUT_BYTES = 1 << 24;

interface Options {
  land?: true;
  json?: true;
}

/** What came of the benchmarks that were run. */
interface Outcome {
  reports: Record<string, Report>;
  verdicts: Verdict[];
  /** One line each. */
  faults: string[];
}

const program = new Command('npm run bench --')
  .description('Runs benchmarks, and holds what they claim to its bounds and to what landed')
  .addArgument(new Argument('[names...]', 'which ones; all where none is named').choices(BENCHMARKS))
  .option(
    '--land',
    'make what was measured the landed values (bench/landed.json), if all claims keep their bounds',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', '\nExample:\n  npm run bench -- scorer edit-distance')
  .showHelpAfterError('(--help says more)')
  .exitOverride()
  .action(async (names: string[], options: Options) => {
    const landed = JSON.parse(await readFile(LANDED, 'utf8')) as Landed;
    const run = names.length > 0 ? names : BENCHMARKS;
    // What is about to land may be worse than what did: only its bounds count.
    const outcome = await runAll(run, landed, options.land ? {} : landed);
    const document = JSON.stringify(outcome, null, 2);
    await mkdir(STATE, { recursive: true });
    await writeFile(join(STATE, 'bench.json'), document);
    console.log(options.json ? document : tableOf(outcome.verdicts));
    for (const fault of outcome.faults) process.stderr.write(`FAULT ${fault}\n`);
    if (outcome.faults.length > 0) process.exitCode = 1;
    else if (options.land) await landAll(outcome, landed);
  });
await runProgram(program, process.argv);

/** @param landed what the claims are shown beside @param gate and what they are held to */
async function runAll(names: readonly string[], landed: Landed, gate: Landed): Promise<Outcome> {
  const outcome: Outcome = { reports: {}, verdicts: [], faults: [] };
  for (const [i, name] of names.entries()) {
    process.stderr.write(`${name} (${i + 1} of ${names.length}) …\n`);
    const start = performance.now();
    const report = await reportOf(name);
    const took = formatSeconds((performance.now() - start) / 1000);
    if (typeof report === 'string') {
      outcome.faults.push(`${name}: ${report}`);
      process.stderr.write(`${name}: failed after ${took}\n`);
      continue;
    }
    const { claims } = report;
    const faults = judge(name, claims, gate).flatMap(({ fault }) => fault ?? []);
    outcome.reports[name] = report;
    outcome.verdicts.push(...judge(name, claims, landed));
    outcome.faults.push(...faults, ...dropped(name, claims, gate));
    process.stderr.write(
      `${name}: ${claims.length - faults.length} of ${countOf(claims.length, 'claim', 'claims')} hold, took ${took}\n`,
    );
  }
  return outcome;
}

/** @returns what a benchmark found; or, where it failed, the last it said */
async function reportOf(name: string): Promise<Report | string> {
  try {
    const file = join(import.meta.dirname, `${name}.ts`);
    const { stdout } = await promisify(execFile)(process.execPath, [file, '--json'], {
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return JSON.parse(stdout) as Report;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = stderr.split('\n').find((line) => /error/i.test(line)) ?? message;
    return `failed: ${said.trim()}`;
  }
}

async function landAll({ reports }: Outcome, landed: Landed): Promise<void> {
  const next = Object.entries(reports).reduce((all, [name, { claims }]) => land(name, claims, all), landed);
  await writeFile(LANDED, `${JSON.stringify(next, null, 2)}\n`);
}

function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ benchmark, claim, landed = '', change }) => {
    const { claim: name, value, unit, bound, holds } = claimRow(claim);
    const changed =
      change === undefined ? '' : `${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(0)} %`;
    return [benchmark, name, value, unit, bound, holds, landed, changed].map(String);
  });
  return formatTable(['benchmark', 'claim', 'value', 'unit', 'bound', 'holds', 'landed', 'change'], rows);
}
