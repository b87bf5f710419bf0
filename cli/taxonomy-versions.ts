import type { Command } from 'commander';
import { readTaxonomyBytes } from '../shared/taxonomy/read.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { liveVersions, newestTaxonomy } from '../workers/taxonomies/live.ts';
import { checkLive, isPublished, publishVersion, retireVersion } from '../workers/taxonomies/publish.ts';
import { packTaxonomy, unpackTaxonomy, type TaxonomyVersion } from '../workers/taxonomies/topic.ts';
import { addLogOptions, withLog, type LogOptions } from './log-options.ts';
import { countOf, formatTable, print, printJson, warn } from './output.ts';
import { diffDocument, printDiff } from './taxonomy-diff.ts';

/** `p2i taxonomy publish|retire|list`. */
export function addTaxonomyVersionCommands(taxonomy: Command): void {
  addLogOptions(
    taxonomy
      .command('publish')
      .description('publish a taxonomy as a version that never changes; workers take it up by themselves')
      .argument('<file>', 'taxonomy in JSONL')
      .option('--as <version>', 'name of the version (default: a hash of its content)')
      .option('--reason <text>', 'why, for people', '')
      .option('--dry-run', 'check it and show what it changes, but publish nothing')
      .option('--json', 'print one JSON document')
      .addHelpText(
        'after',
        '\nExample:\n  p2i taxonomy publish data/tate/taxonomy.jsonl --as 2026-11 --dry-run --state .p2i',
      ),
  ).action(publish);

  addLogOptions(
    taxonomy
      .command('retire')
      .description('end a version: workers drop it, and batches that name it go to the dead letters')
      .argument('<version>', 'a live version')
      .option('--dry-run', 'check that it is live, but retire nothing')
      .option('--json', 'print one JSON document')
      .addHelpText('after', '\nExample:\n  p2i taxonomy retire 2026-10 --state .p2i'),
  ).action(retire);

  addLogOptions(
    taxonomy
      .command('list')
      .description('list the live versions in the order of publishing')
      .option('--json', 'print one JSON document')
      .addHelpText('after', '\nExample:\n  p2i taxonomy list --state .p2i'),
  ).action(list);
}

type PublishOptions = LogOptions & { as?: string; reason: string; dryRun?: true; json?: true };

async function publish(file: string, options: PublishOptions): Promise<void> {
  const { as: name, reason, dryRun } = options;
  const details = { version: name, reason, published: Date.now() };
  const version = packTaxonomy(await readTaxonomyBytes(file), file, details);
  const taxonomy = await unpackTaxonomy(version, file);
  await withLog(options, async ({ log, registry }) => {
    const live = await liveVersions(log, registry, warn);
    const known = isPublished(version, live);
    const newest = known ? undefined : await newestTaxonomy(live, warn);
    const published = !known && !dryRun;
    if (published) await publishVersion(log, registry, version);

    if (options.json) {
      const diff = newest === undefined ? null : diffDocument(newest, taxonomy);
      printJson({ ...documentOf(version), published, known, diff });
    } else
      report(
        version,
        taxonomy,
        newest,
        known ? 'is published already' : dryRun ? 'would be published' : 'is published',
      );
  });
}

function report(
  version: TaxonomyVersion,
  taxonomy: Taxonomy,
  newest: Taxonomy | undefined,
  outcome: string,
): void {
  if (newest !== undefined) printDiff(newest, taxonomy);
  print(
    `${version.version} ${outcome}: ${countOf(version.interests, 'interest', 'interests')}, content ${version.content}`,
  );
}

async function retire(version: string, options: LogOptions & { dryRun?: true; json?: true }): Promise<void> {
  await withLog(options, async ({ log, registry }) => {
    const live = await liveVersions(log, registry, warn);
    checkLive(version, live);
    if (!options.dryRun) await retireVersion(log, version, Date.now());

    const left = [...live.keys()].filter((name) => name !== version);
    if (options.json) printJson({ version, retired: !options.dryRun, left });
    else {
      print(
        `${version} ${options.dryRun ? 'would be retired' : 'is retired'}; left: ${left.join(', ') || 'none'}`,
      );
    }
  });
}

async function list(options: LogOptions & { json?: true }): Promise<void> {
  await withLog(options, async ({ log, registry }) => {
    const live = [...(await liveVersions(log, registry, warn)).values()];
    if (options.json) {
      printJson(live.map(({ where, published }) => ({ ...documentOf(published), record: where })));
      return;
    }
    if (live.length === 0) {
      print('no version is live; `p2i taxonomy publish FILE` publishes one');
      return;
    }
    const rows = live.map(({ published: { version, published, interests, content, taxonomy, reason } }) => [
      version,
      new Date(published).toISOString(),
      interests,
      taxonomy.length,
      content,
      reason,
    ]);
    print(formatTable(['version', 'published', 'interests', 'bytes', 'content', 'reason'], rows));
  });
}

/** A version without its taxonomy. */
function documentOf({ taxonomy, published, ...version }: TaxonomyVersion): object {
  return { ...version, publishedAt: new Date(published).toISOString(), bytes: taxonomy.length };
}
