import type { CandidateBatch } from '../../shared/candidates/batch.ts';
import { EVIDENCE_INDEX as E, EVIDENCE_WIDTH, SOURCE } from '../../shared/candidates/evidence.ts';
import type { PinFacts } from '../../shared/cooccurrence/facts.ts';
import { pinHash } from '../../shared/cooccurrence/terms.ts';
import { TEXT_TRUST, UNIT } from '../../shared/cooccurrence/weights.ts';
import type { TaxonomyTree } from '../../shared/taxonomy/taxonomy.ts';

/** The most interests that one Pin teaches the store, ancestors included. */
const MAX_INTERESTS = 100;

/**
 * What Pin `p` of a batch teaches the co-occurrence store: its precise lexical matches with their ancestors. The matches
 * of its annotations where it has any, else, with less trust, those of its text. A Pin with neither still counts as a
 * Pin that has the terms, and none of the interests.
 */
export function pinFacts(batch: CandidateBatch, p: number, taxonomy: TaxonomyTree): PinFacts {
  const pin = batch.pins[p];
  const stated = preciseMatches(batch, p, SOURCE.stated);
  const direct = stated.size > 0 ? stated : preciseMatches(batch, p, SOURCE.read);
  const weights = withAncestors(direct, taxonomy);
  const trust = stated.size > 0 ? Math.max(...stated.values()) : TEXT_TRUST;
  const scale = stated.size > 0 ? 1 : TEXT_TRUST / UNIT;
  for (const [index, weight] of weights) weights.set(index, Math.round(weight * scale));
  const interests = [...weights.keys()]
    .filter((index) => weights.get(index)! > 0)
    .sort((a, b) => a - b)
    .slice(0, MAX_INTERESTS);
  return {
    pin: pinHash(pin.id),
    version: pin.version,
    trust,
    terms: pin.terms,
    boards: pin.boards,
    interests: Int32Array.from(interests, (index) => taxonomy.ids[index]),
    weights: Int32Array.from(interests, (index) => weights.get(index)!),
  };
}

/** Weight, in units, of each interest that a row with the source bit proposes; an ambiguous match is split evenly. */
function preciseMatches(batch: CandidateBatch, p: number, source: number): Map<number, number> {
  const weights = new Map<number, number>();
  for (let row = batch.start[p]; row < batch.start[p + 1]; row++) {
    if (!(batch.sources[row] & source)) continue;
    const at = row * EVIDENCE_WIDTH;
    const confidence = source === SOURCE.stated ? batch.evidence[at + E.annotationConfidence] : 1;
    const weight = Math.round((UNIT * confidence) / batch.evidence[at + E.matchAmbiguity]);
    if (weight > 0) weights.set(batch.interests[row], weight);
  }
  return weights;
}

/** An ancestor weighs what its heaviest descendant does. */
function withAncestors(direct: ReadonlyMap<number, number>, taxonomy: TaxonomyTree): Map<number, number> {
  const all = new Map(direct);
  for (const [index, weight] of direct) {
    for (let a = taxonomy.parent[index]; a >= 0; a = taxonomy.parent[a]) {
      if ((all.get(a) ?? 0) < weight) all.set(a, weight);
    }
  }
  return all;
}
