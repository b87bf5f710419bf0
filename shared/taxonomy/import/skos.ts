import { canonicalTag } from '../../language/tag.ts';
import type { Quad, Term } from '@rdfjs/types';
import { emptySource, type SourceInterest, type SourceTaxonomy } from './source.ts';

const RDF_TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const SKOS = 'http://www.w3.org/2004/02/skos/core#';

interface Concept {
  /** IRIs. */
  broader: Set<string>;
  /** By language tag, in lower case; '' has none. */
  preferred: Map<string, Set<string>>;
  alternative: Set<string>;
}

/**
 * The concepts of SKOS data. A concept is what has the type skos:Concept, or says that another is broader or narrower, or
 * is said to be narrower. Its name is its English skos:prefLabel (`en`, else the first of `en-…`), its aliases are the
 * other English labels, its translations the skos:prefLabel of other languages. The order of the data makes no difference.
 *
 * A concept has one parent here: of several that are broader, the first by IRI, one that is described before one that is
 * not; `polyhierarchy` counts these concepts, and a warning names each.
 */
export function interestsOfSkos(quads: Iterable<Quad>): SourceTaxonomy {
  const source = emptySource();
  const concepts = conceptsOf(quads, source);
  for (const id of [...concepts.keys()].sort()) {
    const { broader, preferred, alternative } = concepts.get(id)!;
    const [parent, ...others] = [...broader].sort(
      (a, b) => Number(concepts.has(b)) - Number(concepts.has(a)) || (a < b ? -1 : 1),
    );
    if (others.length > 0) {
      source.polyhierarchy++;
      const message = `${id} has ${others.length + 1} broader concepts; ${parent} becomes its parent`;
      source.warnings.push({ line: 0, message });
    }
    const names = englishNames(preferred);
    if (names.length === 0)
      source.problems.push({ line: 0, message: `${id} has no English name (skos:prefLabel with @en)` });
    const [name, ...moreNames] = names;
    const interest: SourceInterest = {
      ...{ id, name, line: 0 },
      parent: parent ?? null,
      aliases: [...new Set([...moreNames, ...[...alternative].sort()])].filter((alias) => alias !== name),
      translations: translationsOf(preferred),
    };
    source.interests.push(interest);
  }
  return source;
}

function conceptsOf(quads: Iterable<Quad>, source: SourceTaxonomy): Map<string, Concept> {
  const empty = (): Concept => ({ broader: new Set(), preferred: new Map(), alternative: new Set() });
  const described = new Map<string, Concept>();
  const isConcept = new Set<string>();
  const blank = new Set<string>();
  const concept = (term: Term): Concept => {
    let found = described.get(term.value);
    if (found === undefined) described.set(term.value, (found = empty()));
    return found;
  };
  const take = (term: Term): void => {
    if (term.termType === 'NamedNode') isConcept.add(term.value);
    else blank.add(term.value);
  };
  for (const { subject, predicate, object } of quads) {
    switch (predicate.value) {
      case RDF_TYPE:
        if (object.value === `${SKOS}Concept`) take(subject);
        break;
      case `${SKOS}broader`:
        take(subject);
        concept(subject).broader.add(object.value);
        break;
      case `${SKOS}narrower`:
        take(subject);
        take(object);
        concept(object).broader.add(subject.value);
        break;
      case `${SKOS}prefLabel`: {
        if (object.termType !== 'Literal') break;
        const labels = concept(subject).preferred;
        const tag = object.language.toLowerCase();
        if (!labels.has(tag)) labels.set(tag, new Set());
        labels.get(tag)!.add(object.value);
        break;
      }
      case `${SKOS}altLabel`:
        if (object.termType === 'Literal' && isEnglish(object.language.toLowerCase()))
          concept(subject).alternative.add(object.value);
    }
  }
  if (blank.size > 0) {
    const message = `concepts without an IRI (blank nodes) have no id that lasts: ${blank.size}`;
    source.problems.push({ line: 0, message });
  }
  return new Map([...isConcept].map((id) => [id, described.get(id) ?? empty()]));
}

function isEnglish(tag: string): boolean {
  return tag === 'en' || tag.startsWith('en-');
}

/** Names in `en` first, then those of `en-…`; each once. */
function englishNames(preferred: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const tags = [...preferred.keys()].filter(isEnglish).sort();
  return [...new Set(tags.flatMap((tag) => [...preferred.get(tag)!].sort()))];
}

function translationsOf(preferred: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> {
  const translations: Record<string, string[]> = {};
  for (const tag of [...preferred.keys()].sort()) {
    if (tag === '' || isEnglish(tag)) continue;
    // What is no tag stays as it is, and the check of the taxonomy says so.
    translations[canonicalTag(tag) ?? tag] = [...preferred.get(tag)!].sort();
  }
  return translations;
}
