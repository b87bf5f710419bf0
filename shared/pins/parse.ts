import { canonicalTag } from '../language/tag.ts';
import { P2iError } from '../errors/errors.ts';
import type { Annotation, Board, Engagement, Pin } from './pin.ts';

/**
 * What one Pin may hold at most. Far above real Pins, and low enough that no single Pin slows its neighbours.
 * Characters are UTF-16 code units. docs/pins.md repeats the numbers.
 */
export const PIN_LIMITS = {
  /** A line of JSONL, in bytes. A longer one is refused unread, so that no line can exhaust the memory. */
  lineBytes: 4 * 1024 * 1024,
  /** A Pin id or a board id. */
  idCharacters: 256,
  /** Title and description together. */
  textCharacters: 100_000,
  annotations: 1_000,
  boards: 1_000,
  /** An annotation's term, one of its sources, a board's name, the kind. */
  nameCharacters: 1_000,
  sourcesPerAnnotation: 100,
  embeddingDimensions: 4_096,
} as const;

const MAX_TIMESTAMP = 8.64e15;
/** The largest integer that the wire takes. */
const MAX_VERSION = Number.MAX_SAFE_INTEGER - 1;

/** Where the Pin came from, for errors, and whether its text had to be repaired. */
interface Context {
  readonly where: string;
  repaired: boolean;
}

type Fields = Record<string, unknown>;

/**
 * Makes a Pin of a parsed JSON value. Absent and null optional fields get their defaults, unknown fields are ignored,
 * lone surrogates in text (never in ids) become U+FFFD.
 *
 * @param where names the place in errors: `pins.jsonl:17`
 * @returns the Pin, and whether text was repaired
 * @throws P2iError PIN_INVALID, PIN_TOO_LARGE
 */
export function parsePin(value: unknown, where: string): { pin: Pin; repaired: boolean } {
  const context: Context = { where, repaired: false };
  const fields = object(value, 'the Pin', context);
  if (fields.id === undefined || fields.id === null) throw invalid('the id is missing', context);
  const id = identifier(fields.id, 'the id', context);
  const title = text(fields.title, 'title', PIN_LIMITS.textCharacters, context);
  const description = text(fields.description, 'description', PIN_LIMITS.textCharacters, context);
  const textCharacters = title.length + description.length;
  if (textCharacters > PIN_LIMITS.textCharacters)
    throw tooLarge(
      'title and description have',
      textCharacters,
      'characters',
      PIN_LIMITS.textCharacters,
      context,
    );

  const pin: Pin = {
    id,
    version: integer(fields.version, 'version', 1, MAX_VERSION, context),
    createdAt: integer(fields.createdAt, 'createdAt', 0, MAX_TIMESTAMP, context),
    title,
    description,
    language: language(fields.language, context),
    annotations: array(fields.annotations, 'annotations', PIN_LIMITS.annotations, context).map((item, i) =>
      annotation(item, `annotations[${i}]`, context),
    ),
    boards: array(fields.boards, 'boards', PIN_LIMITS.boards, context).map((item, i) =>
      board(item, `boards[${i}]`, context),
    ),
    engagement: engagement(fields.engagement, context),
    kind: text(fields.kind, 'kind', PIN_LIMITS.nameCharacters, context) || null,
    country: country(fields.country, context),
    embedding: embedding(fields.embedding, context),
    deleted: flag(fields.deleted, 'deleted', context),
  };
  return { pin, repaired: context.repaired };
}

function annotation(value: unknown, what: string, context: Context): Annotation {
  if (typeof value === 'string') {
    const term = text(value, what, PIN_LIMITS.nameCharacters, context);
    return { term, confidence: 1, sources: [] };
  }
  const fields = object(value, what, context);
  if (typeof fields.term !== 'string') throw invalid(`${what}.term is not a string`, context);
  return {
    term: text(fields.term, `${what}.term`, PIN_LIMITS.nameCharacters, context),
    confidence: share(fields.confidence, `${what}.confidence`, context) ?? 1,
    sources: array(fields.sources, `${what}.sources`, PIN_LIMITS.sourcesPerAnnotation, context).map(
      (source, i) => {
        const at = `${what}.sources[${i}]`;
        if (typeof source !== 'string') throw invalid(`${at} is not a string`, context);
        return text(source, at, PIN_LIMITS.nameCharacters, context);
      },
    ),
  };
}

