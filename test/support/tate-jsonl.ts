import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTate } from '../../shared/pins/tate.ts';

export const TATE = join(import.meta.dirname, '../../data/tate');

/** Writes every n-th Pin of the Tate sample as JSONL. Returns how many there are. */
export async function writeTateSample(path: string, everyNth: number): Promise<number> {
  const { pins } = await readTate(TATE);
  const chosen = pins.filter((_, i) => i % everyNth === 0);
  await writeFile(path, chosen.map((pin) => `${JSON.stringify(pin)}\n`).join(''));
  return chosen.length;
}
