import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCorpus, type LabelledCorpus } from '../quality/corpus.ts';
import { evaluateLane, rankAll } from '../quality/evaluate.ts';
import { PinExplainer } from '../quality/explain.ts';
import { Generation } from '../shared/cooccurrence/generation.ts';
import { formatPhaseReport } from '../shared/observability/report.ts';
import { parsePin } from '../shared/pins/parse.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { LmdbStore } from '../shared/store/lmdb.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../workers/artefacts.ts';
import { COOCCURRENCE_DIRECTORY, EmbeddedRun, type EmbeddedRunSummary } from '../workers/embedded-run.ts';
import type { PinInterests } from '../workers/publishing/topic.ts';
import { formatCount, formatSeconds, formatTable, print } from './output.ts';
import { PATHS } from './paths.ts';
import { RunProgress, untilStopped } from './run-progress.ts';
import { loadTextModels } from './text-models.ts';
import { formatTranslations } from './translations.ts';

/** `p2i start`. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('classify the bundled Tate sample from end to end and show what came out')
    .addHelpText('after', '\nExample:\n  p2i start')
    .action(() => untilStopped(run, 'stopped'));
}

/** Example Pins shown, of the test part. */
const EXAMPLES = 4;

/** Titles of Pins that nobody made, in languages that the sample has not, and how many interests of each are shown. */
const FOREIGN_TITLES = ['Segelboote am Strand bei Sonnenuntergang', '森の中の教会', 'ภูเขาและแม่น้ำ'];
const FOREIGN_SHOWN = 5;

async function run(signal: AbortSignal): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'p2i-start-'));
  const progress = new RunProgress();
  try {
    const [corpus, model] = await Promise.all([readCorpus(PATHS.tate), RankingModel.load(PATHS.model)]);
    const { taxonomy, pins } = corpus;
    print(
      `${formatCount(pins.length)} artworks of Tate as Pins, ${formatCount(taxonomy.size)} interests, model ${model.version}`,
    );
    const artefacts = taxonomyArtefacts(taxonomy, await loadTextModels());
    const embedded = await EmbeddedRun.open({
      state,
      schemas: PATHS.schemas,
      input: stream(pins),
      artefacts,
      model,
      lane: 'batch',
      partitions: 1,
      pools: false,
      signal,
      onRejected: (error) => {
        throw error;
      },
      onProgress: (step, done, total) => progress.update(step, done, total),
    });
    let summary: EmbeddedRunSummary;
    let examples: PinInterests[];
    try {
      summary = await embedded.execute();
      progress.stop();
      examples = await chooseExamples(embedded, corpus);
    } finally {
      await embedded.close();
    }
    printExamples(examples, corpus);
    const store = new LmdbStore(join(state, COOCCURRENCE_DIRECTORY));
    try {
      const generation = new Generation(store, taxonomy);
      printForeign(artefacts, generation, model);
      printQuality(corpus, artefacts, generation, model);
    } finally {
      await store.close();
    }
    printThroughput(summary);
    print(
      '',
      'What to try next:',
      '  ./p2i explain A00002                           how each candidate of a Pin was found and scored',
      '  ./p2i explain --title "Segelboote am Strand"   the same of a title in any language that P2I reads',
      '  ./p2i language list                            which those are',
      '  echo \'{"id":"1","title":"Boats on a river"}\' | ./p2i run --input -     classify Pins of your own',
      '  ./p2i serve                                    the same on a page: candidates, evidence, contributions',
      '  ./p2i evaluate --curve --held-out              all figures on the held-out labels',
    );
  } finally {
    progress.stop();
    await rm(state, { recursive: true, force: true });
  }
}

async function* stream(pins: readonly Pin[]): AsyncGenerator<Pin> {
  yield* pins;
}

/** The results of a few test Pins, spread over the part, that have most interests among their neighbours. */
async function chooseExamples(embedded: EmbeddedRun, { split }: LabelledCorpus): Promise<PinInterests[]> {
  const group = new Map(split.test.map((pin, i) => [pin.id, Math.floor((i * EXAMPLES) / split.test.length)]));
  const best: PinInterests[] = [];
  for await (const result of embedded.results()) {
    const of = group.get(result.pin);
    if (of === undefined || result.interests.length <= (best[of]?.interests.length ?? 0)) continue;
    best[of] = result;
  }
  return best.filter((result) => result !== undefined);
}

function printExamples(examples: readonly PinInterests[], { pins, labels, taxonomy }: LabelledCorpus): void {
  const byId = new Map(pins.map((pin) => [pin.id, pin]));
  for (const { pin: id, interests } of examples) {
    const pin = byId.get(id)!;
    const rows = interests
      .slice(0, 10)
      .map(({ level, label, score, id: interest }) => [
        `L${level}`,
        label,
        score,
        labels.get(id)!.has(taxonomy.indexOf(interest)) ? 'given by people' : '',
      ]);
    print('', `${pin.title} (${pin.boards.map(({ name }) => name).join(' · ')})`);
    print(formatTable(['taxonomy_level', 'label', 'score', ''], rows));
  }
}

/** Pins in other languages, by the same stages; their languages are found out. */
function printForeign(artefacts: TaxonomyArtefacts, generation: Generation, model: RankingModel): void {
  const { taxonomy } = artefacts;
  const pins = FOREIGN_TITLES.map((title, i) => parsePin({ id: `foreign-${i + 1}`, title }, title).pin);
  const explainer = new PinExplainer(artefacts, generation, model, 'batch');
  for (const pin of pins) {
    const { title, translations, candidates } = explainer.candidates(pin);
    const rows = candidates
      .filter(({ kept }) => kept)
      .slice(0, FOREIGN_SHOWN)
      .map(({ level, id, score }) => [`L${level}`, taxonomy.names[taxonomy.indexOf(id)], score]);
    print('', title, ...formatTranslations(translations));
    print(formatTable(['taxonomy_level', 'label', 'score'], rows));
  }
}

function printQuality(
  corpus: LabelledCorpus,
  artefacts: TaxonomyArtefacts,
  generation: Generation,
  model: RankingModel,
): void {
  const { test } = corpus.split;
  const figures = evaluateLane(corpus, test, rankAll(test, artefacts, generation, model, 'batch'), 'batch');
  const { leaves, newTitles, candidateRecall, meanCandidates } = figures;
  print(
    '',
    `Quality on the ${formatCount(test.length)} test Pins, whose labels nothing has seen:`,
    `  P@5 ${leaves['P@5'].toFixed(3)}, NDCG@5 ${leaves['NDCG@5'].toFixed(3)}; on titles that no training Pin has, NDCG@5 ${newTitles['NDCG@5'].toFixed(3)}`,
    `  ${(100 * candidateRecall).toFixed(1)} % of the labels are among ${meanCandidates.toFixed(0)} candidates a Pin`,
  );
}

function printThroughput({ pins, seconds, stages }: EmbeddedRunSummary): void {
  const busy = stages.reduce((sum, stage) => sum + stage.pinsIn / stage.pinsPerBusySecond, 0);
  print(
    '',
    `Throughput: ${formatCount(pins / busy)} Pins/s on one core, fused; ` +
      `${formatSeconds(seconds.ingest)} to read, ${formatSeconds(seconds.learn)} to learn co-occurrence, ` +
      `${formatSeconds(seconds.classify)} to classify`,
    formatPhaseReport(stages).trimEnd(),
  );
}
