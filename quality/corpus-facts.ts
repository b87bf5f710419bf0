import { CooccurrenceBuilder } from '../shared/cooccurrence/builder.ts';
import type { PinFacts } from '../shared/cooccurrence/facts.ts';
import { emptyGeneration, Generation } from '../shared/cooccurrence/generation.ts';
import { sealGeneration } from '../shared/cooccurrence/seal.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { MemoryStore } from '../shared/store/memory.ts';
import type { Taxonomy } from '../shared/taxonomy/taxonomy.ts';
import type { TaxonomyArtefacts } from '../workers/artefacts.ts';
import { CandidateStage } from '../workers/candidates/stage.ts';
import { pinFacts } from '../workers/cooccurrence/facts.ts';
import { inBatches } from './batches.ts';

/** What each Pin teaches the co-occurrence store: a run's first pass. */
export function* factsOf(
  pins: readonly Pin[],
  artefacts: TaxonomyArtefacts,
  onPin?: () => void,
): Generator<PinFacts> {
  const { taxonomy } = artefacts;
  const stage = new CandidateStage({ ...artefacts, generation: emptyGeneration(taxonomy) });
  for (const batch of inBatches(pins)) {
    const candidates = stage.process({ pins: batch });
    for (let p = 0; p < batch.length; p++) {
      yield pinFacts(candidates, p, taxonomy);
      onPin?.();
    }
  }
}

/** A generation in memory, from those facts. */
export function generationOf(facts: Iterable<PinFacts>, taxonomy: Taxonomy): Generation {
  const store = new MemoryStore();
  const builder = new CooccurrenceBuilder(store, 1);
  for (const fact of facts) {
    builder.add(fact);
    if (builder.full) builder.flush({});
  }
  builder.flush({});
  sealGeneration(store, 1);
  return new Generation(store, taxonomy);
}

/** The same Pin as it was before people described it. */
export function withoutAnnotations(pin: Pin): Pin {
  return pin.annotations.length === 0 ? pin : { ...pin, annotations: [] };
}
