import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { P2iError, type ErrorCode } from '../shared/errors/errors.ts';
import { LANES, type Lane } from '../shared/features/feature.ts';
import { formatPhaseReport } from '../shared/observability/report.ts';
import { openPins, type PinReader } from '../shared/pins/jsonl.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { EmbeddedRun, type EmbeddedRunSummary } from '../workers/embedded-run.ts';
import { formatCount, print } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { RunProgress, untilStopped } from './run-progress.ts';
import { loadTextModels } from './text-models.ts';

interface RunOptions {
  input: string;
  taxonomy: string;
  model: string;
  output: string;
  state?: string;
  lane: Lane;
  partitions: number;
  pools?: true;
  shadow?: true;
  dryRun?: true;
  json?: true;
}

/** `p2i run`. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description(
      'classify Pins: candidate generation, feature extraction and ranking in one process, with no broker',
    )
    .requiredOption('--input <file>', 'Pins in JSONL (docs/pins.md), - for the standard input')
    .option('--taxonomy <file>', 'taxonomy in JSONL', PATHS.taxonomy)
    .option('--model <directory>', 'ranking model', PATHS.model)
    .option('--output <file>', 'where results go as JSONL, - for the standard output', '-')
    .option(
      '--state <directory>',
      'keep the log and the co-occurrence store here: a killed run goes on, a later one learns',
    )
    .addOption(new Option('--lane <lane>', 'which features exist').choices(LANES).default('batch'))
    .option('--partitions <number>', 'partitions of a new state', integerOption(1, 1024), 1)
    .option('--pools', 'put a topic between each two stages, as separate worker pools do')
    .option('--shadow', 'publish nothing: keep the results of this run apart, for p2i compare; needs --state')
    .option('--dry-run', 'read and check the input, classify nothing')
    .option('--json', 'print the summary as one JSON document on the standard error')
    .addHelpText('after', '\nExample:\n  echo \'{"id":"1","title":"Boats on a river"}\' | p2i run --input -')
    .action(run);
}

/** Refused lines that are shown; the summary counts all. */
const REJECTED_SHOWN = 20;

/** What a run is made with, once everything is read and checked. */
interface RunContext {
  taxonomy: Taxonomy;
  model: RankingModel;
  options: RunOptions;
  onRejected: (error: P2iError) => void;
  rejected: ReadonlyMap<ErrorCode, number>;
  signal: AbortSignal;
}

async function run(options: RunOptions): Promise<void> {
  if (options.shadow && options.state === undefined)
    throw new P2iError('CONFIG_INVALID', 'a shadow run needs --state: it is compared with what is there');
  const [taxonomy, model] = await Promise.all([
    readTaxonomy(options.taxonomy),
    RankingModel.load(options.model),
  ]);
  const rejected = new Map<ErrorCode, number>();
  let shown = 0;
  const onRejected = (error: P2iError): void => {
    rejected.set(error.code, (rejected.get(error.code) ?? 0) + 1);
    if (++shown <= REJECTED_SHOWN) process.stderr.write(`rejected ${error.code} ${error.message}\n`);
  };
  const input = openPins(options.input);
  if (options.dryRun) {
    let pins = 0;
    for await (const pin of input) {
      if (pin instanceof Error) onRejected(pin);
      else pins++;
    }
    print(
      `would classify ${formatCount(pins)} Pins by taxonomy ${taxonomy.version} and model ${model.version}`,
    );
    return;
  }

  const stopped = options.state
    ? 'stopped; the same command goes on where it was'
    : 'stopped; with --state it could go on where it was';
  await untilStopped(
    (signal) => classify(input, { taxonomy, model, options, onRejected, rejected, signal }),
    stopped,
  );
}

async function classify(input: PinReader, context: RunContext): Promise<void> {
  const { taxonomy, model, options, onRejected, rejected, signal } = context;
  const temporary = options.state === undefined ? await mkdtemp(join(tmpdir(), 'p2i-run-')) : undefined;
  const progress = new RunProgress();
  try {
    const embedded = await EmbeddedRun.open({
      state: options.state ?? temporary!,
      schemas: PATHS.schemas,
      input,
      artefacts: taxonomyArtefacts(taxonomy, await loadTextModels()),
      model,
      lane: options.lane,
      partitions: options.partitions,
      pools: options.pools ?? false,
      shadow: options.shadow ?? false,
      signal,
      onRejected,
      onProgress: (step, done, total) => progress.update(step, done, total),
    });
    try {
      const summary = await embedded.execute();
      progress.stop();
      const results = await writeResults(embedded, options.output);
      await embedded.finish();
      report(summary, results, await embedded.deadLetters(), rejected, options.json ?? false);
    } finally {
      await embedded.close();
    }
  } finally {
    progress.stop();
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}

async function writeResults(embedded: EmbeddedRun, path: string): Promise<number> {
  const output = path === '-' ? process.stdout : createWriteStream(path);
  let results = 0;
  for await (const result of embedded.results()) {
    results++;
    if (!output.write(`${JSON.stringify(result)}\n`)) await once(output, 'drain');
  }
  if (output !== process.stdout) {
    output.end();
    await once(output, 'close');
  }
  return results;
}

function report(
  summary: EmbeddedRunSummary,
  results: number,
  deadLetters: number,
  rejected: ReadonlyMap<ErrorCode, number>,
  json: boolean,
): void {
  if (json) {
    process.stderr.write(
      `${JSON.stringify({ ...summary, results, deadLetters, rejected: Object.fromEntries(rejected) })}\n`,
    );
    return;
  }
  const lines = [...rejected].map(([code, count]) => `${formatCount(count)} lines rejected: ${code}`);
  lines.push(
    `${summary.run}: ${formatCount(summary.pins)} Pins in, ${formatCount(results)} results, ${deadLetters} dead letters`,
  );
  process.stderr.write(`${lines.join('\n')}\n\n${formatPhaseReport(summary.stages)}`);
}
