/*
 * What the inspector's server answers, as JSON: shared by its routes and its page. Plain data, no imports.
 */

/** Every failure. */
export interface Failure {
  /** Of shared/errors/errors.ts. */
  code: string;
  message: string;
  /** What to do about it. */
  action: string;
}

/** GET /v1/about */
export interface About {
  version: string;
  /** Where Pins, results and dead letters come from: the bundled sample, an embedded state, Kafka. */
  source: 'sample' | 'state' | 'kafka';
  /** Version of the ranking model. */
  model: string;
  /** Taxonomy versions that classify, in the order of publishing: the last one is the default. */
  taxonomies: string[];
  /** What this server was started with; the page says how to get the rest. */
  parts: {
    results: boolean;
    deadLetters: boolean;
    pools: boolean;
    runs: boolean;
  };
  /** True where the server asks for a token, and this request had one. */
  token: boolean;
}

/** GET /v1/session: also without a token. */
export interface SessionState {
  /** A token is asked for, and this request has none. */
  needed: boolean;
}

/** An interest of a Pin. */
export interface PinInterest {
  id: number;
  level: number;
  score: number;
  label: string;
  /** Id of its parent in the taxonomy; null at level 1. */
  parent: number | null;
}

/** A candidate of a Pin. */
export interface ApiCandidate {
  id: number;
  /** `nature > animals > birds` */
  path: string;
  level: number;
  score: number;
  /** It is among the Pin's interests. */
  kept: boolean;
  /** How it was found. */
  sources: string[];
  /** With `explain=all` only. */
  evidence?: Record<string, number>;
  features?: Record<string, number>;
  contributions?: ApiContribution[];
}

/** How far a feature moved a score. */
export interface ApiContribution {
  feature: string;
  /** Null where it is missing. */
  value: number | null;
  /** In log-odds of the score. */
  contribution: number;
}

/** How a text of the Pin that is not English was read. */
export interface ApiTranslation {
  field: string;
  text: string;
  /** BCP-47 tags of what it is taken to be of, the likeliest first. */
  languages: string[];
  /** The words of the likeliest translation. */
  english: string;
}

/** What was seen of a Pin on the way to its interests. */
export interface ApiExplanation {
  translations: ApiTranslation[];
  words: string[];
  /** Candidates that the cap cut. */
  cut: number;
  /** Log-odds that every candidate starts from; with its contributions it sums to those of its score. */
  expected: number;
  /** Best first. */
  candidates: ApiCandidate[];
}

/** A Pin that was classified. */
export interface ClassifiedPin {
  pin: string;
  pinVersion: number;
  /** Best first. */
  interests: PinInterest[];
  /** With `explain` only. */
  explanation?: ApiExplanation;
}

/** POST /v1/classify */
export interface Classified {
  taxonomy: string;
  model: string;
  /** Of the co-occurrence store. */
  generation: number;
  lane: 'batch' | 'instant';
  /** Spent on classifying, after any wait for others. */
  milliseconds: number;
  pins: ClassifiedPin[];
}

/** GET /v1/features: one row of the feature table. */
export interface ApiFeature {
  name: string;
  group: string;
  meaning: string;
  unit: string;
}

/** GET /v1/taxonomies: one version. */
export interface ApiTaxonomy {
  version: string;
  interests: number;
  /** Interests by level, level 1 first. */
  levels: number[];
  /** Pins with a result of this version that are counted. */
  pins: number;
}

/** How many Pins are counted. */
export interface IndexState {
  /** The topic is read up to its end. */
  complete: boolean;
  /** Pins counted, of all versions. */
  pins: number;
  /** Results that came when the index was full, and are not counted. */
  beyond: number;
  bytes: number;
}

/** An interest, as a row of the tree. */
export interface ApiInterest {
  id: number;
  name: string;
  level: number;
  /** How many. */
  children: number;
  /** Pins that have it, or what is below it; null where nothing is counted. */
  pins: number | null;
  /** Of these, those that have nothing below it. */
  ownPins: number | null;
  unsafe: boolean;
  hidden: boolean;
}

/** GET /v1/taxonomies/:version/interests/:id */
export interface ApiInterestDetails {
  interest: ApiInterest;
  /** From level 1 down to its parent. */
  path: { id: number; name: string }[];
  aliases: string[];
  /** By BCP-47 tag. */
  translations: Record<string, string>;
  /** By id. */
  children: ApiInterest[];
}

/** An example Pin of an interest. */
export interface ExamplePin {
  pin: string;
  /** Of the interest. */
  score: number;
  /** Best first. */
  interests: string[];
}

