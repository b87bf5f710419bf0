import type { TaxonomyRemark } from '../check.ts';

/** An interest as another format has it, before it gets a number. */
export interface SourceInterest {
  /** What the source calls it for good: a number, a code, a path, an IRI. */
  id: string;
  /** The English name; undefined where the source has none, which the importer reports. */
  name: string | undefined;
  /** Source id of the parent; null for a root. */
  parent: string | null;
  aliases: string[];
  /** By BCP-47 tag. */
  translations: Record<string, string[]>;
  /** The level that the source claims, if it does. */
  level?: number;
  /** Its line, from 1; 0 where lines do not tell the source's interests apart. */
  line: number;
}

/** What an importer makes of a file. Importers never throw: what is wrong is in `problems`. */
export interface SourceTaxonomy {
  interests: SourceInterest[];
  problems: TaxonomyRemark[];
  warnings: TaxonomyRemark[];
  /** How many interests have several parents in the source; each keeps one. */
  polyhierarchy: number;
}

/** A source with nothing in it yet. */
export function emptySource(): SourceTaxonomy {
  return { interests: [], problems: [], warnings: [], polyhierarchy: 0 };
}

/** A source id as messages have it: in quotes where it is not plainly one word. */
export function label(id: string): string {
  return /^[\w.:/#-]+$/.test(id) ? id : JSON.stringify(id);
}
