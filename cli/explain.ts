import { Option, type Command } from 'commander';
import { factsOf, generationOf } from '../quality/corpus-facts.ts';
import { PinExplainer, type Contribution, type ExplainedCandidate } from '../quality/explain.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { LANES, type Lane } from '../shared/features/feature.ts';
import { openPins } from '../shared/pins/jsonl.ts';
import { parsePin } from '../shared/pins/parse.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { readTate } from '../shared/pins/tate.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';
import { integerOption } from './program.ts';
import { loadTextModels } from './text-models.ts';
import { formatTranslations } from './translations.ts';

interface ExplainOptions {
  title?: string;
  language?: string;
  input?: string;
  taxonomy: string;
  model: string;
  lane: Lane;
  top: number;
  json?: true;
}

/** `p2i explain`. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description("show one Pin's candidates: how each was found, its score and what moved it")
    .argument('[id]', 'id of the Pin')
    .option(
      '--title <text>',
      'explain a Pin that has this title and nothing else, in place of one of the input',
    )
    .option('--language <tag>', 'BCP-47 tag of the title (default: found out)')
    .option('--input <file>', 'Pins in JSONL: the corpus, and where the Pin is (default: the Tate sample)')
    .option('--taxonomy <file>', 'taxonomy in JSONL', PATHS.taxonomy)
    .option('--model <directory>', 'ranking model', PATHS.model)
    .addOption(new Option('--lane <lane>', 'which features exist').choices(LANES).default('batch'))
    .option('--top <number>', 'how many candidates to print', integerOption(1, 200), 15)
    .option(
      '--json',
      'print one JSON document with every candidate, all evidence, features and contributions',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  p2i explain A00002 --top 5\n  p2i explain --title "Segelboote am Strand"',
    )
    .action(run);
}

async function run(id: string | undefined, options: ExplainOptions): Promise<void> {
  const pasted = pastedPin(id, options);
  const model = await RankingModel.load(options.model);
  const taxonomy = await readTaxonomy(options.taxonomy);
  const pins =
    options.input === undefined ? (await readTate(PATHS.tate)).pins : await readPins(options.input);
  const pin = pasted ?? pins.find((candidate) => candidate.id === id);
  if (!pin)
    throw new P2iError('PIN_UNKNOWN', `no Pin has the id ${id}`, { where: options.input ?? PATHS.tate });

  const artefacts = taxonomyArtefacts(taxonomy, await loadTextModels());
  const bar = new Progress('learning co-occurrence', 'Pins', pins.length);
  let done = 0;
  const generation = generationOf(
    factsOf(pins, artefacts, () => bar.update(++done)),
    taxonomy,
  );
  bar.stop();
  const explanation = new PinExplainer(artefacts, generation, model, options.lane).explain(pin);
  if (options.json) {
    printJson(explanation);
    return;
  }
  const boards = pin.boards.map(({ name }) => name).join(' · ');
  print(
    `Pin ${pin.id}: ${pin.title}`,
    `boards: ${boards || 'none'}`,
    ...formatTranslations(explanation.translations),
    `words: ${explanation.words.join(' ')}`,
    `${explanation.candidates.length} candidates, ${explanation.cut} more cut by the cap; kept ones are marked *`,
    `a score starts from log-odds of ${signed(explanation.expected)}; what moved it most is shown`,
    '',
  );
  for (const candidate of explanation.candidates.slice(0, options.top)) printCandidate(candidate);
}

/** The Pin of --title; undefined where the Pin is one of the input. @throws P2iError CONFIG_INVALID, PIN_INVALID, PIN_TOO_LARGE */
function pastedPin(id: string | undefined, { title, language }: ExplainOptions): Pin | undefined {
  if ((id === undefined) === (title === undefined))
    throw new P2iError('CONFIG_INVALID', 'either the id of a Pin or --title is needed, and not both');
  if (title !== undefined) return parsePin({ id: 'pasted', title, language }, '--title').pin;
  if (language !== undefined) throw new P2iError('CONFIG_INVALID', '--language is that of --title');
  return undefined;
}

async function readPins(path: string): Promise<Pin[]> {
  const pins: Pin[] = [];
  for await (const pin of openPins(path)) if (!(pin instanceof Error)) pins.push(pin);
  return pins;
}

/** Evidence shown in the text form: the strongest kinds; --json has all. */
const SHOWN = [
  'annotationMatch',
  'titleMatch',
  'descriptionMatch',
  'boardNameMatch',
  'wordShareMax',
  'phraseShareMax',
  'titleShare',
  'narrowBoardShare',
  'broadBoardShare',
  'prior',
];

/** Contributions shown in the text form: --json has all. */
const SHOWN_CONTRIBUTIONS = 5;

function printCandidate({
  path,
  level,
  id,
  score,
  kept,
  sources,
  evidence,
  contributions,
}: ExplainedCandidate): void {
  print(
    `${kept ? '*' : ' '} ${score.toFixed(3)}  (L${level}) ${path}  #${id}`,
    `    found by ${sources.join(', ')}`,
  );
  const shown = SHOWN.filter((name) => evidence[name] !== undefined).map(
    (name) => `${name} ${evidence[name].toFixed(3)}`,
  );
  const moved = contributions.slice(0, SHOWN_CONTRIBUTIONS).map(describeContribution);
  print(`    evidence ${shown.join(', ')}`, `    moved by ${moved.join(', ') || 'nothing'}`);
}

function describeContribution({ feature, value, contribution }: Contribution): string {
  return `${signed(contribution)} ${feature} ${value?.toFixed(3) ?? 'missing'}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
