import { InvalidArgumentError, Option, type Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { compareResults } from '../workers/comparing/compare.ts';
import { printComparison } from './comparison-report.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { printJson, Progress, warn } from './output.ts';
import { integerOption } from './program.ts';

interface CompareCommandOptions extends LogOptions {
  run: string;
  against?: string;
  taxonomy?: string;
  examples: number;
  failAbove?: number;
  json?: true;
}

/** `p2i compare`. */
export function addCompareCommand(program: Command): void {
  addLogOptions(
    program
      .command('compare')
      .description('show what would change if the results of a shadow run were those that are published')
      .requiredOption('--run <name>', 'the shadow run')
      .option('--against <run>', 'compare with another shadow run, not with what is published')
      .addOption(
        new Option(
          '--taxonomy <version>',
          'what is published under that taxonomy version (default: that of the run)',
        ).conflicts('against'),
      )
      .option('--examples <number>', 'show the Pins that change most', integerOption(0, 1000), 5)
      .option('--fail-above <share>', 'fail where a larger share of the Pins changes: 0.1', shareOption)
      .option('--json', 'print one JSON document, with every interest'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  p2i compare --run 2026-01-31-shadow --fail-above 0.1 --brokers localhost:9092 --registry http://localhost:8081',
    )
    .action(compare);
}

function shareOption(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1))
    throw new InvalidArgumentError('It must be a share from 0 to 1.');
  return share;
}

async function compare(options: CompareCommandOptions): Promise<void> {
  const { run, against, taxonomy, examples, failAbove, json } = options;
  const comparison = await withLog(options, async ({ log, registry }) => {
    let progress: Progress | undefined;
    try {
      return await compareResults({
        ...{ log, registry, examples, onUnreadable: warn, after: { run } },
        before: against === undefined ? { taxonomy } : { run: against },
        onProgress: (done, total) => {
          progress ??= new Progress('reading', 'records', total);
          progress.update(done);
        },
      });
    } finally {
      progress?.stop();
    }
  });
  if (json) printJson(comparison);
  else printComparison(comparison);
  const { compared, changed } = comparison.pins;
  if (failAbove === undefined || changed / compared <= failAbove) return;
  const message = `${changed} of ${compared} Pins change, more than a share of ${failAbove}`;
  throw new P2iError('CHANGE_TOO_LARGE', message, { where: run });
}
