/** Formats that become our JSONL: `tree` and `paths` are Shopify's and Google's, the others are SKOS. */
export const TAXONOMY_FORMATS = ['tree', 'paths', 'turtle', 'rdfxml'] as const;

export type TaxonomyFormat = (typeof TAXONOMY_FORMATS)[number];

const XML = /^<(?:\?xml|!DOCTYPE|!--|(?:[\w.-]+:)?RDF[\s>])/i;
const TURTLE = /^(?:@prefix|@base|prefix|base)\s|^(?:<[^>]*>|_:\S+)\s/i;

/** The format that a text looks like; undefined where it looks like none. */
export function recogniseFormat(text: string): TaxonomyFormat | undefined {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'tree';
  if (XML.test(start)) return 'rdfxml';
  // Lines that begin with # are comments both in Turtle and in Google's files.
  const first = linesOf(start).next().value ?? '';
  if (TURTLE.test(first)) return 'turtle';
  // Any text could be a list of roots; that one line goes deeper tells a taxonomy from it. JSON is none.
  if (!first.startsWith('{')) for (const line of linesOf(start)) if (line.includes(' > ')) return 'paths';
  return undefined;
}

/** The lines that are neither empty nor comments. */
function* linesOf(text: string): Generator<string, undefined> {
  for (const [line] of text.matchAll(/^(?!\s*(?:#|$)).+$/gmu)) yield line.trim();
}
