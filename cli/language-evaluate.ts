import type { Command } from 'commander';
import {
  countEvaluated,
  divideLanguage,
  evaluateLanguages,
  learnDivided,
  type DividedLanguage,
  type FoundShares,
  type LanguageEvaluation,
} from '../quality/language-evaluation.ts';
import { TextVectors } from '../shared/embeddings/text.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { languageTags, type Language } from '../shared/translation/language.ts';
import { ENGLISH, Languages } from '../shared/translation/languages.ts';
import { isOfLanguage, readParallel } from '../shared/translation/parallel.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { languagesOption } from './language-options.ts';
import { formatTable, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';

interface EvaluateOptions {
  taxonomy: string;
  parallel: string[];
  language?: string[];
  json?: true;
}

/** `p2i language evaluate`. */
export function addLanguageEvaluateCommand(language: Command): void {
  language
    .command('evaluate')
    .description('learn languages from nine tenths of a taxonomy’s names, and find interests by the others')
    .option('--taxonomy <file>', 'taxonomy in JSONL, with translations', PATHS.shopify)
    .option('--parallel <files...>', 'further phrases to learn from', [PATHS.everyday])
    .option(
      '--language <tags>',
      'BCP-47 tags, as cs,de (default: all of data/languages that the taxonomy has)',
      languagesOption,
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i language evaluate --language de,fi,ja')
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const [taxonomy, model, ...texts] = await Promise.all([
    readTaxonomy(options.taxonomy),
    RankingModel.load(PATHS.model),
    ...options.parallel.map(readParallel),
  ]);
  const tags = options.language ?? (await languageTags(PATHS.languages)).filter(isTranslatedBy(taxonomy));
  const others = tags.filter((tag) => tag !== ENGLISH);
  if (others.length === 0)
    throw new P2iError('CONFIG_INVALID', 'there is no language beside English', { where: '--language' });
  const divided = [...others, ENGLISH].sort().map((tag) => divideLanguage(tag, taxonomy, texts));
  const languages = Languages.of(learn(divided));
  const textVectors = TextVectors.load(PATHS.textVectors);
  const artefacts = taxonomyArtefacts(taxonomy, { textVectors, languages });
  const progress = new Progress('classifying', 'names', countEvaluated(divided));
  const figures = evaluateLanguages(divided, artefacts, model, (done) => progress.update(done));
  progress.stop();
  if (options.json) printJson({ taxonomy: taxonomy.version, model: model.version, ...figures });
  else printEvaluation(figures);
}

function isTranslatedBy({ translations }: Taxonomy): (language: string) => boolean {
  const tags = new Set([...translations.values()].flatMap((own) => Object.keys(own)));
  return (language) => [...tags].some((tag) => isOfLanguage(tag, language));
}

function learn(divided: readonly DividedLanguage[]): Language[] {
  const progress = new Progress('learning', 'languages', divided.length);
  const languages = divided.map((own, done) => {
    const language = learnDivided(own);
    progress.update(done + 1);
    return language;
  });
  progress.stop();
  return languages;
}

const SHARES = ['candidates', 'top 5', 'top 5 of level'] as const;

function printEvaluation({ languages, mean, minimum, identification }: LanguageEvaluation): void {
  print(
    'interests found by their names, beside what their English names find',
    formatTable(
      ['language', 'phrases', 'names', ...SHARES.flatMap((share) => [share, 'English', 'share'])],
      languages.map(({ tag, phrases, names, found, english, ofEnglish }) => {
        const sides = [found, english, ofEnglish].map(listed);
        return [tag, phrases, names, ...SHARES.flatMap((_, s) => sides.map((side) => side[s]))];
      }),
    ),
    '',
    formatTable(
      [`of ${languages.length} languages`, ...SHARES.flatMap((share) => [share, 'share of English'])],
      Object.entries({ mean, minimum }).map(([name, { found, ofEnglish }]) => {
        const sides = [found, ofEnglish].map(listed);
        return [name, ...SHARES.flatMap((_, s) => sides.map((side) => side[s]))];
      }),
    ),
    '',
    'languages found by a name alone',
    formatTable(
      ['language', 'names', 'found', 'names of no other', 'found'],
      [...identification.languages, { tag: 'all', ...identification }].map(({ tag, all, unshared }) => [
        ...[tag, all.names, all.found],
        ...[unshared.names, unshared.found],
      ]),
    ),
  );
}

function listed({ candidates, top5, top5OfLevel }: FoundShares): number[] {
  return [candidates, top5, top5OfLevel];
}
