import type { CandidateBatch } from '../../../shared/candidates/batch.ts';
import { EVIDENCE_INDEX, EVIDENCE_WIDTH, type EvidenceName } from '../../../shared/candidates/evidence.ts';
import { emptyGeneration, type Generation } from '../../../shared/cooccurrence/generation.ts';
import type { Annotation, Pin } from '../../../shared/pins/pin.ts';
import { Taxonomy } from '../../../shared/taxonomy/taxonomy.ts';
import { taxonomyArtefacts } from '../../../workers/artefacts.ts';
import { CandidateStage } from '../../../workers/candidates/stage.ts';
import { TEXT_MODELS } from '../../support/text-models.ts';

/** A taxonomy from `id: [parent, name]`; 0 is no parent. */
export function taxonomyOf(interests: Record<number, [parent: number, name: string]>): Taxonomy {
  return new Taxonomy(
    Object.entries(interests).map(([id, [parent, name]]) => ({
      id: Number(id),
      parent: parent === 0 ? null : parent,
      name,
      aliases: [],
      translations: {},
      unsafe: false,
      hidden: false,
    })),
  );
}

/** A small part of the Tate taxonomy: two levels of nature and of objects, with a name that stands twice. */
export const NATURE = taxonomyOf({
  1: [0, 'nature'],
  2: [0, 'objects'],
  3: [0, 'architecture'],
  10: [1, 'landscape'],
  11: [1, 'animals: mammals'],
  20: [2, 'toys and models'],
  30: [3, 'military'],
  100: [10, 'mountain'],
  101: [10, 'river'],
  110: [11, 'horse'],
  200: [20, 'horse'],
  300: [30, 'castle'],
});

export const annotation = (term: string, confidence = 1): Annotation => ({
  term,
  confidence,
  sources: ['test'],
});

/** The candidates of Pins, over a taxonomy and what is known of it. */
export function candidatesOf(
  pins: Pin[],
  taxonomy: Taxonomy = NATURE,
  generation: Generation = emptyGeneration(taxonomy),
): CandidateBatch {
  return new CandidateStage({ ...taxonomyArtefacts(taxonomy, TEXT_MODELS), generation }).process({ pins });
}

/** Ids of the interests of Pin `p`. */
export function idsOf(batch: CandidateBatch, p: number, taxonomy: Taxonomy = NATURE): number[] {
  return Array.from(
    batch.interests.subarray(batch.start[p], batch.start[p + 1]),
    (index) => taxonomy.ids[index],
  );
}

/** A number of the evidence of Pin `p` for an interest, by its id. */
export function evidenceOf(
  batch: CandidateBatch,
  p: number,
  id: number,
  name: EvidenceName,
  taxonomy: Taxonomy = NATURE,
): number {
  const row = batch.start[p] + idsOf(batch, p, taxonomy).indexOf(id);
  return batch.evidence[row * EVIDENCE_WIDTH + EVIDENCE_INDEX[name]];
}
