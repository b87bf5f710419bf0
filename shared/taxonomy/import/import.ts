import { isUtf8 } from 'node:buffer';
import { P2iError } from '../../errors/errors.ts';
import { findAmbiguousNames } from '../ambiguity.ts';
import { checkTaxonomy, type TaxonomyRemark } from '../check.ts';
import { MAX_INTEREST_ID, type Interest } from '../interest.ts';
import { recogniseFormat, TAXONOMY_FORMATS, type TaxonomyFormat } from './format.ts';
import { assignIds, type AssignedIds } from './ids.ts';
import { importPaths } from './paths.ts';
import { label, type SourceInterest, type SourceTaxonomy } from './source.ts';
import { importTree } from './tree.ts';

/** A taxonomy of another format, as ours. */
export interface ImportedTaxonomy {
  format: TaxonomyFormat;
  /** How the interests got their ids. */
  ids: AssignedIds['kind'];
  /** In our JSONL, a line an interest, in the order of the source; SKOS, which has none, by IRI. */
  jsonl: Uint8Array;
  /** What the JSONL says; a valid taxonomy if and only if `problems` is empty. */
  interests: Interest[];
  /** Lines are those of the source; where it has none that tell, the message says which interest it is about. */
  problems: TaxonomyRemark[];
  warnings: TaxonomyRemark[];
  /** How many interests have several parents in the source; each keeps one. */
  polyhierarchy: number;
}

/** The libraries for RDF are loaded by whoever needs them alone. */
const IMPORTERS: Readonly<
  Record<TaxonomyFormat, (text: string) => SourceTaxonomy | Promise<SourceTaxonomy>>
> = {
  tree: importTree,
  paths: importPaths,
  turtle: async (text) => (await import('./turtle.ts')).importTurtle(text),
  rdfxml: async (text) => (await import('./rdf-xml.ts')).importRdfXml(text),
};

/**
 * Turns a taxonomy of another format into our JSONL, and checks it as any other. Every problem is reported at once.
 *
 * @param where names the bytes in errors
 * @param format without it, what the content looks like
 * @throws P2iError TAXONOMY_INVALID where it is not UTF-8; CONFIG_INVALID where the format is not recognised
 */
export async function importTaxonomy(
  bytes: Uint8Array,
  where: string,
  format?: TaxonomyFormat,
): Promise<ImportedTaxonomy> {
  if (!isUtf8(bytes)) throw new P2iError('TAXONOMY_INVALID', 'the file is not UTF-8', { where });
  const text = new TextDecoder().decode(bytes);
  const chosen = format ?? recogniseFormat(text);
  if (chosen === undefined) {
    const message = `${where} looks like no format that is imported; name it: ${TAXONOMY_FORMATS.join(', ')}`;
    throw new P2iError('CONFIG_INVALID', message, { where: '--format' });
  }
  return checked(await IMPORTERS[chosen](text), chosen);
}

function checked(source: SourceTaxonomy, format: TaxonomyFormat): ImportedTaxonomy {
  const problems = [...source.problems];
  const interests = distinct(source.interests, problems);
  const ids = assignIds(interests.map(({ id }) => id));
  for (const { number, first, second } of ids.collisions) {
    const message = `the ids ${label(first)} and ${label(second)} have the same hash, ${number}; change one of them`;
    problems.push({ line: 0, message });
  }
  const numbers = withUnknown(interests, ids);
  const jsonl = Buffer.from(interests.map((interest) => lineOf(interest, numbers)).join(''));

  const sourceIds = new Map([...numbers].map(([id, number]) => [number, id]));
  const labelOf = (id: number): string => label(sourceIds.get(id)!);
  const check = checkTaxonomy(jsonl, labelOf);
  const placeOf = (at: number): string => {
    const { id, line } = interests[check.lines[at] - 1];
    return line > 0 ? `${label(id)} (line ${line})` : label(id);
  };
  const inSource = ({ line, message }: TaxonomyRemark): TaxonomyRemark => {
    const interest = interests[line - 1];
    if (interest === undefined) return { line: 0, message };
    if (interest.line > 0) return { line: interest.line, message };
    return { line: 0, message: `${label(interest.id)}: ${message}` };
  };
  // Nothing follows from a tree whose nodes are mixed up, or from a file that could not be read at all.
  const isSound = ids.collisions.length === 0 && (interests.length > 0 || problems.length === 0);
  if (isSound) problems.push(...check.problems.map(inSource));
  const warnings = [
    ...source.warnings,
    ...[...check.warnings, ...findAmbiguousNames(check, placeOf)].map(inSource),
  ];
  const byLine = (a: TaxonomyRemark, b: TaxonomyRemark): number => a.line - b.line;
  return {
    ...{ format, ids: ids.kind, jsonl, interests: check.interests, polyhierarchy: source.polyhierarchy },
    problems: problems.sort(byLine),
    warnings: warnings.sort(byLine),
  };
}

/** The first interest of each id; the others are problems. */
function distinct(interests: readonly SourceInterest[], problems: TaxonomyRemark[]): SourceInterest[] {
  const byId = new Map<string, SourceInterest>();
  for (const interest of interests) {
    const first = byId.get(interest.id);
    if (first === undefined) {
      byId.set(interest.id, interest);
      continue;
    }
    const place = first.line > 0 ? `is already on line ${first.line}` : 'is there twice';
    problems.push({ line: interest.line, message: `the id ${label(interest.id)} ${place}` });
  }
  return [...byId.values()];
}

/** Parents that the source does not have get numbers that no interest has, so that the check finds them missing. */
function withUnknown(
  interests: readonly SourceInterest[],
  { numbers }: AssignedIds,
): ReadonlyMap<string, number> {
  const all = new Map(numbers);
  const used = new Set(numbers.values());
  let free = MAX_INTEREST_ID;
  for (const { parent } of interests) {
    if (parent === null || all.has(parent)) continue;
    while (used.has(free)) free--;
    all.set(parent, free--);
  }
  return all;
}

function lineOf(interest: SourceInterest, numbers: ReadonlyMap<string, number>): string {
  const { id, name, parent, level, aliases, translations } = interest;
  const line = {
    id: numbers.get(id)!,
    // The importer has said already that there is none.
    name: name ?? id,
    parent: parent === null ? null : numbers.get(parent)!,
    ...(level !== undefined && { level }),
    ...(aliases.length > 0 && { aliases }),
    ...(Object.keys(translations).length > 0 && { translations: onlyOnes(translations) }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** A language with one name has it as a string. */
function onlyOnes(translations: Readonly<Record<string, string[]>>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(translations).map(([tag, names]) => [tag, names.length === 1 ? names[0] : names]),
  );
}
