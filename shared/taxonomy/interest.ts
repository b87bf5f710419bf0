import { canonicalTag } from '../language/tag.ts';

/** The deepest level that a taxonomy may have; roots are level 1. */
export const MAX_LEVEL = 10;

/** The greatest interest id: ids travel as signed 32-bit integers. */
export const MAX_INTEREST_ID = 2 ** 31 - 1;

/** One interest as its source line says it, with the optional fields filled in. */
export interface Interest {
  /** Positive, unique in the taxonomy, stable across versions. */
  id: number;
  /** The English name. */
  name: string;
  /** Id of the parent; null for an interest of level 1. */
  parent: number | null;
  /** Other English names. */
  aliases: string[];
  /** Names in other languages, by BCP-47 tag. Shown to people; matching never reads them. */
  translations: Record<string, string[]>;
  /** The unsafe-content consumer acts on Pins of this interest. */
  unsafe: boolean;
  /** Kept in the tree, never given to a Pin. */
  hidden: boolean;
}

/** A parsed line: the interest as far as it could be understood, the level that it claims, and what is wrong. */
export interface ParsedLine {
  /** Undefined where the line has no usable id, so that nothing can refer to it. */
  interest: Interest | undefined;
  claimedLevel: number | undefined;
  problems: string[];
  warnings: string[];
}

const KNOWN_FIELDS = new Set([
  'id',
  'name',
  'parent',
  'level',
  'aliases',
  'translations',
  'unsafe',
  'hidden',
]);

/** Parses one line of a taxonomy's JSONL. Never throws; everything wrong with the line is in `problems`. */
export function parseInterestLine(line: string): ParsedLine {
  const problems: string[] = [];
  const warnings: string[] = [];
  const parsed: ParsedLine = { interest: undefined, claimedLevel: undefined, problems, warnings };

  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    problems.push(`malformed JSON: ${(error as SyntaxError).message}`);
    return parsed;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push('the line is not a JSON object');
    return parsed;
  }
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    if (!KNOWN_FIELDS.has(key)) warnings.push(`unknown field ${JSON.stringify(key)} is ignored`);
  }

  if (fields.id === undefined) problems.push('the id is missing');
  else if (!isInterestId(fields.id)) problems.push(`the id is ${show(fields.id)}, not ${POSITIVE_ID}`);

  let parent: number | null = null;
  if (isInterestId(fields.parent)) parent = fields.parent;
  else if (fields.parent === undefined) problems.push('the parent is missing; a root says "parent": null');
  else if (fields.parent !== null)
    problems.push(`the parent is ${show(fields.parent)}, neither null nor ${POSITIVE_ID}`);

  const name = text(fields.name, 'the name', problems);
  const aliases = fields.aliases === undefined ? [] : texts(fields.aliases, 'aliases', problems);
  const translations = fields.translations === undefined ? {} : byLanguage(fields.translations, problems);
  const unsafe = flag(fields.unsafe, 'unsafe', problems);
  const hidden = flag(fields.hidden, 'hidden', problems);
  if (fields.level !== undefined) {
    if (Number.isInteger(fields.level)) parsed.claimedLevel = fields.level as number;
    else problems.push(`the level is ${show(fields.level)}, not an integer`);
  }

  if (isInterestId(fields.id))
    parsed.interest = { id: fields.id, name, parent, aliases, translations, unsafe, hidden };
  return parsed;
}

const POSITIVE_ID = `an integer from 1 to ${MAX_INTEREST_ID}`;

function isInterestId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_INTEREST_ID;
}

/** Only scalars are spelled out: a value of any depth and size may stand where one is expected. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}

function text(value: unknown, what: string, problems: string[]): string {
  if (value === undefined) problems.push(`${what} is missing`);
  else if (typeof value !== 'string') problems.push(`${what} is not a string`);
  else if (value.trim() === '') problems.push(`${what} is empty`);
  else if (!value.isWellFormed()) problems.push(`${what} has a lone surrogate`);
  else return value;
  return '';
}

function texts(value: unknown, what: string, problems: string[]): string[] {
  if (!Array.isArray(value)) {
    problems.push(`${what} is not an array of strings`);
    return [];
  }
  return value.map((item, i) => text(item, `${what}[${i}]`, problems));
}

function byLanguage(value: unknown, problems: string[]): Record<string, string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push('translations is not an object of language tags');
    return {};
  }
  const translations: Record<string, string[]> = {};
  for (const [tag, names] of Object.entries(value)) {
    const what = `translations.${tag}`;
    if (canonicalTag(tag) !== undefined)
      translations[tag] =
        typeof names === 'string' ? [text(names, what, problems)] : texts(names, what, problems);
    else problems.push(`translations: ${show(tag)} is not a BCP-47 tag`);
  }
  return translations;
}

function flag(value: unknown, what: string, problems: string[]): boolean {
  if (value === undefined || value === false) return false;
  if (value !== true) problems.push(`${what} is neither true nor false`);
  return value === true;
}
