import { join } from 'node:path';
import type { Command } from 'commander';
import { languageTags, readManifest } from '../shared/translation/language.ts';
import { addLanguageBuildCommand } from './language-build.ts';
import { addLanguageEvaluateCommand } from './language-evaluate.ts';
import { directoryBytes } from './language-options.ts';
import { formatTable, print, printJson } from './output.ts';
import { PATHS } from './paths.ts';

/** `p2i language …`. */
export function addLanguageCommand(program: Command): void {
  const language = program.command('language').description('learn, list and judge the languages of Pins');
  addLanguageBuildCommand(language);
  addLanguageEvaluateCommand(language);
  language
    .command('list')
    .description('list the languages that P2I reads')
    .option('--languages <directory>', 'where they are, a directory each', PATHS.languages)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i language list')
    .action(list);
}

interface ListOptions {
  languages: string;
  json?: true;
}

async function list({ languages: directory, json }: ListOptions): Promise<void> {
  const tags = await languageTags(directory);
  const languages = await Promise.all(
    tags.map(async (tag) => {
      const own = join(directory, tag);
      return { ...(await readManifest(own)), bytes: await directoryBytes(own) };
    }),
  );
  if (json) printJson({ directory, languages });
  else if (languages.length === 0) print(`${directory} has no languages`);
  else
    print(
      formatTable(
        ['tag', 'name', 'script', 'phrases', 'terms', 'parts', 'bytes'],
        languages.map(({ tag, name, script, phrases, terms, parts, bytes }) => [
          ...[tag, name, script],
          ...[phrases, terms, parts, bytes],
        ]),
      ),
    );
}
