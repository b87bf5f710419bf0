import { isDeepStrictEqual } from 'node:util';
import { foldName } from './names.ts';
import type { Taxonomy } from './taxonomy.ts';

/** An interest for a person to find: its id, and its path in words. */
export interface InterestPlace {
  id: number;
  /** As `nature > animals > birds`; of a removed interest where it was, of others where it is now. */
  path: string;
}

export interface MergedInterest extends InterestPlace {
  /** Interests that stay and have taken over a name of it. */
  into: InterestPlace[];
}

export interface MovedInterest extends InterestPlace {
  /** The path before. Of what lies below a moved interest nothing is said: its parent is the same. */
  from: string;
}

/** What text matches an interest by. */
export interface InterestNames {
  name: string;
  aliases: readonly string[];
}

export interface RenamedInterest extends InterestPlace {
  before: InterestNames;
  after: InterestNames;
}

export interface InterestMarks {
  unsafe: boolean;
  hidden: boolean;
}

export interface MarkedInterest extends InterestPlace {
  before: InterestMarks;
  after: InterestMarks;
}

/**
 * What a taxonomy changes in another, each list by id. An interest that stays may be in several of the lists from
 * `moved` on. All are empty where, and only where, both have the same content.
 */
export interface TaxonomyDiff {
  added: InterestPlace[];
  removed: InterestPlace[];
  /** Those of `removed` whose name or alias an interest that stays has become known by. */
  merged: MergedInterest[];
  /** Under another parent. */
  moved: MovedInterest[];
  /** With another name, or other aliases. */
  renamed: RenamedInterest[];
  /** With another `unsafe` or `hidden`. */
  marked: MarkedInterest[];
  /** With other names in other languages. */
  translated: InterestPlace[];
}

/** What `b` changes in `a`: an interest is the same where its id is. Linear in both. */
export function diffTaxonomies(a: Taxonomy, b: Taxonomy): TaxonomyDiff {
  const diff: TaxonomyDiff = {
    added: placesOnlyIn(b, a),
    removed: placesOnlyIn(a, b),
    merged: [],
    moved: [],
    renamed: [],
    marked: [],
    translated: [],
  };
  /** Interests that stay, by the names that they did not bear before. */
  const heirs = new Map<string, InterestPlace[]>();
  for (const id of b.ids.toSorted()) {
    const before = a.indexOf(id);
    if (before < 0) continue;
    const after = b.indexOf(id);
    const place = placeOf(b, after);
    if (parentId(a, before) !== parentId(b, after)) diff.moved.push({ ...place, from: a.pathName(before) });
    const names = changeOf(namesOf(a, before), namesOf(b, after));
    if (names) diff.renamed.push({ ...place, ...names });
    const marks = changeOf(marksOf(a, before), marksOf(b, after));
    if (marks) diff.marked.push({ ...place, ...marks });
    if (!isDeepStrictEqual(a.translations.get(before), b.translations.get(after)))
      diff.translated.push(place);
    const known = foldedNames(a, before);
    for (const name of foldedNames(b, after)) {
      if (known.has(name)) continue;
      const others = heirs.get(name);
      if (others) others.push(place);
      else heirs.set(name, [place]);
    }
  }
  for (const place of diff.removed) {
    const names = foldedNames(a, a.indexOf(place.id));
    const into = new Set([...names].flatMap((name) => heirs.get(name) ?? []));
    if (into.size > 0) diff.merged.push({ ...place, into: [...into].sort((x, y) => x.id - y.id) });
  }
  return diff;
}

function changeOf<T>(before: T, after: T): { before: T; after: T } | undefined {
  return isDeepStrictEqual(before, after) ? undefined : { before, after };
}

function placesOnlyIn(taxonomy: Taxonomy, other: Taxonomy): InterestPlace[] {
  const places: InterestPlace[] = [];
  for (const id of taxonomy.ids.toSorted())
    if (other.indexOf(id) < 0) places.push(placeOf(taxonomy, taxonomy.indexOf(id)));
  return places;
}

function placeOf(taxonomy: Taxonomy, index: number): InterestPlace {
  return { id: taxonomy.ids[index], path: taxonomy.pathName(index) };
}

function parentId(taxonomy: Taxonomy, index: number): number | null {
  const parent = taxonomy.parent[index];
  return parent < 0 ? null : taxonomy.ids[parent];
}

function namesOf(taxonomy: Taxonomy, index: number): InterestNames {
  return { name: taxonomy.names[index], aliases: taxonomy.aliases.get(index) ?? [] };
}

function marksOf(taxonomy: Taxonomy, index: number): InterestMarks {
  return { unsafe: taxonomy.unsafe[index] === 1, hidden: taxonomy.hidden[index] === 1 };
}

function foldedNames(taxonomy: Taxonomy, index: number): Set<string> {
  const { name, aliases } = namesOf(taxonomy, index);
  return new Set([name, ...aliases].map(foldName));
}
