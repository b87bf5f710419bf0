import { Option, type Command } from 'commander';
import { readCorpus, type LabelledCorpus, type Part } from '../quality/corpus.ts';
import { factsOf, generationOf } from '../quality/corpus-facts.ts';
import { evaluateLane, rankAll, recallCurve, type LaneFigures } from '../quality/evaluate.ts';
import { heldOutFigures, heldOutInterests, type HeldOutFigures } from '../quality/held-out.ts';
import type { RankingFigures } from '../quality/metrics.ts';
import type { Generation } from '../shared/cooccurrence/generation.ts';
import { LANES } from '../shared/features/feature.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { formatTable, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';
import { loadTextModels } from './text-models.ts';

interface EvaluateOptions {
  model: string;
  part: Exclude<Part, 'train'>;
  curve?: true;
  heldOut?: true;
  json?: true;
}

/** `p2i evaluate`. */
export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description("judge candidates and ranking by people's labels on the Tate sample")
    .option('--model <directory>', 'model to judge', PATHS.model)
    .addOption(new Option('--part <part>', 'part of the split').choices(['test', 'valid']).default('test'))
    .option('--curve', 'add the curve of recall against candidates')
    .option('--held-out', 'add how 300 interests fare that a second model never saw in training')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i evaluate --curve --held-out')
    .action(run);
}

async function run(options: EvaluateOptions): Promise<void> {
  const model = await RankingModel.load(options.model);
  const corpus = await readCorpus(PATHS.tate);
  const artefacts = taxonomyArtefacts(corpus.taxonomy, await loadTextModels());
  const generation = learn(corpus, artefacts);
  const pins = corpus.split[options.part];
  const lanes = LANES.map((lane) =>
    evaluateLane(corpus, pins, rankAll(pins, artefacts, generation, model, lane), lane),
  );
  const curve = options.curve && recallCurve(corpus, pins, artefacts, generation);
  const heldOut =
    options.heldOut && (await compareHeldOut(corpus, artefacts, generation, model, options.part));

  if (options.json) {
    printJson({ part: options.part, pins: pins.length, model: model.version, lanes, curve, heldOut });
    return;
  }
  print(`${pins.length} Pins of the ${options.part} part, model ${model.version}`, '');
  for (const figures of lanes) printLane(figures);
  if (curve) {
    const rows = curve.map(({ maxDirect, meanCandidates, recall }) => [maxDirect, meanCandidates, recall]);
    print(formatTable(['found directly, at most', 'mean candidates', 'recall of leaf labels'], rows), '');
  }
  if (heldOut) printHeldOut(heldOut);
}

function learn(corpus: LabelledCorpus, artefacts: TaxonomyArtefacts): Generation {
  const bar = new Progress('learning co-occurrence', 'Pins', corpus.pins.length);
  let done = 0;
  const counted = factsOf(corpus.pins, artefacts, () => bar.update(++done));
  const generation = generationOf(counted, corpus.taxonomy);
  bar.stop();
  return generation;
}

const FIGURES = ['P@1', 'P@5', 'F1@5', 'NDCG@5', 'NDCG@10'] as const;

function printLane({ lane, leaves, newTitles, levels, candidateRecall, meanCandidates }: LaneFigures): void {
  const row = (name: string, figures: RankingFigures): (string | number)[] => [
    name,
    figures.lists,
    ...FIGURES.map((figure) => figures[figure]),
  ];
  print(
    `lane ${lane}: recall of candidates at 200 ${candidateRecall.toFixed(4)}, ${meanCandidates.toFixed(1)} candidates a Pin`,
    formatTable(
      ['against', 'Pins', ...FIGURES],
      [
        row('leaf labels', leaves),
        row('leaf labels, new titles', newTitles),
        ...Object.entries(levels).map(([level, figures]) => row(`level ${level}, with ancestors`, figures)),
      ],
    ),
    '',
  );
}

interface HeldOutComparison {
  interests: number;
  trainedOn: HeldOutFigures;
  neverSeen: HeldOutFigures;
}

async function compareHeldOut(
  corpus: LabelledCorpus,
  artefacts: TaxonomyArtefacts,
  generation: Generation,
  model: RankingModel,
  part: Part,
): Promise<HeldOutComparison> {
  const heldOut = heldOutInterests(corpus);
  const without = await RankingModel.load(PATHS.heldOutModel);
  const figures = (of: RankingModel): HeldOutFigures =>
    heldOutFigures(corpus, heldOut, rankAll(corpus.split[part], artefacts, generation, of, 'batch'));
  return { interests: heldOut.size, trainedOn: figures(model), neverSeen: figures(without) };
}

function printHeldOut({ interests, trainedOn, neverSeen }: HeldOutComparison): void {
  const change = (of: keyof HeldOutFigures): string =>
    `${((neverSeen[of] / trainedOn[of] - 1) * 100).toFixed(2)} %`;
  print(
    `${interests} interests kept out of training, on the ${trainedOn.pins} Pins that have any`,
    formatTable(
      ['NDCG@5', 'in training', 'never seen', 'change'],
      [
        ['among all leaves', trainedOn.amongAll, neverSeen.amongAll, change('amongAll')],
        ['among themselves', trainedOn.amongThemselves, neverSeen.amongThemselves, change('amongThemselves')],
      ],
    ),
  );
}
