import { createHash } from 'node:crypto';
import type { Interest } from './interest.ts';

/**
 * One immutable version of the taxonomy, in columns. An interest is a dense index 0..size-1; the id is its name
 * outside this process.
 *
 * The order is breadth first (roots by id, then the children of index 0 by id, then those of index 1…), so that
 * - the same interests have the same indexes whatever the order of the source file,
 * - `parent[i] < i`: one pass forward visits parents first, one pass backward visits children first,
 * - the children of `i` are the contiguous range `childStart[i] .. childStart[i + 1] - 1`, a level is contiguous too.
 */
export class Taxonomy {
  /** Hash of the content, or the name that the taxonomy was published under. */
  readonly version: string;
  readonly size: number;
  /** Interest id by index. */
  readonly ids: Int32Array;
  /** Index of the parent by index; -1 for a root. */
  readonly parent: Int32Array;
  /** Level from 1 to 10 by index. */
  readonly level: Uint8Array;
  /** Index of the ancestor of level 1 by index; a root is its own. */
  readonly l1: Int32Array;
  /** Length size + 1: the children of `i` are the indexes from `childStart[i]` until `childStart[i + 1]`. */
  readonly childStart: Int32Array;
  /** 1 where the interest has no children. */
  readonly isLeaf: Uint8Array;
  readonly unsafe: Uint8Array;
  readonly hidden: Uint8Array;
  readonly names: readonly string[];
  /** Other English names by index; most interests have none. */
  readonly aliases: ReadonlyMap<number, readonly string[]>;
  /** Names in other languages by index, then by BCP-47 tag. */
  readonly translations: ReadonlyMap<number, Readonly<Record<string, readonly string[]>>>;

  readonly #indexById: ReadonlyMap<number, number>;

  /**
   * @param interests a valid taxonomy in any order: unique ids, known parents, no cycle, at most 10 levels;
   *   `readTaxonomy` sees to that
   * @param version the name it is published under; without it a hash of the content
   */
  constructor(interests: readonly Interest[], version?: string) {
    const ordered = breadthFirst(interests);
    const n = ordered.length;
    this.size = n;
    this.ids = new Int32Array(n);
    this.parent = new Int32Array(n);
    this.level = new Uint8Array(n);
    this.l1 = new Int32Array(n);
    this.isLeaf = new Uint8Array(n).fill(1);
    this.unsafe = new Uint8Array(n);
    this.hidden = new Uint8Array(n);
    const names: string[] = new Array<string>(n);
    const aliases = new Map<number, readonly string[]>();
    const translations = new Map<number, Readonly<Record<string, readonly string[]>>>();
    const indexById = new Map<number, number>();
    const childCount = new Int32Array(n);

    for (let i = 0; i < n; i++) {
      const interest = ordered[i];
      const parent = interest.parent === null ? -1 : indexById.get(interest.parent)!;
      indexById.set(interest.id, i);
      this.ids[i] = interest.id;
      this.parent[i] = parent;
      this.unsafe[i] = interest.unsafe ? 1 : 0;
      this.hidden[i] = interest.hidden ? 1 : 0;
      names[i] = interest.name;
      if (interest.aliases.length > 0) aliases.set(i, interest.aliases);
      if (Object.keys(interest.translations).length > 0) translations.set(i, interest.translations);
      if (parent < 0) {
        this.level[i] = 1;
        this.l1[i] = i;
      } else {
        this.level[i] = this.level[parent] + 1;
        this.l1[i] = this.l1[parent];
        this.isLeaf[parent] = 0;
        childCount[parent]++;
      }
    }

    this.childStart = new Int32Array(n + 1);
    this.childStart[n] = n;
    for (let i = n - 1; i >= 0; i--) this.childStart[i] = this.childStart[i + 1] - childCount[i];
    this.names = names;
    this.aliases = aliases;
    this.translations = translations;
    this.#indexById = indexById;
    this.version = version ?? contentVersion(ordered);
  }

  /** The index of an interest id, or -1 where this version does not have it. */
  indexOf(id: number): number {
    return this.#indexById.get(id) ?? -1;
  }

  /** Indexes of the ancestors, the parent first, the root last; without the interest itself. */
  ancestors(index: number): number[] {
    const ancestors: number[] = [];
    for (let i = this.parent[index]; i >= 0; i = this.parent[i]) ancestors.push(i);
    return ancestors;
  }

  /** Indexes from the root to the interest itself. */
  path(index: number): number[] {
    return [...this.ancestors(index).reverse(), index];
  }

  /** The path in words: `nature > animals > birds`. */
  pathName(index: number): string {
    return this.path(index)
      .map((i) => this.names[i])
      .join(' > ');
  }

  /** Indexes of the children, by id. A hot loop reads `childStart` instead. */
  children(index: number): number[] {
    const children: number[] = [];
    for (let i = this.childStart[index]; i < this.childStart[index + 1]; i++) children.push(i);
    return children;
  }

  /** The number of roots; they are the indexes from 0. */
  get rootCount(): number {
    return this.childStart[0];
  }

  /** The number of interests by level: element 0 is level 1; as long as the taxonomy is deep. */
  countByLevel(): number[] {
    const counts: number[] = [];
    for (const level of this.level) counts[level - 1] = (counts[level - 1] ?? 0) + 1;
    return counts;
  }
}

function breadthFirst(interests: readonly Interest[]): Interest[] {
  const byId = interests.toSorted((a, b) => a.id - b.id);
  const childrenOf = new Map<number | null, Interest[]>();
  for (const interest of byId) {
    const siblings = childrenOf.get(interest.parent);
    if (siblings) siblings.push(interest);
    else childrenOf.set(interest.parent, [interest]);
  }
  const ordered = [...(childrenOf.get(null) ?? [])];
  for (let i = 0; i < ordered.length; i++) {
    for (const child of childrenOf.get(ordered[i].id) ?? []) ordered.push(child);
  }
  return ordered;
}

/** The first 12 hexadecimal digits of the SHA-256 of a canonical form: equal for equal interests in any order. */
function contentVersion(ordered: readonly Interest[]): string {
  const lines = ordered.map(({ id, parent, name, aliases, translations, unsafe, hidden }) => {
    const byTag = Object.entries(translations).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([id, parent, name, aliases, byTag, unsafe, hidden]);
  });
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
}
