import { P2iError } from '../shared/errors/errors.ts';
import type { TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';

/** The taxonomy versions that a worker holds. */
export interface TaxonomySource<T extends TaxonomyTree = TaxonomyTree> {
  /**
   * @param where names what asks, in the error
   * @throws P2iError TAXONOMY_UNKNOWN where the version is not held
   */
  taxonomy(version: string, where?: string): T;
}

/** A source of one taxonomy. */
export function oneTaxonomy<T extends TaxonomyTree>(taxonomy: T): TaxonomySource<T> {
  return {
    taxonomy(version, where) {
      if (version === taxonomy.version) return taxonomy;
      throw taxonomyUnknown(version, where);
    },
  };
}

export function taxonomyUnknown(version: string, where?: string): P2iError {
  return new P2iError('TAXONOMY_UNKNOWN', `version ${version} is not held here`, where ? { where } : {});
}
