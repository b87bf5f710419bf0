import { createHash } from 'node:crypto';
import { sharedInt32, sharedUint8 } from '../arrays/shared.ts';
import { putInSlot, sharedSlots } from '../arrays/slots.ts';
import type { Interest } from './interest.ts';

/** A taxonomy's columns in memory that threads share: what `postMessage` hands over without a copy. */
export interface SharedTaxonomy {
  version: string;
  ids: Int32Array;
  parent: Int32Array;
  level: Uint8Array;
  l1: Int32Array;
  childStart: Int32Array;
  isLeaf: Uint8Array;
  unsafe: Uint8Array;
  hidden: Uint8Array;
  /** Open addressing: index + 1 by id; 0 is free. A power of two long. */
  indexById: Int32Array;
}

/**
 * The shape of one immutable version of the taxonomy, in columns: what stages need. An interest is a dense index
 * 0..size-1; the id is its name outside this process.
 *
 * The order is breadth first (roots by id, then the children of index 0 by id, then those of index 1…), so that
 * - the same interests have the same indexes whatever the order of the source file,
 * - `parent[i] < i`: one pass forward visits parents first, one pass backward visits children first,
 * - the children of `i` are the contiguous range `childStart[i] .. childStart[i + 1] - 1`, a level is contiguous too.
 */
export class TaxonomyTree {
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
  readonly #indexById: Int32Array;

  constructor(shared: SharedTaxonomy) {
    this.version = shared.version;
    this.size = shared.ids.length;
    this.ids = shared.ids;
    this.parent = shared.parent;
    this.level = shared.level;
    this.l1 = shared.l1;
    this.childStart = shared.childStart;
    this.isLeaf = shared.isLeaf;
    this.unsafe = shared.unsafe;
    this.hidden = shared.hidden;
    this.#indexById = shared.indexById;
  }

  /** The columns, for another thread. */
  shared(): SharedTaxonomy {
    const { version, ids, parent, level, l1, childStart, isLeaf, unsafe, hidden } = this;
    return {
      ...{ version, ids, parent, level, l1, childStart, isLeaf, unsafe, hidden },
      indexById: this.#indexById,
    };
  }

  /** The index of an interest id, or -1 where this version does not have it. */
  indexOf(id: number): number {
    const table = this.#indexById;
    const mask = table.length - 1;
    for (let slot = spread(id) & mask; ; slot = (slot + 1) & mask) {
      const index = table[slot] - 1;
      if (index < 0 || this.ids[index] === id) return index;
    }
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

/** One immutable version of the taxonomy: its tree, and what its interests are called. */
export class Taxonomy extends TaxonomyTree {
  readonly names: readonly string[];
  /** Other English names by index; most interests have none. */
  readonly aliases: ReadonlyMap<number, readonly string[]>;
  /** Names in other languages by index, then by BCP-47 tag. */
  readonly translations: ReadonlyMap<number, Readonly<Record<string, readonly string[]>>>;

  /**
   * @param interests a valid taxonomy in any order: unique ids, known parents, no cycle, at most 10 levels;
   *   `readTaxonomy` sees to that
   * @param version the name it is published under; without it a hash of the content
   */
  constructor(interests: readonly Interest[], version?: string) {
    const ordered = breadthFirst(interests);
    super(layOut(ordered, version ?? contentVersion(ordered)));
    this.names = ordered.map(({ name }) => name);
    const aliases = new Map<number, readonly string[]>();
    const translations = new Map<number, Readonly<Record<string, readonly string[]>>>();
    ordered.forEach((interest, i) => {
      if (interest.aliases.length > 0) aliases.set(i, interest.aliases);
      if (Object.keys(interest.translations).length > 0) translations.set(i, interest.translations);
    });
    this.aliases = aliases;
    this.translations = translations;
  }

  /** The path in words: `nature > animals > birds`. */
  pathName(index: number): string {
    return this.path(index)
      .map((i) => this.names[i])
      .join(' > ');
  }
}

function layOut(ordered: readonly Interest[], version: string): SharedTaxonomy {
  const n = ordered.length;
  const ids = sharedInt32(n);
  const parent = sharedInt32(n);
  const level = sharedUint8(n);
  const l1 = sharedInt32(n);
  const childStart = sharedInt32(n + 1);
  const isLeaf = sharedUint8(n).fill(1);
  const unsafe = sharedUint8(n);
  const hidden = sharedUint8(n);
  const indexById = sharedSlots(n);
  const indexOf = new Map<number, number>();
  const childCount = new Int32Array(n);

  for (let i = 0; i < n; i++) {
    const interest = ordered[i];
    const above = interest.parent === null ? -1 : indexOf.get(interest.parent)!;
    indexOf.set(interest.id, i);
    ids[i] = interest.id;
    parent[i] = above;
    unsafe[i] = interest.unsafe ? 1 : 0;
    hidden[i] = interest.hidden ? 1 : 0;
    putInSlot(indexById, spread(interest.id), i + 1);
    if (above < 0) {
      level[i] = 1;
      l1[i] = i;
    } else {
      level[i] = level[above] + 1;
      l1[i] = l1[above];
      isLeaf[above] = 0;
      childCount[above]++;
    }
  }

  childStart[n] = n;
  for (let i = n - 1; i >= 0; i--) childStart[i] = childStart[i + 1] - childCount[i];
  return { version, ids, parent, level, l1, childStart, isLeaf, unsafe, hidden, indexById };
}

/** Spreads ids that follow each other over a table (Fibonacci hashing, Knuth 1973). */
function spread(id: number): number {
  const mixed = Math.imul(id, 0x9e3779b1);
  return mixed ^ (mixed >>> 16);
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
