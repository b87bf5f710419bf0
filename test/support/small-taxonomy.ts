import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TATE } from './tate-jsonl.ts';

/** The upper two levels of the Tate taxonomy: real, and built in no time by workers that come and go. */
export async function smallTaxonomy(): Promise<Buffer> {
  const lines = (await readFile(join(TATE, 'taxonomy.jsonl'), 'utf8')).trimEnd().split('\n');
  const upper = lines.filter((line) => (JSON.parse(line) as { level: number }).level <= 2);
  return Buffer.from(`${upper.join('\n')}\n`);
}
