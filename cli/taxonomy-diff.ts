import type { Command } from 'commander';
import {
  diffTaxonomies,
  type InterestPlace,
  type MarkedInterest,
  type RenamedInterest,
} from '../shared/taxonomy/diff.ts';
import { readTaxonomy } from '../shared/taxonomy/read.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { countOf, formatCount, print, printJson } from './output.ts';

/** `p2i taxonomy diff`. */
export function addTaxonomyDiffCommand(taxonomy: Command): void {
  taxonomy
    .command('diff')
    .description('list what the second taxonomy changes in the first')
    .argument('<before>', 'taxonomy in JSONL')
    .argument('<after>', 'taxonomy in JSONL')
    .option('--json', 'print one JSON document, with every change')
    .addHelpText('after', '\nExample:\n  p2i taxonomy diff data/tate/taxonomy.jsonl changed.jsonl')
    .action(diff);
}

async function diff(before: string, after: string, options: { json?: true }): Promise<void> {
  const a = await readTaxonomy(before);
  const b = await readTaxonomy(after);
  if (options.json) printJson(diffDocument(a, b));
  else printDiff(a, b);
}

/** What `--json` says of a change from `a` to `b`. */
export function diffDocument(a: Taxonomy, b: Taxonomy): object {
  const changes = diffTaxonomies(a, b);
  const counts = Object.fromEntries(
    Object.entries(changes).map(([kind, list]: [string, unknown[]]) => [kind, list.length]),
  );
  const side = ({ version, size }: Taxonomy): object => ({ version, interests: size });
  return { before: side(a), after: side(b), counts, ...changes };
}

/** Of each kind of change the first; --json has them all. */
const SHOWN = 20;

/** Prints what `b` changes in `a`, kind by kind. */
export function printDiff(a: Taxonomy, b: Taxonomy): void {
  const { added, removed, merged, moved, renamed, marked, translated } = diffTaxonomies(a, b);
  const side = ({ version, size }: Taxonomy): string =>
    `${version} (${countOf(size, 'interest', 'interests')})`;
  print(`${side(a)} → ${side(b)}`);

  const heirs = new Map(
    merged.map(({ id, into }) => [id, `, merged into ${into.map(placeLine).join(' and ')}`]),
  );
  const kinds = [
    sectionOf('added', added, placeLine),
    sectionOf('removed', removed, (one) => placeLine(one) + (heirs.get(one.id) ?? '')),
    sectionOf('moved', moved, (one) => `${placeLine(one)}, was ${one.from}`),
    sectionOf('renamed', renamed, (one) => `${placeLine(one)}: ${namesLine(one)}`),
    sectionOf('with other marks', marked, (one) => `${placeLine(one)}: ${marksLine(one)}`),
    sectionOf('with other translations', translated, placeLine),
  ].flat();
  print(...(kinds.length > 0 ? kinds : ['no difference']));
}

/** A heading and the first of the changes; nothing where there are none. */
function sectionOf<T>(kind: string, changes: readonly T[], lineOf: (change: T) => string): string[] {
  if (changes.length === 0) return [];
  const lines = [`${formatCount(changes.length)} ${kind}`];
  for (const change of changes.slice(0, SHOWN)) lines.push(`  ${lineOf(change)}`);
  if (changes.length > SHOWN)
    lines.push(`  and ${formatCount(changes.length - SHOWN)} more; --json has them all`);
  return lines;
}

function placeLine({ id, path }: InterestPlace): string {
  return `${path} (${id})`;
}

function namesLine({ before, after }: RenamedInterest): string {
  const parts: string[] = [];
  if (before.name !== after.name) parts.push(`was ${JSON.stringify(before.name)}`);
  const gained = after.aliases.filter((alias) => !before.aliases.includes(alias));
  const lost = before.aliases.filter((alias) => !after.aliases.includes(alias));
  if (gained.length > 0) parts.push(`also ${gained.join(', ')}`);
  if (lost.length > 0) parts.push(`no longer ${lost.join(', ')}`);
  return parts.join('; ') || 'the same aliases in another order';
}

function marksLine({ before, after }: MarkedInterest): string {
  const marks = ['unsafe', 'hidden'] as const;
  const changed = marks.filter((mark) => before[mark] !== after[mark]);
  return changed.map((mark) => (after[mark] ? mark : `no longer ${mark}`)).join(', ');
}
