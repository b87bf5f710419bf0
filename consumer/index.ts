export { P2iError, ERRORS, type ErrorCode } from '../shared/errors/errors.ts';
export type { Taxonomy, TaxonomyTree } from '../shared/taxonomy/taxonomy.ts';
export type { PinInterests, ScoredInterest } from '../workers/publishing/topic.ts';
export { P2iConsumer, type ConsumerAddress } from './consumer.ts';
export { Results, type FollowOptions, type ResultsStart, type SubscribeOptions } from './results/results.ts';
export type { RecordPlace, ResultUpdate, UpdateBatch } from './results/update.ts';
export { TargetingMatches } from './targeting/matches.ts';
export { TargetingIndex } from './targeting/targeting-index.ts';
export {
  matchesTargeting,
  restateTargeting,
  type RestatedTargeting,
  type Targeting,
} from './targeting/targeting.ts';
export { FollowedTaxonomy, type PinChange } from './taxonomies/followed.ts';
export { PublishedTaxonomy, type TaxonomyOptions } from './taxonomies/published.ts';
export { Succession } from './taxonomies/succession.ts';
export { CosSimBatch } from './similarity/batch.ts';
export {
  COS_SIM_FEATURES,
  cosSimByLevel,
  type CosSimByLevel,
  type CosSimFeature,
  type LevelledInterest,
} from './similarity/cos-sim.ts';
export { PackedInterests } from './similarity/packed-interests.ts';
export { aggregateInterests } from './user-interests/aggregate.ts';
export type { PinEngagement } from './user-interests/engagement.ts';
export type { UserInterestsOptions } from './user-interests/options.ts';
export { UserInterests } from './user-interests/user-interests.ts';
export { unsafeDecision, type Decision, type UnsafeReason, type Verdict } from './unsafe/decision.ts';
export {
  ACTIONS,
  parsePolicy,
  readPolicy,
  type RuleSubject,
  type UnsafeAction,
  type UnsafePolicy,
  type UnsafeRule,
} from './unsafe/policy.ts';
export { readAuditTrail, readDecisions } from './unsafe/read.ts';
export { REMOVAL_GROUP, UnsafeRemoval, type UnsafeRemovalOptions } from './unsafe/removal.ts';
export { REMOVAL_TOPICS, type Cause, type DecisionChange, type PolicyInForce } from './unsafe/topics.ts';
export { UnderstoodPolicy, type StaleSubject } from './unsafe/understood.ts';
