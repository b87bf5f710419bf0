import { P2iError } from '../../shared/errors/errors.ts';
import { scoreOf } from './entry.ts';
import { PartialSums } from './partial-sums.ts';
import { PinTable } from './pin-table.ts';
import { PostingLists } from './posting-lists.ts';
import { ScoreCounts } from './score-counts.ts';
import { Tables, type Moment, type StoreState } from './tables.ts';
import { weightedTop, type Weights } from './weighted-top.ts';

/** A Pin that was found. */
export interface FoundPin {
  pin: string;
  /** Of `top` that of the interest; of `topFor` the weighted sum. */
  score: number;
}

/** What the store says of a Pin. */
export interface IndexedPin {
  /** The taxonomy version of the result behind it. */
  taxonomy: string;
  /** Ascending by id; in ids of the store's taxonomy version. */
  interests: { id: number; score: number }[];
}

/**
 * Reads a store that a `RetrievalIndex` keeps, here or in another process. Each call sees one moment of it: all of a batch or
 * nothing. Of Pins with equal scores the one that the store met first comes first.
 */
export class RetrievalReader {
  readonly #tables: Tables;
  readonly #lists: PostingLists;
  readonly #counts: ScoreCounts;
  readonly #pins: PinTable;
  readonly #sums = new PartialSums();

  private constructor(tables: Tables) {
    this.#tables = tables;
    this.#counts = new ScoreCounts(tables.counts);
    this.#lists = new PostingLists(tables.blocks, this.#counts);
    this.#pins = new PinTable(tables);
  }

  /** @throws P2iError STORE_UNAVAILABLE where there is none, or it is no store */
  static open(path: string): RetrievalReader {
    return new RetrievalReader(new Tables(path, true));
  }

  /** The taxonomy version whose ids the store understands; while it goes over to a newer one, that before. */
  get taxonomy(): string {
    return this.#tables.read((at) => this.#state(at).taxonomy);
  }

  /** How many Pins have an interest. */
  count(interest: number): number {
    return this.#tables.read((at) => this.#counts.get(interest, at).reduce((sum, count) => sum + count, 0));
  }

  /** undefined of a Pin without a result. */
  pin(pin: string): IndexedPin | undefined {
    return this.#tables.read((at) => {
      const number = this.#pins.numberOf(pin, at);
      if (number === undefined) return undefined;
      const { version, interests, scores } = this.#pins.get(number, at)!;
      return {
        taxonomy: this.#state(at).versions[version],
        interests: Array.from(interests, (id, i) => ({ id, score: scoreOf(scores[i]) })),
      };
    });
  }

  /** The k Pins with the highest scores of an interest, best first; none of an id that the taxonomy does not have. */
  top(interest: number, k: number): FoundPin[] {
    return this.#tables.read((at) => {
      const found: FoundPin[] = [];
      for (const { pins, scores } of this.#lists.scan(interest, -1, at)) {
        for (let i = 0; i < pins.length && found.length < k; i++)
          found.push({ pin: this.#pins.get(pins[i], at)!.pin, score: scoreOf(scores[i]) });
        if (found.length >= k) break;
      }
      return found;
    });
  }

  /**
   * The k Pins with the highest Σ weight · score over the interests of a query or a user, best first: exact for the scores as
   * they are kept. Pins that have none of the interests are never found.
   *
   * @param weights by interest id; all above 0
   * @throws P2iError CONFIG_INVALID for a weight that is not above 0
   */
  topFor(weights: ReadonlyMap<number, number>, k: number): FoundPin[] {
    const ordered = orderedWeights(weights);
    return this.#tables.read((at) => {
      const snapshot = {
        ...{ at, lists: this.#lists, counts: this.#counts, pins: this.#pins },
        nextPin: this.#state(at).nextPin,
      };
      return weightedTop(snapshot, ordered, k, this.#sums).map(({ pin, score }) => ({
        pin: this.#pins.get(pin, at)!.pin,
        score,
      }));
    });
  }

  async close(): Promise<void> {
    await this.#tables.close();
  }

  #state(at: Moment): StoreState {
    const state = this.#tables.state(at);
    if (state !== undefined) return state;
    throw new P2iError('STORE_UNAVAILABLE', 'has nothing yet', { where: this.#tables.path });
  }
}

function orderedWeights(weights: ReadonlyMap<number, number>): Weights {
  for (const [interest, weight] of weights)
    if (!(weight > 0 && weight < Infinity))
      throw new P2iError('CONFIG_INVALID', `the weight of interest ${interest} is ${weight}, not above 0`);
  return [...weights].sort(([a], [b]) => a - b);
}
