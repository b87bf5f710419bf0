/*
 * Writes data/everyday/phrases.tsv.zst: everyday phrases in English and 20 columns of other languages, from what npm
 * packages ship. data/everyday/README.md says which packages, and how to unpack them.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { P2iError } from '../shared/errors/errors.ts';
import { keywordRows } from './everyday/keywords.ts';
import { ENGLISH, LANGUAGES } from './everyday/languages.ts';
import { Packages } from './everyday/packages.ts';
import { lineOf, merge, rowsOf, type Row } from './everyday/rows.ts';
import { SOURCES } from './everyday/sources.ts';

const USAGE =
  'usage: node scripts/everyday.ts --packages DIR   (data/everyday/README.md says what is in DIR)';
const OUTPUT = new URL('../data/everyday/phrases.tsv.zst', import.meta.url);

try {
  const { values } = parseArgs({ options: { packages: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) console.log(USAGE);
  else if (values.packages === undefined) throw new P2iError('CONFIG_INVALID', USAGE);
  else write(build(new Packages(values.packages)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** All rows: the concepts of every source, and the pairs of keywords found with their help. */
function build(packages: Packages): Row[] {
  const concepts = SOURCES.flatMap((source) => {
    const rows = rowsOf(source, packages);
    console.log(`${source.name}: ${rows.length} concepts`);
    return rows;
  });
  const keywords = keywordRows(merge(concepts), packages);
  console.log(`emoji keywords: ${keywords.length} pairs`);
  return merge([...concepts, ...keywords]);
}

function write(rows: readonly Row[]): void {
  const header = [ENGLISH, ...LANGUAGES].map(({ tag }) => tag).join('\t');
  const text = `${[header, ...rows.map((row) => lineOf(row))].join('\n')}\n`;
  const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 };
  const bytes = zstdCompressSync(text, { params });
  writeFileSync(OUTPUT, bytes);
  for (const [column, { tag }] of LANGUAGES.entries()) {
    console.log(`| ${tag} | ${rows.filter(({ cells }) => cells[column] !== '').length} |`);
  }
  console.log(`${rows.length} rows, ${bytes.length} bytes`);
}
