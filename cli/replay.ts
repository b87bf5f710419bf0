import { Option, type Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { PINS_TOPIC } from '../shared/stream/pins-topic.ts';
import { runHeaders } from '../workers/headers.ts';
import { replayPins } from '../workers/replay.ts';
import { liveVersions } from '../workers/taxonomies/live.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { countOf, formatCount, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { untilStopped } from './run-progress.ts';

interface ReplayOptions extends LogOptions {
  run: string;
  taxonomy?: string;
  generation: number;
  model: string;
  shadow?: true;
  dryRun?: true;
  json?: true;
}

/** `p2i replay`. */
export function addReplayCommand(program: Command): void {
  addLogOptions(
    program
      .command('replay')
      .description('classify the whole corpus again: copy p2i-pins, unopened, to p2i-batch-pins as one run')
      .requiredOption('--run <name>', 'name of the run; the same name goes on where it was stopped')
      .addOption(new Option('--taxonomy <version>', 'published taxonomy version (default: the newest)'))
      .option(
        '--generation <number>',
        'generation of the co-occurrence store to read; the run builds the next. 0: the empty one, for a first run',
        integerOption(0, 2 ** 31),
        0,
      )
      .option('--model <directory>', 'one of the ranking models that the workers hold', PATHS.model)
      .option('--shadow', 'write the results to p2i-results-shadow, for p2i compare, and publish nothing')
      .option('--dry-run', 'show what would be copied')
      .option('--json', 'print one JSON document'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i replay --run 2026-01-31 --generation 1 --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action((options: ReplayOptions) =>
      untilStopped((signal) => run(options, signal), 'stopped; the same command goes on where it was'),
    );
}

async function run(options: ReplayOptions, signal: AbortSignal): Promise<void> {
  const model = await RankingModel.load(options.model);
  await withLog(options, async ({ log, registry }) => {
    const live = [...(await liveVersions(log, registry, () => undefined)).keys()];
    const taxonomy = options.taxonomy ?? live.at(-1);
    if (taxonomy === undefined) throw new P2iError('TAXONOMY_UNPUBLISHED', 'no taxonomy version is live');
    if (!live.includes(taxonomy)) {
      const message = `no live version is called so; there are ${live.join(', ') || 'none'}`;
      throw new P2iError('TAXONOMY_UNKNOWN', message, { where: taxonomy });
    }
    const headers = runHeaders({
      run: options.run,
      order: Date.now(),
      lane: 'batch',
      taxonomy,
      model: model.version,
      generation: options.generation,
      ...(options.shadow && { shadow: true, learns: false }),
    });
    const total = (await log.endOffsets(PINS_TOPIC)).reduce((a, b) => a + b, 0);
    if (options.dryRun) {
      if (options.json) printJson({ dryRun: true, headers, records: total });
      else
        print(`would copy up to ${formatCount(total)} records as run ${options.run}, taxonomy ${taxonomy}`);
      return;
    }
    const progress = new Progress('copying', 'records', total);
    const copied = await replayPins(log, registry, headers, {
      signal,
      onProgress: ({ records }) => progress.update(records),
    });
    progress.stop();
    if (options.json) printJson({ dryRun: false, headers, copied: copied.records, pins: copied.pins });
    else
      print(
        `copied ${countOf(copied.records, 'record', 'records')} with ${countOf(copied.pins, 'Pin', 'Pins')} as run ${options.run}`,
      );
  });
}
