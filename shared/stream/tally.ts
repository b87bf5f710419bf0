import type { StageName } from './stage.ts';

/**
 * What a stage made of a batch, in numbers: what its metrics are added up from. Plain data, so that threads can send it.
 * A Pin that several taxonomy versions classify counts once for each; one that is deleted does not count.
 */
export type Tally = CandidatesTally | RankingTally;

export interface CandidatesTally {
  stage: 'candidates';
  /** Candidates of a Pin: how many Pins have so many, by CANDIDATE_BOUNDS. */
  perPin: Distribution;
  /** Candidates that the caps cut. */
  cut: number;
}

export interface RankingTally {
  stage: 'ranking';
  taxonomy: string;
  /** Interests that are kept of a Pin, by RESULT_BOUNDS. */
  perPin: Distribution;
  /** Scores of what is kept, by SCORE_BOUNDS; the element of level 1 is the first. */
  scores: Distribution[];
  /** Pins by id of the interest that was kept for them: of the first NAMED_LEVELS levels. */
  pins: ReadonlyMap<number, { level: number; pins: number }>;
}

/** How values are distributed: how many lie at or below each bound and above the one before; the last lie above all. */
export interface Distribution {
  counts: number[];
  sum: number;
}

/** Candidates are 200 at most; 0 tells of the Pins that have none. */
export const CANDIDATE_BOUNDS: readonly number[] = [0, 10, 20, 40, 60, 80, 100, 120, 160, 200];

export const RESULT_BOUNDS: readonly number[] = [0, 1, 2, 5, 10, 15, 20, 30, 50];

/** Tenths: as fine as a drift that matters, and few enough for one series a level and tenth. */
export const SCORE_BOUNDS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Levels whose interests are counted one by one: a few hundred interests. */
export const NAMED_LEVELS = 2;

export function emptyDistribution(bounds: readonly number[]): Distribution {
  return { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
}

/** Counts a value. */
export function count(distribution: Distribution, bounds: readonly number[], value: number): void {
  let at = 0;
  while (at < bounds.length && value > bounds[at]) at++;
  distribution.counts[at]++;
  distribution.sum += value;
}

/** Adds the counts of another distribution by the same bounds. */
export function addDistribution(to: Distribution, { counts, sum }: Distribution): void {
  for (let i = 0; i < counts.length; i++) to.counts[i] += counts[i];
  to.sum += sum;
}

/** Counts what a stage made; undefined where nothing of it is counted. @param made what the stage’s `process` returned */
export type Probe = (stage: StageName, made: unknown) => Tally | undefined;
