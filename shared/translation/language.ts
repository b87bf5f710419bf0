import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { P2iError } from '../errors/errors.ts';
import { writeLetters, type LetterModel } from './letters.ts';
import { writeLexicon, type LexiconContent, type LexiconText } from './lexicon.ts';

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
  spellings: z.int().nonnegative(),
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
const SPELLING = 'spelling.tsv.zst';
const LETTERS = 'letters.tsv.zst';

/** Compresses well what is written once. */
const LEVEL = 19;

/** The tags of the languages in a directory of directories, sorted. @throws P2iError INPUT_UNREADABLE */
export async function languageTags(directory: string): Promise<string[]> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    names = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
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
    throw new P2iError('ARTEFACT_INVALID', 'is no manifest of a language of format 1', {
      where: path,
      cause,
    });
  }
}

/** A language as the text of its files. */
export interface LanguageText {
  manifest: LanguageManifest;
  lexicon: LexiconText;
  /** A run of letters and its chance a line. */
  letters: string;
  /** The directory that it is from; empty where it was just learned. */
  directory: string;
}

/** A language as its files hold it. */
export function textOf({ manifest, lexicon, letters }: Language): LanguageText {
  const text = writeLexicon(lexicon);
  return {
    manifest: {
      ...manifest,
      ...{
        terms: linesIn(text.terms),
        parts: linesIn(text.parts),
        spellings: linesIn(text.spelling),
        letters: letters.size,
      },
    },
    lexicon: text,
    letters: writeLetters(letters),
    directory: '',
  };
}

/** The paths of a language's lexicon. */
export function lexiconPaths(directory: string): LexiconText {
  return {
    terms: join(directory, TERMS),
    parts: join(directory, PARTS),
    spelling: join(directory, SPELLING),
  };
}

export function lettersPath(directory: string): string {
  return join(directory, LETTERS);
}

/** Reads a language's directory. @throws P2iError ARTEFACT_INVALID, naming the file */
export async function readLanguage(directory: string): Promise<LanguageText> {
  const manifest = await readManifest(directory);
  const paths = lexiconPaths(directory);
  const [terms, parts, spelling, letters] = await Promise.all([
    readText(paths.terms, manifest.terms),
    readText(paths.parts, manifest.parts),
    readText(paths.spelling, manifest.spellings),
    readText(lettersPath(directory), manifest.letters),
  ]);
  return { manifest, lexicon: { terms, parts, spelling }, letters, directory };
}

/**
 * Writes a language's directory in one step: whoever reads it meanwhile has the old one or the new one. The aliases of a language that was
 * there are kept.
 */
export async function writeLanguage(directory: string, language: Language): Promise<void> {
  const text = textOf(language);
  const aliases = await aliasesOf(directory);
  await mkdir(dirname(directory), { recursive: true });
  const made = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`));
  try {
    await writeText(join(made, TERMS), text.lexicon.terms);
    await writeText(join(made, PARTS), text.lexicon.parts);
    await writeText(join(made, SPELLING), text.lexicon.spelling);
    await writeText(join(made, LETTERS), text.letters);
    await writeFile(join(made, MANIFEST), `${JSON.stringify({ ...text.manifest, aliases }, null, 2)}\n`);
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

const decompress = promisify(zstdDecompress);

async function readText(path: string, expected: number): Promise<string> {
  const bytes = await read(path);
  let text: string;
  try {
    text = (await decompress(bytes)).toString('utf8');
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'is truncated, or no zstd', { where: path, cause });
  }
  const lines = linesIn(text);
  if (lines === expected) return text;
  throw new P2iError('ARTEFACT_INVALID', `has ${lines} of ${expected} lines`, { where: path });
}

function linesIn(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

async function writeText(path: string, text: string): Promise<void> {
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
