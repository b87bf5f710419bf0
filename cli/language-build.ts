import { join } from 'node:path';
import type { Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { writeLanguage, type Language } from '../shared/translation/language.ts';
import { ENGLISH } from '../shared/translation/languages.ts';
import { learnEnglish, learnLanguage } from '../shared/translation/learn-language.ts';
import type { ParallelPhrase } from '../shared/translation/learning/corpus.ts';
import { readParallel, type ParallelText } from '../shared/translation/parallel.ts';
import { directoryBytes, languageName, languagesOption } from './language-options.ts';
import { formatTable, print, printJson, Progress } from './output.ts';
import { PATHS } from './paths.ts';

interface BuildOptions {
  language: string[];
  parallel: string[];
  name?: string;
  output: string;
  dryRun?: true;
  json?: true;
}

/** `p2i language build`. */
export function addLanguageBuildCommand(language: Command): void {
  language
    .command('build')
    .description('learn languages from phrases that mean the same in English, and write a directory for each')
    .requiredOption('--language <tags>', 'BCP-47 tags, as vi or cs,da,de; en: English', languagesOption)
    .requiredOption(
      '--parallel <files...>',
      'phrases in TSV or a taxonomy with translations (docs/languages.md), compressed with zstd or not',
    )
    .option('--name <text>', 'what the language is called (default: its name in English)')
    .option('--output <directory>', 'where the directories go', PATHS.languages)
    .option('--dry-run', 'learn, but write nothing')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i language build --language vi --parallel phrases.tsv')
    .action(build);
}

/** What was learned of one language, and how. */
interface Built {
  language: Language;
  seconds: number;
  /** On disk; null where nothing was written. */
  bytes: number | null;
}

async function build(options: BuildOptions): Promise<void> {
  const { language: tags, output, dryRun, json } = options;
  if (options.name !== undefined && tags.length > 1)
    throw new P2iError('CONFIG_INVALID', 'is for one language, not for several', { where: '--name' });
  const texts = await Promise.all(options.parallel.map(readParallel));
  // A file that lacks a language is told before the first is learned.
  const learners = tags.map((tag) => learner(tag, options.name ?? languageName(tag), texts));
  const progress = new Progress('learning', 'languages', tags.length);
  const built: Built[] = [];
  try {
    for (const learn of learners) {
      const startedAt = performance.now();
      const language = learn();
      const seconds = (performance.now() - startedAt) / 1000;
      const bytes = dryRun ? null : await write(language, output);
      built.push({ language, seconds, bytes });
      progress.update(built.length);
    }
  } finally {
    progress.stop();
  }
  if (json) printJson({ output, written: !dryRun, languages: built.map(documentOf) });
  else printBuilt(built, output);
}

/** What learns a language from the texts. @throws P2iError PHRASES_INVALID where one of them has none of it */
function learner(tag: string, name: string, texts: readonly ParallelText[]): () => Language {
  if (tag === ENGLISH)
    return () =>
      learnEnglish(
        name,
        texts.flatMap(({ english }) => english),
      );
  const phrases: ParallelPhrase[] = texts.flatMap((text) => text.phrasesOf(tag));
  return () => learnLanguage(tag, name, phrases);
}

/** @returns bytes on disk */
async function write(language: Language, output: string): Promise<number> {
  const directory = join(output, language.manifest.tag);
  try {
    await writeLanguage(directory, language);
    return await directoryBytes(directory);
  } catch (cause) {
    const message = `the language cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
    throw new P2iError('CONFIG_INVALID', message, { where: `--output ${output}`, cause });
  }
}

function documentOf({ language: { manifest }, bytes, seconds }: Built): object {
  return { ...manifest, bytes, seconds };
}

function printBuilt(built: readonly Built[], output: string): void {
  const rows = built.map(({ language: { manifest }, bytes, seconds }) => [
    ...[manifest.tag, manifest.name, manifest.script],
    ...[manifest.phrases, manifest.terms, manifest.parts, manifest.letters],
    ...(bytes === null ? [] : [bytes]),
    seconds.toFixed(1),
  ]);
  const isWritten = built.every(({ bytes }) => bytes !== null);
  const columns = ['tag', 'name', 'script', 'phrases', 'terms', 'parts', 'letter runs'];
  print(
    formatTable([...columns, ...(isWritten ? ['bytes'] : []), 'seconds'], rows),
    `${isWritten ? 'written to' : 'would be written to'} ${output}`,
  );
}
