import { emptySource, label, type SourceInterest, type SourceTaxonomy } from './source.ts';

/**
 * Shopify's form: a JSON array of `{"id", "parent", "level", "names": {"en": …, "de": …}}`, in any order. `names.en` is the
 * name, the others are translations; one that is blank is as if it were not there.
 */
export function importTree(text: string): SourceTaxonomy {
  const source = emptySource();
  let elements: unknown;
  try {
    elements = JSON.parse(text);
  } catch (error) {
    source.problems.push({ line: 0, message: `malformed JSON: ${(error as SyntaxError).message}` });
    return source;
  }
  if (!Array.isArray(elements)) {
    source.problems.push({ line: 0, message: 'the JSON is not an array of interests' });
    return source;
  }
  for (const [at, element] of elements.entries()) {
    const problems: string[] = [];
    const interest = interestOf(element, problems);
    if (interest !== undefined) source.interests.push(interest);
    const place = interest === undefined ? `element ${at}` : label(interest.id);
    for (const problem of problems) source.problems.push({ line: 0, message: `${place}: ${problem}` });
  }
  return source;
}

function interestOf(element: unknown, problems: string[]): SourceInterest | undefined {
  if (!isObject(element)) {
    problems.push('it is not an object');
    return undefined;
  }
  const id = idOf(element.id);
  if (id === undefined) {
    problems.push('the id is neither a string nor an integer');
    return undefined;
  }
  const parent = element.parent === null ? null : idOf(element.parent);
  if (parent === undefined) problems.push('the parent is neither an id nor null');
  const { en: name, ...translations } = namesOf(element.names, problems);
  if (name === undefined) problems.push('it has no English name (names.en)');
  const interest: SourceInterest = {
    ...{ id, name, aliases: [], line: 0 },
    parent: parent ?? null,
    translations: Object.fromEntries(Object.entries(translations).map(([tag, text]) => [tag, [text]])),
  };
  if (Number.isInteger(element.level)) interest.level = element.level as number;
  else if (element.level !== undefined) problems.push('the level is not an integer');
  return interest;
}

function namesOf(names: unknown, problems: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  if (!isObject(names)) {
    problems.push('names is not an object of languages');
    return found;
  }
  for (const [tag, name] of Object.entries(names)) {
    if (typeof name !== 'string') problems.push(`names.${tag} is not a string`);
    else if (name.trim() !== '') found[tag] = name;
  }
  return found;
}

function idOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return Number.isInteger(value) ? String(value) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
