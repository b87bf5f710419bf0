import type { Language } from './languages.ts';
import { ENGLISH, LANGUAGES } from './languages.ts';
import type { Packages } from './packages.ts';
import { phraseOf } from './phrases.ts';
import type { Names, Source } from './sources.ts';

/** A concept: its English phrase, and beside each language of LANGUAGES its phrase, empty where there is none. */
export interface Row {
  readonly english: string;
  readonly cells: readonly string[];
}

/** The concepts of a source that have a plain English phrase and at least one translation. */
export function rowsOf(source: Source, packages: Packages): Row[] {
  const english = source.names(packages, ENGLISH);
  const others = LANGUAGES.map((language) => source.names(packages, language));
  const rows: Row[] = [];
  for (const [key, raw] of english) {
    const phrase = phraseOf(raw, ENGLISH);
    if (phrase === undefined) continue;
    const cells = LANGUAGES.map((language, index) => cellOf(others[index], key, phrase, language, source));
    if (cells.some((cell) => cell !== '')) rows.push({ english: phrase.text, cells });
  }
  return rows;
}

/** A qualifier that English has and the translation lacks is part of the latter: it says more than what is left. */
function cellOf(
  names: Names,
  key: string,
  english: { readonly text: string; readonly qualified: boolean },
  language: Language,
  source: Source,
): string {
  const phrase = phraseOf(names.get(key), language);
  if (phrase === undefined || (english.qualified && !phrase.qualified)) return '';
  if (!source.trusted && same(phrase.text, english.text)) return '';
  return phrase.text;
}

/**
 * Rows without repetition, sorted. A row joins another of the same English phrase where no cell of the two differs;
 * a row whose every pair of phrases other rows have is left out. Case makes no difference here.
 */
export function merge(rows: readonly Row[]): Row[] {
  const concepts = Map.groupBy(rows, ({ english }) => english.toLowerCase());
  return [...concepts.values()].flatMap((concept) => mergeConcept(concept)).sort(compareRows);
}

function mergeConcept(rows: readonly Row[]): Row[] {
  const merged: { readonly english: string; readonly cells: string[] }[] = [];
  for (const { english, cells } of rows.toSorted((a, b) => filled(b) - filled(a) || compareRows(a, b))) {
    const isNew = (cell: string, column: number): boolean =>
      cell !== '' && !merged.some((other) => same(other.cells[column], cell));
    if (!cells.some(isNew)) continue;
    const host = merged.find((other) => other.cells.every((cell, column) => compatible(cell, cells[column])));
    if (host === undefined) merged.push({ english, cells: [...cells] });
    else for (const [column, cell] of cells.entries()) host.cells[column] ||= cell;
  }
  return merged;
}

const compatible = (a: string, b: string): boolean => a === '' || b === '' || same(a, b);

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const filled = (row: Row): number => row.cells.filter((cell) => cell !== '').length;

/** By the English phrase, then by the cells; by code units, so that every machine sorts alike. */
function compareRows(a: Row, b: Row): number {
  return compare(lineOf(a), lineOf(b));
}

/** A row as a line of the file. */
export function lineOf({ english, cells }: Row): string {
  return [english, ...cells].join('\t');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
