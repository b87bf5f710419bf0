import { InvalidArgumentError, type Command } from 'commander';
import { readCorpus } from '../quality/corpus.ts';
import { heldOutInterests } from '../quality/held-out.ts';
import { train, type TrainingStep } from '../quality/train.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { formatCount, formatTable, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';
import { loadTextModels } from './text-models.ts';

interface TrainCommandOptions {
  output?: string;
  share: number;
  heldOut?: true;
  dryRun?: true;
  json?: true;
}

/** `p2i train`. */
export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('export the training matrix of the Tate sample, fit official LightGBM and calibrate it')
    .option('--output <directory>', 'where the model goes (default: the committed model)')
    .option('--share <number>', 'share of the training Pins in the matrix', shareOption, 0.5)
    .option('--held-out', 'leave 300 interests out of training: the model that shows how new interests fare')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i train --output /tmp/model')
    .action(run);
}

const STEPS: Record<TrainingStep, [label: string, unit: string]> = {
  matrix: ['exporting the matrix', 'Pins'],
  fit: ['fitting LightGBM', 'rounds'],
  calibrate: ['calibrating', 'passes'],
};

async function run(options: TrainCommandOptions): Promise<void> {
  const output = options.output ?? (options.heldOut ? PATHS.heldOutModel : PATHS.model);
  const corpus = await readCorpus(PATHS.tate);
  const heldOut = options.heldOut ? heldOutInterests(corpus) : new Set<number>();
  if (options.dryRun) {
    const pins = formatCount(corpus.split.train.length * options.share);
    print(`would train on about ${pins} Pins, without ${heldOut.size} interests, and write to ${output}`);
    return;
  }
  const artefacts = taxonomyArtefacts(corpus.taxonomy, await loadTextModels());
  let bar: Progress | undefined;
  let current: TrainingStep | undefined;
  const summary = await train({
    corpus,
    artefacts,
    share: options.share,
    heldOut,
    output,
    onProgress(step, done, total) {
      if (step !== current) {
        bar?.stop();
        bar = new Progress(...STEPS[step], total);
        current = step;
      }
      bar!.update(done);
    },
  });
  bar?.stop();
  if (options.json) {
    printJson({ output, ...summary });
    return;
  }
  const { pins, rows, positives, calibrationError, manifest } = summary;
  print(
    `${formatCount(rows)} rows of ${formatCount(pins)} Pins, ${formatCount(positives)} positive; written to ${output}`,
    `calibration error ${calibrationError.before.toFixed(4)} before, ${calibrationError.after.toFixed(4)} after`,
    `kept from a score of ${manifest.keep.threshold}`,
    '',
    formatTable(
      ['feature', 'gain'],
      Object.entries(summary.gain)
        .sort((a, b) => b[1] - a[1])
        .slice(0, 15),
    ),
  );
}

function shareOption(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return share;
}
