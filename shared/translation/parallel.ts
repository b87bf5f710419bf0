import { isUtf8 } from 'node:buffer';
import { P2iError } from '../errors/errors.ts';
import { readCompressed } from '../files/compressed.ts';
import { canonicalTag } from '../language/tag.ts';
import { parseTaxonomy } from '../taxonomy/read.ts';
import { ENGLISH } from './languages.ts';
import type { ParallelPhrase } from './learning/corpus.ts';

/** Whether a BCP-47 tag is a language's own, or one of its kinds: `pt-BR` is of `pt`. Case makes no difference. */
export function isOfLanguage(tag: string, language: string): boolean {
  const [own, of] = [tag.toLowerCase(), language.toLowerCase()];
  return own === of || own.startsWith(`${of}-`);
}

/** A file of phrases that mean the same in English and in other languages. */
export class ParallelText {
  readonly path: string;
  /** All that the file has in English, in its order. */
  readonly english: readonly string[];
  readonly #byTag: ReadonlyMap<string, readonly ParallelPhrase[]>;

  /** @param byTag the phrases beside English, by the tag that they have in the file */
  constructor(
    path: string,
    english: readonly string[],
    byTag: ReadonlyMap<string, readonly ParallelPhrase[]>,
  ) {
    this.path = path;
    this.english = english;
    this.#byTag = byTag;
  }

  has(language: string): boolean {
    return this.#tagsOf(language).length > 0;
  }

  /**
   * The phrases of all tags that are of the language, none of them empty.
   *
   * @throws P2iError PHRASES_INVALID where the file has no such tag
   */
  phrasesOf(language: string): ParallelPhrase[] {
    const tags = this.#tagsOf(language);
    if (tags.length > 0) return tags.flatMap((tag) => this.#byTag.get(tag)!);
    const message = `has no ${language} beside English, but ${[...this.#byTag.keys()].join(', ') || 'nothing'}`;
    throw new P2iError('PHRASES_INVALID', message, { where: this.path });
  }

  #tagsOf(language: string): string[] {
    return [...this.#byTag.keys()].filter((tag) => isOfLanguage(tag, language));
  }
}

/**
 * Reads parallel phrases, compressed with zstd or not. What the file is, its content says: a taxonomy in JSONL, whose
 * interests have a name and translations, or else tab-separated phrases under a line of BCP-47 tags.
 *
 * @throws P2iError INPUT_UNREADABLE; PHRASES_INVALID, naming the line; TAXONOMY_INVALID, naming all lines
 */
export async function readParallel(path: string): Promise<ParallelText> {
  const bytes = await readCompressed(path, 'the phrases', 'PHRASES_INVALID');
  const text = new TextDecoder().decode(bytes);
  if (text.trimStart().startsWith('{')) return ofTaxonomy(bytes, path);
  if (!isUtf8(bytes)) throw invalid('is not UTF-8', path, lineOfBrokenText(bytes));
  return ofTable(text, path);
}

function ofTaxonomy(bytes: Uint8Array, path: string): ParallelText {
  const { names, translations } = parseTaxonomy(bytes, path);
  const byTag = new Map<string, ParallelPhrase[]>();
  for (const [interest, byLanguage] of translations) {
    for (const [tag, phrases] of Object.entries(byLanguage)) {
      if (!byTag.has(tag)) byTag.set(tag, []);
      for (const phrase of phrases) byTag.get(tag)!.push({ phrase, english: names[interest] });
    }
  }
  return new ParallelText(path, names, byTag);
}

/** Of a header that is none, so much is shown. */
const MAX_SHOWN = 200;

function ofTable(text: string, path: string): ParallelText {
  const [header, ...rows] = text.split(/\r?\n/).map((line) => line.split('\t').map((cell) => cell.trim()));
  const englishAt = header.indexOf(ENGLISH);
  if (englishAt < 0) {
    const message = `the header has no column ${ENGLISH}, but ${header.join(', ').slice(0, MAX_SHOWN)}`;
    throw invalid(message, path, 1);
  }
  header.forEach((tag, column) => {
    if (canonicalTag(tag) === undefined) throw invalid(`${JSON.stringify(tag)} is no BCP-47 tag`, path, 1);
    if (header.indexOf(tag) < column) throw invalid(`there are two columns ${tag}`, path, 1);
  });
  const english: string[] = [];
  const columns = header.map((): ParallelPhrase[] => []);
  rows.forEach((cells, r) => {
    if (cells.length === 1 && cells[0] === '') return;
    if (cells.length !== header.length)
      throw invalid(`has ${cells.length} cells under a header of ${header.length}`, path, r + 2);
    const meaning = cells[englishAt];
    if (meaning === '') return;
    english.push(meaning);
    cells.forEach((phrase, c) => {
      if (phrase !== '') columns[c].push({ phrase, english: meaning });
    });
  });
  const byTag = new Map(header.map((tag, c) => [tag, columns[c]]));
  byTag.delete(ENGLISH);
  return new ParallelText(path, english, byTag);
}

const LINE_FEED = 0x0a;

function lineOfBrokenText(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function invalid(message: string, path: string, line: number): P2iError {
  return new P2iError('PHRASES_INVALID', message, { where: `${path}:${line}` });
}
