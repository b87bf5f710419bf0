import { P2iError } from '../../shared/errors/errors.ts';
import type { Tables } from '../support/report.ts';

/**
 * Puts each table between its marks, `<!-- name -->` and `<!-- /name -->`, in place of the one that stands there.
 *
 * @throws P2iError CONFIG_INVALID where the marks of a table are missing
 */
export function withTables(document: string, tables: Tables): string {
  let text = document;
  for (const [name, rows] of Object.entries(tables)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = text.indexOf(open);
    const to = text.indexOf(close);
    if (from < 0 || to < from)
      throw new P2iError('CONFIG_INVALID', `it has no place for the table ${name}`, { where: '--doc' });
    text = `${text.slice(0, from + open.length)}\n\n${markdownTable(rows)}\n\n${text.slice(to)}`;
  }
  return text;
}

function markdownTable(rows: readonly Record<string, string | number>[]): string {
  const header = Object.keys(rows[0]);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join(
    '\n',
  );
}
