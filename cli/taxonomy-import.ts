import { rename, writeFile } from 'node:fs/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import { Option, type Command } from 'commander';
import { P2iError } from '../shared/errors/errors.ts';
import { TAXONOMY_FORMATS, type TaxonomyFormat } from '../shared/taxonomy/import/format.ts';
import { importTaxonomy } from '../shared/taxonomy/import/import.ts';
import { readTaxonomyBytes } from '../shared/taxonomy/read.ts';
import { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { countOf, print, printJson } from './output.ts';
import { invalidAsListed, printRemarks, summaryOf } from './taxonomy-report.ts';

interface ImportOptions {
  output: string;
  format?: TaxonomyFormat;
  dryRun?: true;
  json?: true;
}

/** `p2i taxonomy import`. */
export function addTaxonomyImportCommand(taxonomy: Command): void {
  taxonomy
    .command('import')
    .description('turn a taxonomy of another format into our JSONL: Shopify’s, Google’s, or SKOS')
    .argument('<file>', 'JSON tree, product-taxonomy text, Turtle or RDF/XML; compressed with zstd or not')
    .requiredOption('--output <file>', 'where the JSONL goes, compressed where the name ends in .zst')
    .addOption(
      new Option('--format <name>', 'what the file is (default: what its content looks like)').choices(
        TAXONOMY_FORMATS,
      ),
    )
    .option('--dry-run', 'convert and check it, but write nothing')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  p2i taxonomy import thesaurus.ttl --output taxonomy.jsonl --dry-run')
    .action(importFile);
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const { output, dryRun, json } = options;
  const imported = await importTaxonomy(await readTaxonomyBytes(file), file, options.format);
  const { format, ids, polyhierarchy, problems, warnings } = imported;
  const taxonomy = problems.length === 0 ? new Taxonomy(imported.interests) : undefined;
  const written = taxonomy !== undefined && !dryRun;
  if (written) await write(output, imported.jsonl);

  if (json)
    printJson({
      ...{ file, format, output, written, ids, polyhierarchy },
      valid: taxonomy !== undefined,
      version: taxonomy?.version ?? null,
      interests: imported.interests.length,
      interestsByLevel: taxonomy?.countByLevel() ?? null,
      problems,
      warnings,
    });
  else {
    printRemarks(file, problems, warnings);
    if (polyhierarchy > 0)
      print(
        `${countOf(polyhierarchy, 'concept has', 'concepts have')} several parents, of which the first is kept`,
      );
    if (taxonomy) {
      const how = ids === 'kept' ? 'the ids of the source' : 'ids hashed from those of the source';
      print(`${output} ${written ? 'is written' : 'would be written'}: ${summaryOf(taxonomy)}; ${how}`);
    }
  }
  if (!taxonomy) throw invalidAsListed(file, problems);
}

/** Packed once, read often. */
const ZSTD = {
  params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Whole or not at all. */
async function write(path: string, jsonl: Uint8Array): Promise<void> {
  try {
    await writeFile(`${path}.new`, path.endsWith('.zst') ? zstdCompressSync(jsonl, ZSTD) : jsonl);
    await rename(`${path}.new`, path);
  } catch (cause) {
    const message = `the file cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
    throw new P2iError('CONFIG_INVALID', message, { where: `--output ${path}`, cause });
  }
}
