import type { Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { findAmbiguousNames } from '../shared/taxonomy/ambiguity.ts';
import { checkTaxonomy } from '../shared/taxonomy/check.ts';
import { MAX_INTEREST_ID, MAX_LEVEL } from '../shared/taxonomy/interest.ts';
import { foldName } from '../shared/taxonomy/names.ts';
import { readTaxonomy, readTaxonomyBytes } from '../shared/taxonomy/read.ts';
import { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { countOf, print, printJson } from './output.ts';
import { integerOption } from './program.ts';
import { addTaxonomyDiffCommand } from './taxonomy-diff.ts';
import { addTaxonomyImportCommand } from './taxonomy-import.ts';
import { invalidAsListed, printRemarks, summaryOf } from './taxonomy-report.ts';
import { addTaxonomyVersionCommands } from './taxonomy-versions.ts';

/** `p2i taxonomy …`. */
export function addTaxonomyCommand(program: Command): void {
  const taxonomy = program.command('taxonomy').description('check, compare and publish taxonomies');

  taxonomy
    .command('validate')
    .description('report every problem of a taxonomy file at once, with its line')
    .argument('<file>', 'taxonomy in JSONL')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i taxonomy validate data/tate/taxonomy.jsonl')
    .action(validate);

  taxonomy
    .command('show')
    .description('print the tree, or one interest with its path and what is below it')
    .argument('<file>', 'taxonomy in JSONL')
    .option('--id <number>', 'the interest with this id', integerOption(1, MAX_INTEREST_ID))
    .option('--name <text>', 'every interest with this name or alias')
    .option('--depth <levels>', 'how many levels to print below', integerOption(0, MAX_LEVEL), 1)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i taxonomy show data/tate/taxonomy.jsonl --name nature --depth 2')
    .action(show);

  addTaxonomyDiffCommand(taxonomy);
  addTaxonomyImportCommand(taxonomy);
  addTaxonomyVersionCommands(taxonomy);
}

async function validate(file: string, options: { json?: true }): Promise<void> {
  const check = checkTaxonomy(await readTaxonomyBytes(file));
  const { interests, problems } = check;
  const warnings = [...check.warnings, ...findAmbiguousNames(check)].sort((a, b) => a.line - b.line);
  const taxonomy = problems.length === 0 ? new Taxonomy(interests) : undefined;

  if (options.json)
    printJson({
      file,
      valid: taxonomy !== undefined,
      version: taxonomy?.version ?? null,
      interests: interests.length,
      interestsByLevel: taxonomy?.countByLevel() ?? null,
      problems,
      warnings,
    });
  else {
    printRemarks(file, problems, warnings);
    if (taxonomy) print(`${file} is valid: ${summaryOf(taxonomy)}`);
  }
  if (!taxonomy) throw invalidAsListed(file, problems);
}

interface ShowOptions {
  id?: number;
  name?: string;
  depth: number;
  json?: true;
}

async function show(file: string, options: ShowOptions): Promise<void> {
  const taxonomy = await readTaxonomy(file);
  const chosen = choose(taxonomy, options, file);
  if (options.json) {
    const { version, size } = taxonomy;
    const tops = chosen ?? rootsOf(taxonomy);
    const depth = chosen ? options.depth : options.depth - 1;
    const interests = tops.map((index) => documentOf(taxonomy, index, depth));
    printJson({ file, version, size, interestsByLevel: taxonomy.countByLevel(), interests });
    return;
  }
  print(summaryOf(taxonomy));
  if (chosen)
    for (const index of chosen) {
      print('', taxonomy.pathName(index), interestLine(taxonomy, index));
      printBelow(taxonomy, taxonomy.children(index), '', options.depth);
    }
  else printBelow(taxonomy, rootsOf(taxonomy), '', options.depth);
}

/** The interests asked for; undefined where the whole taxonomy is. */
function choose(taxonomy: Taxonomy, { id, name }: ShowOptions, where: string): number[] | undefined {
  if (id === undefined && name === undefined) return undefined;
  const found: number[] = [];
  for (let index = 0; index < taxonomy.size; index++) {
    if (id !== undefined && taxonomy.ids[index] !== id) continue;
    if (name !== undefined && !bearsName(taxonomy, index, foldName(name))) continue;
    found.push(index);
  }
  if (found.length > 0) return found;
  const asked = [
    id !== undefined ? `the id ${id}` : [],
    name !== undefined ? `the name ${JSON.stringify(name)}` : [],
  ];
  throw new P2iError('INTEREST_UNKNOWN', `no interest has ${asked.flat().join(' and ')}`, { where });
}

function bearsName(taxonomy: Taxonomy, index: number, folded: string): boolean {
  return [taxonomy.names[index], ...(taxonomy.aliases.get(index) ?? [])].some(
    (name) => foldName(name) === folded,
  );
}

function rootsOf(taxonomy: Taxonomy): number[] {
  return Array.from({ length: taxonomy.rootCount }, (_, index) => index);
}

function interestLine(taxonomy: Taxonomy, index: number): string {
  const remarks = [`${taxonomy.ids[index]}`];
  const children = taxonomy.childStart[index + 1] - taxonomy.childStart[index];
  if (children > 0) remarks.push(countOf(children, 'child', 'children'));
  const aliases = taxonomy.aliases.get(index);
  if (aliases) remarks.push(`also ${aliases.join(', ')}`);
  if (taxonomy.unsafe[index]) remarks.push('unsafe');
  if (taxonomy.hidden[index]) remarks.push('hidden');
  return `${taxonomy.names[index]}  (${remarks.join('; ')})`;
}

function printBelow(taxonomy: Taxonomy, siblings: readonly number[], indent: string, depth: number): void {
  if (depth === 0) return;
  for (const [i, index] of siblings.entries()) {
    const last = i === siblings.length - 1;
    print(`${indent}${last ? '└─' : '├─'} ${interestLine(taxonomy, index)}`);
    printBelow(taxonomy, taxonomy.children(index), `${indent}${last ? '   ' : '│  '}`, depth - 1);
  }
}

interface InterestDocument {
  id: number;
  name: string;
  level: number;
  path: string[];
  aliases: readonly string[];
  translations: Readonly<Record<string, readonly string[]>>;
  unsafe: boolean;
  hidden: boolean;
  childCount: number;
  /** Absent below the depth asked for. */
  children?: InterestDocument[];
}

function documentOf(taxonomy: Taxonomy, index: number, depth: number): InterestDocument {
  const children = taxonomy.children(index);
  return {
    id: taxonomy.ids[index],
    name: taxonomy.names[index],
    level: taxonomy.level[index],
    path: taxonomy.path(index).map((i) => taxonomy.names[i]),
    aliases: taxonomy.aliases.get(index) ?? [],
    translations: taxonomy.translations.get(index) ?? {},
    unsafe: taxonomy.unsafe[index] === 1,
    hidden: taxonomy.hidden[index] === 1,
    childCount: children.length,
    ...(depth > 0 && { children: children.map((child) => documentOf(taxonomy, child, depth - 1)) }),
  };
}
