import { PATHS } from '../../cli/paths.ts';
import { loadTextModels } from '../../cli/text-models.ts';
import { factsOf } from '../../quality/corpus-facts.ts';
import { CooccurrenceBuilder } from '../../shared/cooccurrence/builder.ts';
import { sealGeneration } from '../../shared/cooccurrence/seal.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { readTate } from '../../shared/pins/tate.ts';
import type { Store } from '../../shared/store/store.ts';
import { taxonomyArtefacts, type TaxonomyArtefacts } from '../../workers/artefacts.ts';
import { partitionOf } from '../../workers/ingest.ts';

/** The generation that `learnTate` makes. */
export const GENERATION = 1;

/** The bundled corpus, and all that is built of its taxonomy. */
export interface Tate {
  pins: Pin[];
  artefacts: TaxonomyArtefacts;
}

export async function openTate(): Promise<Tate> {
  const { taxonomy, pins } = await readTate(PATHS.tate);
  return { pins, artefacts: taxonomyArtefacts(taxonomy, await loadTextModels()) };
}

/** What one partition of twelve holds: some 5,700 Pins. */
export function sampleOf(pins: readonly Pin[]): Pin[] {
  return pins.filter(({ id }) => partitionOf(id, 12) === 0);
}

/** Puts into the store what the whole corpus teaches, as a first run does. Takes about 20 s. */
export function learnTate({ pins, artefacts }: Tate, store: Store): void {
  const builder = new CooccurrenceBuilder(store, GENERATION);
  for (const fact of factsOf(pins, artefacts)) {
    builder.add(fact);
    if (builder.full) builder.flush({});
  }
  builder.flush({});
  sealGeneration(store, GENERATION);
}
