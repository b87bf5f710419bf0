export { P2iError, ERRORS, type ErrorCode } from '../../shared/errors/errors.ts';
export { readTaxonomy } from '../../shared/taxonomy/read.ts';
export type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
export type { ScoredInterest } from '../../workers/publishing/topic.ts';
export { MAX_QUERY_CHARACTERS, QueryInterests, type QueryArtefacts } from './query-interests.ts';
