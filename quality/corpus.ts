import type { Pin } from '../shared/pins/pin.ts';
import { readTate } from '../shared/pins/tate.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';

/** A corpus with the truth about some of its Pins. */
export interface LabelledCorpus {
  taxonomy: Taxonomy;
  /** Every Pin, labelled or not. */
  pins: Pin[];
  /** Dense indexes of the interests that people gave, by Pin id. */
  labels: Map<string, Set<number>>;
  /** The Pins of each part of the split, in its order. */
  split: Record<Part, Pin[]>;
}

export type Part = 'train' | 'valid' | 'test';

/** The bundled Tate sample. Throws INPUT_UNREADABLE, ARTEFACT_INVALID, TAXONOMY_INVALID. */
export async function readCorpus(directory: string): Promise<LabelledCorpus> {
  const { taxonomy, pins, labels, split } = await readTate(directory);
  const byId = new Map(pins.map((pin) => [pin.id, pin]));
  const part = (ids: readonly string[]): Pin[] => ids.map((id) => byId.get(id)!);
  return {
    taxonomy,
    pins,
    labels: new Map([...labels].map(([id, of]) => [id, new Set(of.map((label) => taxonomy.indexOf(label)))])),
    split: { train: part(split.train), valid: part(split.valid), test: part(split.test) },
  };
}

/** The interests and all their ancestors. */
export function withAncestors(interests: Iterable<number>, taxonomy: Taxonomy): Set<number> {
  const all = new Set<number>();
  for (const index of interests) {
    for (let i = index; i >= 0 && !all.has(i); i = taxonomy.parent[i]) all.add(i);
  }
  return all;
}
