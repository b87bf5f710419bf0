import type { P2iError } from '../shared/errors/errors.ts';
import type { Generation } from '../shared/cooccurrence/generation.ts';
import { interestNames, type InterestNames } from '../shared/features/interest-names.ts';
import type { Registry } from '../shared/registry/registry.ts';
import type { Log } from '../shared/stream/log.ts';
import type { TaxonomyArtefacts } from '../workers/artefacts.ts';
import type { TaxonomyVersions } from '../workers/chains.ts';
import type { Generations } from '../workers/generations.ts';
import type { Parts } from './parts.ts';
import { PinTopicSource } from './pin-source.ts';
import { ResultsFollower } from './results-follower.ts';

/** One taxonomy version, which stays. */
export function oneVersion(artefacts: TaxonomyArtefacts): TaxonomyVersions {
  const { version } = artefacts.taxonomy;
  return {
    versions: () => [version],
    artefacts: (asked) => (asked === version ? artefacts : undefined),
    refresh: async () => undefined,
  };
}

/** One generation of the co-occurrence store, which stays. */
export function oneGeneration(
  { taxonomy, textVectors }: TaxonomyArtefacts,
  generation: Generation,
): Generations<TaxonomyArtefacts> {
  let names: InterestNames | undefined;
  const opened = { generation, names: () => (names ??= interestNames(taxonomy, textVectors, generation)) };
  return { newest: () => generation.number, open: () => opened };
}

export interface LogSourceOptions {
  log: Log;
  registry: Registry;
  taxonomies: TaxonomyVersions;
  /** Pins whose results are indexed at most. */
  mostPins: number;
  /** Is told of each record that is passed over, and of each failure of the log. */
  onFailure: (error: P2iError) => void;
}

/** How long a search for a Pin may take, ms. */
const SEARCH_MS = 5000;

/** What is read of a log: Pins, results, dead letters. */
export function logParts(options: LogSourceOptions): Required<Pick<Parts, 'pins' | 'results' | 'letters'>> {
  const { log, registry } = options;
  return {
    pins: new PinTopicSource(log, registry, SEARCH_MS),
    results: new ResultsFollower(options),
    letters: { log, registry },
  };
}