/** A result as it stands on p2i-results. */
export interface PinResult {
  taxonomy: string;
  pinVersion: number;
  lane: string;
  run: string;
  model: string;
  time: number;
  interests: PinInterest[];
}

/** GET /v1/pins/:id */
export interface FoundPin {
  id: string;
  /** As docs/pins.md has it; null where it was not found. */
  pin: object | null;
  /** The Pin's partition of p2i-pins was read to its beginning. */
  complete: boolean;
  /** One a taxonomy version. */
  results: PinResult[];
}

/** A dead letter in a list. */
export interface ApiLetter {
  id: string;
  failedAt: string;
  redrivenAt: string | null;
  stage: string;
  code: string;
  message: string;
  /** `p2i-pins-0@17` */
  place: string;
  pinId: string | null;
  attempts: number;
  bytes: number;
}

/** GET /v1/dead-letters */
export interface ApiLetters {
  /** The last that failed, the latest first. */
  letters: ApiLetter[];
  /** Of all that the filter fits, the most frequent first. */
  counts: { stage: string; code: string; letters: number; redriven: number }[];
  /** How many records are no dead letters. */
  unreadable: number;
}

/** GET /v1/dead-letters/:id */
export interface ApiLetterDetails extends ApiLetter {
  action: string;
  key: string;
  time: string;
  headers: Record<string, string>;
  /** What its bytes say, or why nothing is known of them. */
  decoded: { schema: string; value: unknown } | { reason: string };
  /** Its first bytes, in hexadecimal. */
  head: string;
}

/** POST /v1/dead-letters/redrive */
export interface ApiRedrive {
  dryRun: boolean;
  /** Letters that go, or went; ids of the first of them. */
  going: number;
  ids: string[];
  kinds: { topic: string; stage: string; code: string; letters: number }[];
  /** How many were left, by the reason in words. */
  left: { reason: string; letters: number }[];
  redriven: number;
}

/** A pool of workers. */
export interface ApiPool {
  group: string;
  topic: string;
  stages: string[];
  lane: string;
  /** Alive. */
  workers: number;
  /** Gone without having been asked to stop. */
  lost: number;
  partitions: number;
  /** Share of the time in which its workers do not wait for records, in [0, 1]. */
  busyShare: number;
  pinsPerSecond: number;
  pinsFailed: number;
  /** Offsets that it has yet to read. */
  lagRecords: number;
  /** The same in Pins; null where it has read none. */
  lagPins: number | null;
  /** Pins a minute; null where it is not known yet. */
  lagGrowth: number | null;
  /** Null where it works off nothing. */
  drainSeconds: number | null;
  /** Share of its work by stage, where more than one are fused. */
  stageShares: Record<string, number>;
  /** Workers that cannot work now, by why. */
  failing: Record<string, number>;
}

/** GET /v1/pools, and the events of /v1/pools/events */
export interface ApiPools {
  pools: ApiPool[];
  /** Which pool holds up the others, in one sentence; null where none does. */
  bottleneck: { group: string; words: string } | null;
}

/** A run in one partition. */
export interface ApiRange {
  partition: number;
  from: number;
  to: number;
  copied: number;
  pinsIn: number;
  results: number;
  superseded: number;
  deadLetters: number;
  /** Why its job failed for good; null where it did not. */
  failed: string | null;
}

/** A run, and how it goes. */
export interface ApiRun {
  run: string;
  reason: string;
  by: string;
  /** Milliseconds since 1970. */
  planned: number;
  started: number | null;
  /** planned, running, paused, cancelled, complete */
  state: string;
  since: number;
  taxonomy: string;
  model: string | null;
  generation: number | null;
  shadow: boolean;
  schedule: string | null;
  records: { total: number; copied: number };
  pinsIn: number;
  results: number;
  superseded: number;
  deadLetters: number;
  /** Pins in that are neither yet. */
  left: number;
  /** All is accounted for, each Pin once. */
  exact: boolean;
  /** In [0, 1] */
  done: number;
  /** Pins a second; null before the first. */
  rate: number | null;
  secondsLeft: number | null;
  ranges: ApiRange[];
}

/** GET /v1/runs, and the events of /v1/runs/events */
export interface ApiRuns {
  /** The latest, first. */
  runs: ApiRun[];
  /** How many more there are. */
  older: number;
  schedules: { name: string; cron: string; reason: string; next: number | null }[];
}

/** POST /v1/runs */
export interface ApiPlannedRun {
  dryRun: boolean;
  run: string;
  taxonomy: string;
  generation: number | null;
  partitions: number;
  records: number;
  /** By the newest complete run; null where there is none. */
  pins: number | null;
  seconds: number | null;
}
