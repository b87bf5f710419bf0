import type { Taxonomy } from '../../shared/taxonomy/taxonomy.ts';
import type { ScoredInterest } from '../../workers/publishing/topic.ts';
import type { PinChange } from '../taxonomies/followed.ts';
import type { Succession } from '../taxonomies/succession.ts';
import { Decay, rankInterests } from './decay.ts';
import { EngagedUser } from './engaged-user.ts';
import { checkEngagement, type PinEngagement } from './engagement.ts';
import { engagementLimit, type UserInterestsOptions } from './options.ts';
import { interestsOfScores, pinScores, type PinScores } from './pin-scores.ts';

/** What a Pin is about. */
interface KnownPin {
  /** The taxonomy version of the result behind it. */
  taxonomy: string;
  scores: PinScores;
}

/**
 * The interests of many users, kept up with what they do, with the results of Pins and with the taxonomy. At any time they are
 * what `aggregateInterests` computes from all of it, to the bit and whatever came first: sums are exact.
 */
export class UserInterests {
  readonly #decay: Decay;
  readonly #limit: number;
  #taxonomy: Taxonomy;
  readonly #pins = new Map<string, KnownPin>();
  readonly #users = new Map<string, EngagedUser>();
  readonly #engagedWith = new Map<string, Set<EngagedUser>>();
  /** Periods before this one are forgotten. */
  #oldest = -Infinity;

  /** @throws P2iError CONFIG_INVALID */
  constructor(taxonomy: Taxonomy, options: UserInterestsOptions) {
    this.#taxonomy = taxonomy;
    this.#decay = new Decay(options.halfLife);
    this.#limit = engagementLimit(options);
  }

  /** Users of whom an engagement is kept. */
  get size(): number {
    return this.#users.size;
  }

  /** The taxonomy version of the result that a Pin is known by: what `FollowedTaxonomy.change` asks for. */
  taxonomyOf(pin: string): string | undefined {
    return this.#pins.get(pin)?.taxonomy;
  }

  /**
   * A user did something with a Pin, which may be known or not. In any order.
   *
   * @throws P2iError PIN_INVALID for a weight or a time that can be none
   */
  engaged(user: string, engagement: PinEngagement): void {
    checkEngagement(engagement, Date.now());
    const { pin, time, weight } = engagement;
    const period = this.#decay.period(time);
    const amount = this.#decay.amount(time, weight);
    if (amount === 0 || period < this.#oldest) return;
    const known = this.#users.get(user) ?? new EngagedUser();
    this.#users.set(user, known);
    known.engage({ pin, period }, amount, this.#scoresOf(pin));
    const users = this.#engagedWith.get(pin);
    if (users === undefined) this.#engagedWith.set(pin, new Set([known]));
    else users.add(known);
    if (known.size > this.#limit) {
      const dropped = known.removeOldest((of) => this.#scoresOf(of));
      if (!known.has(dropped)) this.#disengage(known, dropped);
    }
  }

  /**
   * A Pin is about something else now: also one that nobody has engaged with yet.
   *
   * @throws P2iError PIN_INVALID for a score that is none from 0 to 1; nothing changes then
   */
  changed({ pin, taxonomy, interests }: PinChange): void {
    const before = this.#scoresOf(pin);
    const after = interests === null ? NOTHING : pinScores(pin, interests);
    for (const user of this.#engagedWith.get(pin) ?? []) user.change(pin, before, after);
    if (interests === null) this.#pins.delete(pin);
    else this.#pins.set(pin, { taxonomy, scores: after });
  }

  /** A newer version of the taxonomy is out. */
  succeed(succession: Succession): void {
    this.#taxonomy = succession.to;
    for (const [pin, { taxonomy, scores }] of this.#pins) {
      if (!scores.some((id, i) => i % 2 === 0 && succession.changed.has(id))) continue;
      const interests = succession.carry(interestsOfScores(scores, succession.from));
      this.changed({ pin, taxonomy, interests });
    }
  }

  /**
   * Forgets what counts nothing any more. Call it now and then, once a half-life or so.
   *
   * @param at ms since 1970: nobody is going to ask for an earlier time
   */
  forget(at: number): void {
    this.#oldest = Math.max(this.#oldest, this.#decay.oldest(at));
    for (const [id, user] of this.#users) {
      for (const pin of user.forget(this.#oldest)) this.#disengage(user, pin);
      if (user.size === 0) this.#users.delete(id);
    }
  }

  /**
   * @param at ms since 1970: the time that engagements have faded by. It changes the scores of a user all alike
   * @returns best first; their scores may exceed 1. None for a user who is not known
   */
  interestsOf(user: string, at: number): ScoredInterest[] {
    const known = this.#users.get(user);
    return known === undefined ? [] : rankInterests(known.sums, at, this.#decay, this.#taxonomy);
  }

  #disengage(user: EngagedUser, pin: string): void {
    const users = this.#engagedWith.get(pin)!;
    users.delete(user);
    if (users.size === 0) this.#engagedWith.delete(pin);
  }

  #scoresOf(pin: string): PinScores {
    return this.#pins.get(pin)?.scores ?? NOTHING;
  }
}

const NOTHING: PinScores = [];
