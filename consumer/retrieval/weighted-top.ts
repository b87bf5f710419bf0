import { Best, type Ranked } from './best.ts';
import { SCORE_ONE } from './entry.ts';
import { ListScan, type Step } from './list-scan.ts';
import type { PartialSums } from './partial-sums.ts';
import type { PinRecord } from './pin-record.ts';
import type { PinTable } from './pin-table.ts';
import type { PostingLists } from './posting-lists.ts';
import type { ScoreCounts } from './score-counts.ts';
import type { Moment } from './tables.ts';

/** What a search reads, all of one moment. */
export interface Snapshot {
  at: Moment;
  lists: PostingLists;
  counts: ScoreCounts;
  pins: PinTable;
  /** Pin numbers are below it. */
  nextPin: number;
}

/** Interest id and weight, ascending by id. */
export type Weights = readonly (readonly [interest: number, weight: number])[];

/** What looking up a Pin's record costs, in postings of a list. */
const RECORD_COST = 40;

/** Sums of doubles that were added in different orders differ by less, as a share of the largest. */
const ROUNDING = 1e-9;

/**
 * The k Pins with the highest Σ weight · score, exactly: Fagin's threshold algorithm, with what is read next chosen by what
 * it is worth. Lists are read best first, and sums kept of what was met. No Pin that was not met has more than the bounds of
 * all lists together. Once k Pins have more than that, those that may yet be among the best are looked up and summed in
 * full; reading goes on only while it rules out more than it costs.
 */
export function weightedTop(snapshot: Snapshot, weights: Weights, k: number, sums: PartialSums): Ranked[] {
  const { at, lists, counts } = snapshot;
  const scans = weights.map(
    ([id, weight]) => new ListScan(lists.scan(id, -1, at), counts.get(id, at), weight / SCORE_ONE),
  );
  try {
    const most = boundOf(scans);
    if (most === 0) return [];
    sums.begin(snapshot.nextPin, most);
    readEnough(scans, sums, k);
    return bestOf(snapshot, weights, k, sums, { unread: boundOf(scans), slack: most * ROUNDING });
  } finally {
    for (const scan of scans) scan.close();
  }
}

function boundOf(scans: readonly ListScan[]): number {
  return scans.reduce((sum, { bound }) => sum + bound, 0);
}

function readEnough(scans: readonly ListScan[], sums: PartialSums, k: number): void {
  for (let next = mostWorth(scans); next !== undefined; next = mostWorth(scans)) {
    const unread = boundOf(scans);
    const least = sums.reachedBy(k);
    if (unread < least) {
      const mayYet = least - unread;
      // Several steps may rule out what one does not.
      if (!pays(next.step!, sums, mayYet) && !pays(restOf(scans), sums, mayYet)) return;
    }
    sums.add(next.read(), next.weight);
  }
}

function mostWorth(scans: readonly ListScan[]): ListScan | undefined {
  let best: ListScan | undefined;
  for (const scan of scans) {
    if (scan.step === undefined) continue;
    if (best === undefined || scan.step.drop * best.step!.cost > best.step!.drop * scan.step.cost)
      best = scan;
  }
  return best;
}

function restOf(scans: readonly ListScan[]): Step {
  const rest = scans.map((scan) => scan.rest);
  return {
    drop: rest.reduce((sum, { drop }) => sum + drop, 0),
    cost: rest.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** @param least the sum so far of a Pin that may yet be among the best */
function pays({ drop, cost }: Step, sums: PartialSums, least: number): boolean {
  return (sums.countFrom(least) - sums.countFrom(least + drop)) * RECORD_COST > cost;
}

function bestOf(
  { pins, at }: Snapshot,
  weights: Weights,
  k: number,
  sums: PartialSums,
  { unread, slack }: { unread: number; slack: number },
): Ranked[] {
  const best = new Best(k);
  for (const { pin, sum } of sums.from(sums.reachedBy(k) - unread - slack)) {
    if (sum + unread + slack < best.least) break;
    best.offer({ pin, score: weightedSum(pins.get(pin, at)!, weights) });
  }
  return best.ordered();
}

/** Σ weight · score, in the order of the ids. */
export function weightedSum(
  { interests, scores }: Pick<PinRecord, 'interests' | 'scores'>,
  weights: Weights,
): number {
  let sum = 0;
  for (let i = 0, w = 0; i < interests.length && w < weights.length;) {
    const [id, weight] = weights[w];
    if (interests[i] === id) sum += weight * (scores[i] / SCORE_ONE);
    if (interests[i] <= id) i++;
    else w++;
  }
  return sum;
}
