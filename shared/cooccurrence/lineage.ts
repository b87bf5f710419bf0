import type { Put, Store } from '../store/store.ts';
import { areVersionsOfOne, parentsOf } from '../taxonomy/related.ts';
import type { TaxonomyTree } from '../taxonomy/taxonomy.ts';
import { FIRST_LINEAGE, sealedMark, sealedSpaces, TOTALS_KEY } from './spaces.ts';

/*
 * Versions of one taxonomy share interests, and so they share what was learnt of them: they are one lineage, whose
 * generations follow each other. An unrelated taxonomy is a lineage of its own, with generations of its own, even where its
 * ids happen to be numbers that the other has too: an interest is the same where it has the same id under the same parent.
 *
 * The store knows each lineage by the version that began to build a generation last.
 */

/** Space of what is known of lineages; the key is the lineage, the value n × (i32 id, i32 parent or 0), little endian. */
const LINEAGES = 'cooccurrence/lineages';

/** What was found before: a version stays in its lineage while the store is open. */
const found = new WeakMap<Store, WeakMap<TaxonomyTree, number>>();

/** The lineage of a taxonomy version; undefined where nothing was built for any of it. @throws P2iError STORE_UNAVAILABLE */
export function lineageOf(store: Store, taxonomy: TaxonomyTree): number | undefined {
  const known = found.get(store)?.get(taxonomy);
  if (known !== undefined) return known;
  let hasFirst = false;
  for (const [lineage, bytes] of store.scan(LINEAGES)) {
    hasFirst ||= lineage === FIRST_LINEAGE;
    if (!isRelated(bytes, taxonomy)) continue;
    if (!found.has(store)) found.set(store, new WeakMap());
    found.get(store)!.set(taxonomy, lineage);
    return lineage;
  }
  return !hasFirst && isUnnamedFirst(store, taxonomy) ? FIRST_LINEAGE : undefined;
}

/** The lineage that a version is to be built in: its own, or a new one. @throws P2iError STORE_UNAVAILABLE */
export function lineageToBuild(store: Store, taxonomy: TaxonomyTree): number {
  const known = lineageOf(store, taxonomy);
  if (known !== undefined) return known;
  let next = store.mark(sealedMark(FIRST_LINEAGE)) === undefined ? FIRST_LINEAGE : FIRST_LINEAGE + 1;
  for (const [lineage] of store.scan(LINEAGES)) next = Math.max(next, lineage + 1);
  return next;
}

/** The lineages that the store knows, and the first, in ascending order. */
export function lineages(store: Store): number[] {
  const all = new Set([FIRST_LINEAGE]);
  for (const [lineage] of store.scan(LINEAGES)) all.add(lineage);
  return [...all];
}

/** What makes the version the one that its lineage is known by. */
export function lineagePut(lineage: number, taxonomy: TaxonomyTree): Put {
  return { space: LINEAGES, key: lineage, value: new Uint8Array(parentsOf(taxonomy).buffer) };
}

function isRelated(bytes: Uint8Array, taxonomy: TaxonomyTree): boolean {
  return areVersionsOfOne(new Int32Array(bytes.slice().buffer), taxonomy);
}

/**
 * A store that was built before lineages were known has one, and does not say of what: of any taxonomy that has an interest
 * that was learnt.
 */
function isUnnamedFirst(store: Store, taxonomy: TaxonomyTree): boolean {
  const sealed = store.mark(sealedMark(FIRST_LINEAGE));
  if (sealed === undefined) return false;
  let isEmpty = true;
  for (const [id] of store.scan(sealedSpaces(Number(sealed)).interests)) {
    if (id === TOTALS_KEY) continue;
    if (taxonomy.indexOf(id) >= 0) return true;
    isEmpty = false;
  }
  return isEmpty;
}