function board(value: unknown, what: string, context: Context): Board {
  const fields = object(value, what, context);
  return {
    id: identifier(fields.id, `${what}.id`, context),
    name: text(fields.name, `${what}.name`, PIN_LIMITS.nameCharacters, context),
  };
}

function engagement(value: unknown, context: Context): Engagement {
  const fields = value === undefined || value === null ? {} : object(value, 'engagement', context);
  return {
    saves: amount(fields.saves, 'engagement.saves', context),
    clicks: amount(fields.clicks, 'engagement.clicks', context),
    closeups: amount(fields.closeups, 'engagement.closeups', context),
    impressions: amount(fields.impressions, 'engagement.impressions', context),
    femaleShare: share(fields.femaleShare, 'engagement.femaleShare', context),
    maleShare: share(fields.maleShare, 'engagement.maleShare', context),
  };
}

function language(value: unknown, context: Context): string | null {
  if (value === undefined || value === null || value === '') return null;
  const tag = typeof value === 'string' && value.length <= 100 ? canonicalTag(value) : undefined;
  if (tag !== undefined) return tag;
  throw invalid('language is not a BCP-47 tag such as "en" or "pt-BR"', context);
}

function country(value: unknown, context: Context): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && /^[a-z]{2}$/i.test(value)) return value.toUpperCase();
  throw invalid('country is not a two-letter ISO 3166 code', context);
}

function embedding(value: unknown, context: Context): Float32Array | null {
  if (value === undefined || value === null) return null;
  const numbers = array(value, 'embedding', PIN_LIMITS.embeddingDimensions, context);
  if (numbers.length === 0) throw invalid('embedding is empty; null says that there is none', context);
  const vector = new Float32Array(numbers.length);
  for (const [i, number] of numbers.entries()) {
    vector[i] = typeof number === 'number' ? number : NaN;
    if (!Number.isFinite(vector[i])) throw invalid(`embedding[${i}] is not a finite 32-bit number`, context);
  }
  return vector;
}

function flag(value: unknown, what: string, context: Context): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw invalid(`${what} is neither true nor false`, context);
}

function identifier(value: unknown, what: string, context: Context): string {
  if (typeof value === 'number')
    throw invalid(`${what} is a number; write it in quotes, so that no digit is lost`, context);
  if (typeof value !== 'string') throw invalid(`${what} is not a string`, context);
  if (value === '') throw invalid(`${what} is empty`, context);
  if (value.length > PIN_LIMITS.idCharacters)
    throw tooLarge(`${what} has`, value.length, 'characters', PIN_LIMITS.idCharacters, context);
  // U+FFFD is what a decoder leaves of broken bytes: two broken ids would become one.
  if (!value.isWellFormed() || value.includes('\ufffd'))
    throw invalid(`${what} has a lone surrogate or a replacement character`, context);
  return value;
}

function text(value: unknown, what: string, limit: number, context: Context): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw invalid(`${what} is not a string`, context);
  if (value.length > limit) throw tooLarge(`${what} has`, value.length, 'characters', limit, context);
  if (value.isWellFormed()) return value;
  context.repaired = true;
  return value.toWellFormed();
}

function array(value: unknown, what: string, limit: number, context: Context): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${what} is not an array`, context);
  if (value.length > limit) throw tooLarge(`${what} has`, value.length, 'elements', limit, context);
  return value;
}

function object(value: unknown, what: string, context: Context): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${what} is not an object`, context);
  return value as Fields;
}

/** An integer from 0 to `max`. */
function integer(value: unknown, what: string, fallback: number, max: number, context: Context): number {
  if (value === undefined || value === null) return fallback;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max) return value as number;
  throw invalid(`${what} is not an integer from 0 to ${max}`, context);
}

function amount(value: unknown, what: string, context: Context): number | null {
  if (value === undefined || value === null) return null;
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw invalid(`${what} is not a number from 0`, context);
}

function share(value: unknown, what: string, context: Context): number | null {
  if (value === undefined || value === null) return null;
  // Written so that NaN fails too.
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalid(`${what} is not a number from 0 to 1`, context);
}

function invalid(message: string, { where }: Context): P2iError {
  return new P2iError('PIN_INVALID', message, { where });
}

function tooLarge(what: string, size: number, unit: string, limit: number, { where }: Context): P2iError {
  const message = `${what} ${size.toLocaleString('en')} ${unit}; the limit is ${limit.toLocaleString('en')}`;
  return new P2iError('PIN_TOO_LARGE', message, { where });
}
