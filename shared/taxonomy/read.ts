import { P2iError } from '../errors/errors.ts';
import { readCompressed } from '../files/compressed.ts';
import { checkTaxonomy, type TaxonomyRemark } from './check.ts';
import { Taxonomy } from './taxonomy.ts';

/** How many problems the message of a TAXONOMY_INVALID spells out; the rest is a count. */
const PROBLEMS_SHOWN = 50;

/**
 * Loads a taxonomy from its JSONL file, which may be compressed with zstd.
 *
 * @param version the name it is published under; without it a hash of the content
 * @throws P2iError INPUT_UNREADABLE; TAXONOMY_INVALID, whose message lists the problems with their lines
 */
export async function readTaxonomy(path: string, version?: string): Promise<Taxonomy> {
  return parseTaxonomy(await readTaxonomyBytes(path), path, version);
}

/**
 * The bytes of a taxonomy file; of one that is compressed with zstd, what it holds.
 *
 * @throws P2iError INPUT_UNREADABLE; TAXONOMY_INVALID where the zstd data is broken
 */
export async function readTaxonomyBytes(path: string): Promise<Uint8Array> {
  return readCompressed(path, 'the taxonomy', 'TAXONOMY_INVALID');
}

/** As {@link readTaxonomy}, from bytes in memory; `where` names them in errors. */
export function parseTaxonomy(bytes: Uint8Array, where: string, version?: string): Taxonomy {
  const { interests, problems } = checkTaxonomy(bytes);
  if (problems.length > 0) throw new P2iError('TAXONOMY_INVALID', describeProblems(problems), { where });
  return new Taxonomy(interests, version);
}

function describeProblems(problems: readonly TaxonomyRemark[]): string {
  const lines = problems
    .slice(0, PROBLEMS_SHOWN)
    .map(({ line, message }) => (line > 0 ? `line ${line}: ${message}` : message));
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`and ${hidden} more`);
  return `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n  ${lines.join('\n  ')}`;
}
