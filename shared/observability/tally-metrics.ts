import type { Registry } from 'prom-client';
import {
  addDistribution,
  CANDIDATE_BOUNDS,
  emptyDistribution,
  RESULT_BOUNDS,
  SCORE_BOUNDS,
  type Distribution,
  type RankingTally,
  type Tally,
} from '../stream/tally.ts';
import { DistributionMetric, type Labelled } from './distribution-metric.ts';
import { registerCounter, type Sample } from './scraped.ts';

/** What an interest is called, where somebody knows. */
export type InterestName = (taxonomy: string, id: number) => string | undefined;

/** The most interests that are counted one by one, so that no taxonomy floods whoever scrapes; the others are one. */
export const MOST_INTERESTS = 2000;

/** What the stages made, added up: candidates and results per Pin, scores by level, Pins by interest. */
export class TallyMetrics {
  readonly #candidates = emptyDistribution(CANDIDATE_BOUNDS);
  readonly #results = emptyDistribution(RESULT_BOUNDS);
  /** By level; that of level 1 is the first. */
  readonly #scores: Distribution[] = [];
  readonly #interests = new Map<string, InterestPins>();
  #cut = 0;

  constructor(registers: Registry[], nameOf: InterestName) {
    this.#registerPerPin(registers);
    this.#registerInterests(registers, nameOf);
  }

  add(tally: Tally): void {
    if (tally.stage === 'candidates') {
      addDistribution(this.#candidates, tally.perPin);
      this.#cut += tally.cut;
      return;
    }
    addDistribution(this.#results, tally.perPin);
    for (const [i, scores] of tally.scores.entries())
      addDistribution((this.#scores[i] ??= emptyDistribution(SCORE_BOUNDS)), scores);
    this.#addInterests(tally);
  }

  #addInterests({ taxonomy, pins: byId }: RankingTally): void {
    for (const [id, { level, pins }] of byId) {
      const named = { taxonomy, level, interest: String(id) };
      const others = { taxonomy, level, interest: 'others' };
      const key = keyOf(named);
      const counted =
        this.#interests.get(key) ?? this.#open(this.#interests.size < MOST_INTERESTS ? named : others);
      counted.pins += pins;
    }
  }

  #open(what: Omit<InterestPins, 'pins'>): InterestPins {
    const key = keyOf(what);
    let counted = this.#interests.get(key);
    if (counted === undefined) this.#interests.set(key, (counted = { ...what, pins: 0 }));
    return counted;
  }

  #registerPerPin(registers: Registry[]): void {
    new DistributionMetric({
      name: 'p2i_candidates_per_pin',
      help: 'Candidates of a Pin.',
      ...{ labelNames: [], bounds: CANDIDATE_BOUNDS, registers },
      read: () => [{ labels: {}, distribution: this.#candidates }],
    });
    registerCounter({
      name: 'p2i_candidates_cut_total',
      help: 'Candidates that the caps cut.',
      registers,
      read: () => [[{}, this.#cut]],
    });
    new DistributionMetric({
      name: 'p2i_results_per_pin',
      help: 'Interests that were kept of a Pin.',
      ...{ labelNames: [], bounds: RESULT_BOUNDS, registers },
      read: () => [{ labels: {}, distribution: this.#results }],
    });
    new DistributionMetric({
      name: 'p2i_result_score',
      help: 'Scores of the interests that were kept, by level of the taxonomy.',
      ...{ labelNames: ['level'], bounds: SCORE_BOUNDS, registers },
      read: () =>
        this.#scores.map((distribution, i): Labelled => ({ labels: { level: i + 1 }, distribution })),
    });
  }

  #registerInterests(registers: Registry[], nameOf: InterestName): void {
    registerCounter({
      name: 'p2i_interest_pins_total',
      help: 'Pins that an interest of level 1 or 2 was kept for.',
      labelNames: ['taxonomy', 'level', 'interest', 'name'],
      registers,
      read: () =>
        [...this.#interests.values()].map(({ pins, ...what }): Sample => {
          const name = nameOf(what.taxonomy, Number(what.interest)) ?? '';
          return [{ ...what, name }, pins];
        }),
    });
  }
}

interface InterestPins {
  taxonomy: string;
  level: number;
  /** Its id, or `others`. */
  interest: string;
  pins: number;
}

function keyOf({ taxonomy, level, interest }: Omit<InterestPins, 'pins'>): string {
  return `${taxonomy} ${level} ${interest}`;
}
