import type { InterestCounts, InterestTable, SideName } from './interests.ts';
import type { Found } from './pins-found.ts';
import { Shifts, type ShiftSummary } from './shifts.ts';

/** A Pin is changed where the score of an interest that it keeps moves by more than this. */
export const MOVED = 0.05;

/** Pins by what happened to them. */
export interface PinCounts {
  /** That both sides have. The counts below, but for the last two, are of these. */
  compared: number;
  /** One or more of the three that follow. */
  changed: number;
  /** Interests gained or lost. */
  setChanged: number;
  /** Another first interest, or one where there was none. */
  firstChanged: number;
  /** An interest kept, its score moved by more than MOVED. */
  scoresMoved: number;
  /** Classified in another version: the Pin itself may have changed. */
  otherVersion: number;
  onlyBefore: number;
  onlyAfter: number;
}

/** What happened on one level of the taxonomy: of each pair of a Pin and an interest. */
export interface LevelChanges {
  level: number;
  gained: number;
  lost: number;
  kept: number;
  /** Of the scores of those kept; null where there are none. */
  shift: ShiftSummary | null;
}

/** How an interest fared, of the Pins compared. */
export interface InterestChanges extends InterestCounts {
  id: number;
  label: string;
  level: number;
  gained: number;
  lost: number;
  /** Pins that have it on both sides, of those that have it on any; 1: nothing changed. */
  jaccard: number;
}

export interface ScoredLabel {
  id: number;
  label: string;
  score: number;
}

/** A Pin that changed much. */
export interface ChangedPin {
  pin: string;
  /** Sum of what all scores moved, an interest that is not there having 0. */
  change: number;
  /** Best first. */
  before: ScoredLabel[];
  after: ScoredLabel[];
}

interface Level {
  gained: number;
  lost: number;
  shifts: Shifts;
}

/** Counts what changes from Pin to Pin. Its memory does not grow with the Pins. */
export class Tally {
  readonly pins: PinCounts = {
    ...{ compared: 0, changed: 0, setChanged: 0, firstChanged: 0, scoresMoved: 0 },
    ...{ otherVersion: 0, onlyBefore: 0, onlyAfter: 0 },
  };
  readonly #table: InterestTable;
  readonly #examples: number;
  readonly #levels: Level[] = [];
  /** The most changed first. */
  #most: ChangedPin[] = [];

  /** @param examples how many of the Pins that change most are kept */
  constructor(table: InterestTable, examples: number) {
    this.#table = table;
    this.#examples = examples;
  }

  /** Counts a Pin that both sides have. @param pin its id */
  compare(pin: string, before: Found, after: Found): void {
    const scores = scoresOf(before);
    let [gained, moved, change] = [0, false, 0];
    after.interests.forEach((interest, i) => {
      this.#table.count(interest, 'after');
      const score = scores.get(interest);
      scores.delete(interest);
      if (score === undefined) {
        gained++;
        change += after.scores[i];
        this.#level(interest, 'after').gained++;
        return;
      }
      const shift = after.scores[i] - score;
      if (Math.abs(shift) > MOVED) moved = true;
      change += Math.abs(shift);
      this.#table.countKept(interest);
      this.#level(interest, 'after').shifts.add(shift);
    });
    for (const interest of before.interests) this.#table.count(interest, 'before');
    for (const [interest, score] of scores) {
      change += score;
      this.#level(interest, 'before').lost++;
    }
    this.#count({ set: gained + scores.size > 0, first: before.interests[0] !== after.interests[0], moved });
    if (change > 0) this.#offer(pin, change, before, after);
  }

  levels(): LevelChanges[] {
    return this.#levels.flatMap(({ gained, lost, shifts }, level) => ({
      ...{ level, gained, lost, kept: shifts.count },
      shift: shifts.summary() ?? null,
    }));
  }

  /** The interests that some Pin gained or lost: of most Pins first. */
  interests(): InterestChanges[] {
    const changes: InterestChanges[] = [];
    this.#table.ids.forEach((id, number) => {
      const counts = this.#table.counts(number);
      const { before, after, kept } = counts;
      const [gained, lost] = [after - kept, before - kept];
      if (gained + lost === 0) return;
      const [label, level] = [this.#table.label(number), this.#table.level(number, 'after')];
      changes.push({ id, label, level, ...counts, gained, lost, jaccard: kept / (kept + gained + lost) });
    });
    return changes.sort((a, b) => b.gained + b.lost - (a.gained + a.lost) || a.id - b.id);
  }

  /** The Pins that changed most, the most changed first. */
  mostChanged(): ChangedPin[] {
    return this.#most;
  }

  #count({ set, first, moved }: { set: boolean; first: boolean; moved: boolean }): void {
    this.pins.compared++;
    if (set) this.pins.setChanged++;
    if (first) this.pins.firstChanged++;
    if (moved) this.pins.scoresMoved++;
    if (set || first || moved) this.pins.changed++;
  }

  #level(interest: number, side: SideName): Level {
    return (this.#levels[this.#table.level(interest, side)] ??= { gained: 0, lost: 0, shifts: new Shifts() });
  }

  #offer(pin: string, change: number, before: Found, after: Found): void {
    const least = this.#most.at(-1);
    if (this.#most.length >= this.#examples && (least === undefined || change < least.change)) return;
    this.#most.push({ pin, change, before: this.#labelled(before), after: this.#labelled(after) });
    this.#most.sort((a, b) => b.change - a.change || (a.pin < b.pin ? -1 : 1));
    this.#most = this.#most.slice(0, this.#examples);
  }

  #labelled({ interests, scores }: Found): ScoredLabel[] {
    return Array.from(interests, (number, i) => ({
      ...{ id: this.#table.ids[number], label: this.#table.label(number) },
      score: scores[i],
    }));
  }
}

/** A Pin's scores by interest number. */
function scoresOf({ interests, scores }: Found): Map<number, number> {
  return new Map(Array.from(interests, (interest, i) => [interest, scores[i]]));
}
