import type { TaxonomyRemark } from '../shared/taxonomy/check.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import { P2iError } from '../shared/errors/errors.ts';
import { countOf, formatCount, print } from './output.ts';

/** Problems are all printed; of the warnings, which a large taxonomy has by the hundred, the first. */
const WARNINGS_SHOWN = 20;

/** Prints what is doubtful and what is wrong with a taxonomy file, a line each. */
export function printRemarks(
  file: string,
  problems: readonly TaxonomyRemark[],
  warnings: readonly TaxonomyRemark[],
): void {
  const line = (kind: string, { line, message }: TaxonomyRemark): string =>
    `${line > 0 ? `${file}:${line}` : file}: ${kind}: ${message}`;
  for (const warning of warnings.slice(0, WARNINGS_SHOWN)) print(line('warning', warning));
  if (warnings.length > WARNINGS_SHOWN)
    print(
      `and ${countOf(warnings.length - WARNINGS_SHOWN, 'more warning', 'more warnings')}; --json has them all`,
    );
  for (const problem of problems) print(line('problem', problem));
}

/** What a command fails with whose problems have been printed. */
export function invalidAsListed(file: string, problems: readonly TaxonomyRemark[]): P2iError {
  const message = `${countOf(problems.length, 'problem', 'problems')}, listed above`;
  return new P2iError('TAXONOMY_INVALID', message, { where: file });
}

/** `16,632 interests (L1 16, L2 161, L3 16,455), version e25bc734a155` */
export function summaryOf(taxonomy: Taxonomy): string {
  const levels = taxonomy.countByLevel().map((count, i) => `L${i + 1} ${formatCount(count)}`);
  return `${formatCount(taxonomy.size)} interests (${levels.join(', ')}), version ${taxonomy.version}`;
}
