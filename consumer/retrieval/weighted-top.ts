import { Best, type Ranked } from './best.ts';
import { SCORE_ONE } from './entry.ts';
import { ListScan, type Step } from './list-scan.ts';
import { SUM_ERROR, type PartialSums } from './partial-sums.ts';
import type { Scored } from './pin-record.ts';
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
const RECORD_COST = 100;

/** Blocks of a list that are read before what is worth most is worked out again. */
const BLOCKS_A_TURN = 4;

/** Postings read before Pins are looked up the first time; then each time that so many times as many are read. */
const FIRST_LOOK_UP = 1 << 14;
const LOOK_UP_GROWTH = 4;

/**
 * The k Pins with the highest Σ weight · score, exactly: Fagin's threshold algorithm, with what is read next chosen by what
 * it is worth. Lists are read best first, and sums kept of what was met. No Pin that was not met has more than the bounds of
 * all lists together. Now and then the Pins with the highest sums are looked up and summed in full: what k of them have at
 * least is what others have to reach. Once no Pin that was not met can, the others that may yet are looked up; reading goes
 * on only while it rules out more than it costs.
 */
export function weightedTop(snapshot: Snapshot, weights: Weights, k: number, sums: PartialSums): Ranked[] {
  if (k === 0) return [];
  const { at, lists, counts } = snapshot;
  // Sums are shares of what there can be, so that none of them is too small or too large to be added up.
  const most = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const scans = weights.map(
    ([id, weight]) => new ListScan(lists.scan(id, -1, at), counts.get(id, at), weight / most / SCORE_ONE),
  );
  try {
    sums.begin(snapshot.nextPin);
    const full = new FullSums(snapshot, weights, { k, most });
    readEnough(scans, sums, full);
    full.lookUpBest(sums);
    full.lookUp(sums, boundOf(scans));
    return full.best();
  } finally {
    for (const scan of scans) scan.close();
  }
}

function boundOf(scans: readonly ListScan[]): number {
  return scans.reduce((sum, { bound }) => sum + bound, 0);
}

function readEnough(scans: readonly ListScan[], sums: PartialSums, full: FullSums): void {
  let postings = 0;
  let lookUpAt = FIRST_LOOK_UP;
  for (let next = mostWorth(scans); next !== undefined; next = mostWorth(scans)) {
    const mayYet = full.least - boundOf(scans);
    // Several steps may rule out what one does not.
    if (mayYet > 0 && !pays(next.step!, sums, mayYet) && !pays(restOf(scans), sums, mayYet)) return;
    for (let block = 0; block < BLOCKS_A_TURN && next.step !== undefined; block++) {
      const columns = next.read();
      sums.add(columns, next.weight);
      postings += columns.pins.length;
    }
    if (postings < lookUpAt) continue;
    full.lookUpBest(sums);
    lookUpAt = LOOK_UP_GROWTH * postings;
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

/** Pins that were looked up, with the best of them. */
class FullSums {
  readonly #snapshot: Snapshot;
  readonly #weights: Weights;
  readonly #k: number;
  readonly #most: number;
  readonly #best: Best;
  readonly #known = new Set<number>();

  /** @param most the weights' sum */
  constructor(snapshot: Snapshot, weights: Weights, { k, most }: { k: number; most: number }) {
    this.#snapshot = snapshot;
    this.#weights = weights;
    this.#k = k;
    this.#most = most;
    this.#best = new Best(k);
  }

  /** The least share, as they are added up, of a Pin that may be among the best; not above 0 while there are fewer than k. */
  get least(): number {
    return this.#best.least / this.#most - this.#weights.length * SUM_ERROR;
  }

  /** Looks up the Pins that have the highest sums so far. */
  lookUpBest(sums: PartialSums): void {
    for (const { pin } of sums.from(sums.reachedBy(this.#k)).slice(0, this.#k)) this.#add(pin);
  }

  /** Looks up all that may be among the best. @param unread the most that a sum still grows */
  lookUp(sums: PartialSums, unread: number): void {
    for (const { pin, sum } of sums.from(this.least - unread)) {
      if (sum + unread < this.least) break;
      this.#add(pin);
    }
  }

  /** Best first. */
  best(): Ranked[] {
    return this.#best.ordered();
  }

  #add(pin: number): void {
    if (this.#known.has(pin)) return;
    this.#known.add(pin);
    const { pins, at } = this.#snapshot;
    this.#best.offer({ pin, score: weightedSum(pins.scored(pin, at), this.#weights) });
  }
}

/** Σ weight · score, in the order of the ids. */
export function weightedSum({ interests, scores }: Scored, weights: Weights): number {
  let sum = 0;
  for (let i = 0, w = 0; i < interests.length && w < weights.length;) {
    const [id, weight] = weights[w];
    if (interests[i] === id) sum += weight * (scores[i] / SCORE_ONE);
    if (interests[i] <= id) i++;
    else w++;
  }
  return sum;
}
