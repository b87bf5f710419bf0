import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { P2iError } from '../errors/errors.ts';
import type { LetterModel } from './letters.ts';
import type { LexiconContent, LexiconPart, LexiconTerm, Meaning } from './lexicon.ts';

/** manifest.json of a language's directory. */
const manifestSchema = z.object({
  format: z.literal(1),
  /** BCP-47. */
  tag: z.string(),
  /** Other tags that Pins may state for it, as `no` for Bokmål: written by hand, kept when it is learned again. */
  aliases: z.array(z.string()).default([]),
  /** In English, for people. */
  name: z.string(),
  /** Its usual script, ISO 15924. */
  script: z.string(),
  /** What it was learned from: parallel phrases, for people. */
  phrases: z.int().nonnegative(),
  terms: z.int().nonnegative(),
  parts: z.int().nonnegative(),
  letters: z.int().positive(),
});

export type LanguageManifest = z.infer<typeof manifestSchema>;

/** A language as data: all that P2I knows of it. English has letters only: it is what the others are translated to. */
export interface Language {
  manifest: LanguageManifest;
  lexicon: LexiconContent;
  letters: LetterModel;
}

export const MANIFEST = 'manifest.json';
const TERMS = 'terms.tsv.zst';
const PARTS = 'parts.tsv.zst';
const LETTERS = 'letters.tsv.zst';

/** Compresses well what is written once. */
const LEVEL = 19;

/** The tags of the languages in a directory of directories, sorted. @throws P2iError INPUT_UNREADABLE */
export async function languageTags(directory: string): Promise<string[]> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
  } catch (cause) {
    throw new P2iError('INPUT_UNREADABLE', 'the languages cannot be read', { where: directory, cause });
  }
  return names.sort();
}

/** @throws P2iError ARTEFACT_INVALID, naming the file */
export async function readManifest(directory: string): Promise<LanguageManifest> {
  const path = join(directory, MANIFEST);
  const text = (await read(path)).toString('utf8');
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'is no manifest of a language of format 1', { where: path, cause });
  }
}

/** Reads a language's directory. @throws P2iError ARTEFACT_INVALID, naming the file and the line */
export async function readLanguage(directory: string): Promise<Language> {
  const manifest = await readManifest(directory);
  const terms: LexiconTerm[] = [];
  for (const { cells, where } of await lines(join(directory, TERMS), manifest.terms)) {
    const [term, ...meanings] = cells;
    if (meanings.length === 0) throw new P2iError('ARTEFACT_INVALID', 'has no meaning', { where });
    terms.push({ words: term.split(' '), meanings: meanings.map((cell) => meaningOf(cell, where)) });
  }
  const parts: LexiconPart[] = [];
  for (const { cells, where } of await lines(join(directory, PARTS), manifest.parts)) {
    const [text, share, ...meanings] = cells;
    parts.push({
      text,
      share: within(numberOf(share, where), 1, where),
      meanings: meanings.map((cell) => meaningOf(cell, where)),
    });
  }
  const letters = new Map<string, number>();
  for (const { cells, where } of await lines(join(directory, LETTERS), manifest.letters))
    letters.set(cells[0], numberOf(cells[1], where));
  return { manifest, lexicon: { terms, parts }, letters };
}

/**
 * Writes a language's directory in one step: whoever reads it meanwhile has the old one or the new one. The aliases of a language that was
 * there are kept.
 */
export async function writeLanguage(directory: string, { manifest, lexicon, letters }: Language): Promise<void> {
  const aliases = await aliasesOf(directory);
  await mkdir(dirname(directory), { recursive: true });
  const made = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`));
  try {
    const termLines = lexicon.terms.map(({ words, meanings }) => [words.join(' '), ...meanings.map(cellOf)]);
    const partLines = lexicon.parts.map(({ text, share, meanings }) => [
      text,
      String(Number(share.toPrecision(4))),
      ...meanings.map(cellOf),
    ]);
    const letterLines = [...letters].map(([gram, log]) => [gram, log.toFixed(2)]);
    await writeLines(join(made, TERMS), termLines);
    await writeLines(join(made, PARTS), partLines);
    await writeLines(join(made, LETTERS), letterLines);
    await writeFile(join(made, MANIFEST), `${JSON.stringify({ ...manifest, aliases }, null, 2)}\n`);
    await chmod(made, 0o755);
    await rm(directory, { recursive: true, force: true });
    await rename(made, directory);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function aliasesOf(directory: string): Promise<string[]> {
  try {
    return (await readManifest(directory)).aliases;
  } catch {
    return [];
  }
}

/** The least that three digits say. */
const LEAST_WEIGHT = 0.001;

/** `0.25 sport trousers`; `1 ` means nothing. */
function cellOf({ weight, english }: Meaning): string {
  return `${Math.max(LEAST_WEIGHT, Number(weight.toFixed(3)))} ${english.join(' ')}`;
}

function meaningOf(cell: string, where: string): Meaning {
  const space = cell.indexOf(' ');
  if (space < 0)
    throw new P2iError('ARTEFACT_INVALID', `${JSON.stringify(cell)} is no weight and what it means`, { where });
  const weight = within(numberOf(cell.slice(0, space), where), 1, where);
  const english = cell.slice(space + 1);
  return { weight, english: english === '' ? [] : english.split(' ') };
}

function numberOf(text: string | undefined, where: string): number {
  const number = Number(text);
  if (text === undefined || text === '' || !Number.isFinite(number))
    throw new P2iError('ARTEFACT_INVALID', `${JSON.stringify(text ?? '')} is no number`, { where });
  return number;
}

/** The number, where it is in (0, most]. */
function within(number: number, most: number, where: string): number {
  if (number > 0 && number <= most) return number;
  throw new P2iError('ARTEFACT_INVALID', `${number} is not above 0 and at most ${most}`, { where });
}

/** The cells of each line of a compressed file. */
async function lines(path: string, expected: number): Promise<{ cells: string[]; where: string }[]> {
  const bytes = await read(path);
  let text: string;
  try {
    text = zstdDecompressSync(bytes).toString('utf8');
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'is truncated, or no zstd', { where: path, cause });
  }
  const all = text.split('\n').slice(0, -1);
  if (all.length !== expected)
    throw new P2iError('ARTEFACT_INVALID', `has ${all.length} of ${expected} lines`, { where: path });
  return all.map((line, i) => ({ cells: line.split('\t'), where: `${path}:${i + 1}` }));
}

async function writeLines(path: string, rows: readonly (readonly string[])[]): Promise<void> {
  const text = rows.map((cells) => `${cells.join('\t')}\n`).join('');
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  await writeFile(path, zstdCompressSync(text, { params }));
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'cannot be read', { where: path, cause });
  }
}
