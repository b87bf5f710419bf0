/**
 * What a load takes, and a simulated day of it: docs/scale.md. Everything follows from
 * bench/scale-simulation/inputs.ts; the same inputs give the same day.
 * Usage: node bench/scale-simulation.ts [--scale 10] [--stages fused|pools] [--json] [--svg FILE] [--doc FILE]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { integerOption, runProgram } from '../cli/program.ts';
import { chartOf } from './scale-simulation/chart.ts';
import { withTables } from './scale-simulation/document.ts';
import { VALUES } from './scale-simulation/inputs.ts';
import { planFor, type Load, type Shape } from './scale-simulation/plan.ts';
import { simulate, type Simulation } from './scale-simulation/simulate.ts';
import { tablesFor, type Day } from './scale-simulation/tables.ts';
import { round } from './support/figures.ts';
import { runBenchmark, type Report } from './support/report.ts';

interface Options {
  scale: number;
  stages: Shape;
  svg?: string;
  doc?: string;
}

const SEED = 1;
/** The hour at which a broker dies, in every day. */
const BROKER_DIES = 12;
/** Pools that compute for the run, by shape. */
const COMPUTING: Record<Shape, readonly string[]> = {
  fused: ['fused'],
  pools: ['candidates', 'features', 'ranking'],
};

const program = new Command('scale-simulation')
  .description('what a daily run and the instant lane take, and a simulated day of them')
  .addOption(
    new Option('--scale <times>', 'times 200 billion Pins a day and 10,000 new ones a second, in one cluster')
      .argParser(integerOption(1, 1000))
      .default(1),
  )
  .addOption(
    new Option('--stages <shape>', 'the batch lane: fused, or a pool a stage')
      .choices(['fused', 'pools'])
      .default('fused'),
  )
  .option('--json', 'one JSON document')
  .option('--svg <file>', 'draw the days of 1× and 10× there, workers following their lag')
  .option('--doc <file>', 'put the tables in their places there')
  .showHelpAfterError('(--help says more)')
  .exitOverride()
  .action((options: Options) => runBenchmark(() => report(options)));

await runProgram(program, process.argv);

async function report({ scale, stages, svg, doc }: Options): Promise<Report> {
  const load = { scale, shape: stages };
  const planned = day(load, []);
  const days: Day[] = [
    { name: `${nameOf(load)}, planned workers`, simulation: planned },
    { name: `${nameOf(load)}, workers by their lag`, simulation: byLag(load) },
    {
      name: `${nameOf(load)}, publishing by its lag too`,
      simulation: day(load, [...COMPUTING[stages], 'publishing']),
    },
  ];
  if (svg !== undefined) {
    const chart = [1, 10].map((times) => ({
      title: `${times}×, ${stages}, in one cluster`,
      simulation: byLag({ scale: times, shape: stages }),
    }));
    await writeFile(svg, chartOf(chart));
  }
  if (doc !== undefined) {
    const others: Load[] = [
      { scale: 1, shape: 'pools' },
      { scale: 10, shape: 'fused' },
    ];
    const more = others.map((other) => ({
      name: `${nameOf(other)}, planned workers`,
      simulation: day(other, []),
    }));
    const text = withTables(await readFile(doc, 'utf8'), tablesFor(stages, [...days, ...more], VALUES));
    await writeFile(doc, text);
  }
  const { finishedAfter = Infinity, latency } = planned;
  const pins = `${(scale * VALUES.pinsADay) / 1e9} billion Pins a day, ${stages}, planned workers`;
  return {
    claims: [
      { name: `${pins}: the run ends after`, value: round(finishedAfter), unit: 'h', atMost: 24 },
      { name: `${pins}: instant lane meanwhile, p99`, value: round(latency.p99), unit: 's', atMost: 1 },
    ],
    tables: tablesFor(stages, days, VALUES),
  };
}

function nameOf({ scale, shape }: Load): string {
  return `${scale}×, ${shape}`;
}

function byLag(load: Load): Simulation {
  return day(load, COMPUTING[load.shape]);
}

/** @param scaled pools that follow their lag */
function day(load: Load, scaled: readonly string[]): Simulation {
  const plan = planFor(load, VALUES);
  const pins = load.scale * VALUES.pinsADay;
  const newPins = load.scale * VALUES.newPinsASecond;
  return simulate({ plan, scaled, hours: 24, pins, newPins, brokerDies: BROKER_DIES, seed: SEED }, VALUES);
}
