import { Parser } from 'n3';
import { interestsOfSkos } from './skos.ts';
import { emptySource, type SourceTaxonomy } from './source.ts';

/** SKOS in Turtle. What `interestsOfSkos` says of concepts holds. */
export function importTurtle(text: string): SourceTaxonomy {
  try {
    return interestsOfSkos(new Parser({ format: 'Turtle' }).parse(text));
  } catch (error) {
    const { message, context } = error as Error & { context?: { line?: number } };
    const malformed = { line: context?.line ?? 0, message: `malformed Turtle: ${message}` };
    return { ...emptySource(), problems: [malformed] };
  }
}
