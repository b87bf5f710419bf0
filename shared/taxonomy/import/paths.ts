import { emptySource, type SourceTaxonomy } from './source.ts';

const NUMBERED = /^(\d+) +- +(.*)$/;

/**
 * Google's product taxonomy: a line an interest, `3237 - Animals > Live Animals`, or without numbers `Animals > Live
 * Animals`, where the path is the id. The first line says which of the two it is. Empty lines and lines that begin with #
 * are skipped.
 */
export function importPaths(text: string): SourceTaxonomy {
  const source = emptySource();
  const found: { id: string; names: string[]; line: number }[] = [];
  /** By path, each as one text: its id, and its line. */
  const byPath = new Map<string, { id: string; line: number }>();
  let numbered: boolean | undefined;
  for (const [i, raw] of text.split('\n').entries()) {
    const line = i + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const match = NUMBERED.exec(content);
    numbered ??= match !== null;
    if (numbered && match === null) {
      source.problems.push({ line, message: 'the line has no number, as the first one does' });
      continue;
    }
    const names = (numbered ? match![2] : content).split('>').map((name) => name.trim());
    const path = pathOf(names);
    const id = numbered ? match![1] : path;
    const first = byPath.get(path);
    if (first !== undefined) {
      source.problems.push({ line, message: `the path ${path} is already on line ${first.line}` });
      continue;
    }
    byPath.set(path, { id, line });
    found.push({ id, names, line });
  }
  for (const { id, names, line } of found) {
    const above = names.length > 1 ? pathOf(names.slice(0, -1)) : null;
    const parent = above === null ? null : (byPath.get(above)?.id ?? above);
    const name = names.at(-1)!;
    if (name === '') source.problems.push({ line, message: 'the path ends with no name' });
    source.interests.push({ id, name: name || undefined, parent, aliases: [], translations: {}, line });
  }
  return source;
}

function pathOf(names: readonly string[]): string {
  return names.join(' > ');
}
