export { P2iError, ERRORS, type ErrorCode } from '../shared/errors/errors.ts';
export type { Taxonomy, TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';
export type { PinInterests, ScoredInterest } from '../workers/publishing/topic.ts';
export { P2iConsumer, type ConsumerAddress } from './consumer.ts';
export { Results, type FollowOptions, type ResultsStart, type SubscribeOptions } from './results/results.ts';
export type { RecordPlace, ResultUpdate, UpdateBatch } from './results/update.ts';
export { FollowedTaxonomy, type PinChange } from './taxonomies/followed.ts';
export { PublishedTaxonomy, type TaxonomyOptions } from './taxonomies/published.ts';
export { Succession } from './taxonomies/succession.ts';
