import { MAX_AMOUNT } from './decay.ts';
import { newestFirst, type PinInPeriod } from './engagement.ts';
import { added, sumOf, withoutBefore, type PeriodSums } from './period-sums.ts';
import type { PinScores } from './pin-scores.ts';

/** What one user did, and what that comes to by interest. */
export class EngagedUser {
  /** Engagements. */
  size = 0;
  readonly #amounts = new Map<string, PeriodSums>();
  readonly #sums = new Map<number, PeriodSums>();
  /** The oldest engagements, the oldest last: all that are older than the first of them. Empty: to be looked for. */
  #oldest: PinInPeriod[] = [];

  /** By interest. */
  get sums(): ReadonlyMap<number, PeriodSums> {
    return this.#sums;
  }

  has(pin: string): boolean {
    return this.#amounts.has(pin);
  }

  /** Adds an amount, which is not 0. @param scores what the Pin is about */
  engage({ pin, period }: PinInPeriod, amount: number, scores: PinScores): void {
    const amounts = this.#amounts.get(pin);
    const before = amounts === undefined ? 0 : sumOf(amounts, period);
    const more = Math.min(amount, MAX_AMOUNT - before);
    if (before === 0) this.#count({ pin, period });
    set(this.#amounts, pin, added(amounts, period, more));
    this.#add(scores, period, more);
  }

  /** Takes the oldest engagement back; there is one. @returns its Pin */
  removeOldest(scoresOf: (pin: string) => PinScores): string {
    if (this.#oldest.length === 0) this.#oldest = this.#findOldest();
    const { pin, period } = this.#oldest.pop()!;
    const amounts = this.#amounts.get(pin)!;
    const amount = sumOf(amounts, period);
    this.size--;
    set(this.#amounts, pin, added(amounts, period, -amount));
    this.#add(scoresOf(pin), period, -amount);
    return pin;
  }

  /** A Pin that the user engaged with is about something else. */
  change(pin: string, before: PinScores, after: PinScores): void {
    const amounts = this.#amounts.get(pin)!;
    for (let i = 0; i < amounts.length; i += 2) {
      this.#add(before, amounts[i], -amounts[i + 1]);
      this.#add(after, amounts[i], amounts[i + 1]);
    }
  }

  /** Forgets the periods before one. @returns the Pins that nothing is left of */
  forget(oldest: number): string[] {
    this.#oldest = [];
    const gone: string[] = [];
    for (const [pin, amounts] of this.#amounts) {
      const kept = withoutBefore(amounts, oldest);
      this.size -= (amounts.length - (kept?.length ?? 0)) / 2;
      set(this.#amounts, pin, kept);
      if (kept === undefined) gone.push(pin);
    }
    for (const [id, sums] of this.#sums) set(this.#sums, id, withoutBefore(sums, oldest));
    return gone;
  }

  #count(engagement: PinInPeriod): void {
    this.size++;
    const place = this.#oldest.findIndex((other) => newestFirst(engagement, other) < 0);
    if (place > 0) this.#oldest.splice(place, 0, engagement);
    else if (place < 0 && this.#oldest.length > 0) this.#oldest.push(engagement);
  }

  /** An eighth of all, so that what is sorted for it is sorted seldom. */
  #findOldest(): PinInPeriod[] {
    const all: PinInPeriod[] = [];
    for (const [pin, amounts] of this.#amounts)
      for (let i = 0; i < amounts.length; i += 2) all.push({ pin, period: amounts[i] });
    return all.sort(newestFirst).slice(-Math.ceil(all.length / 8));
  }

  #add(scores: PinScores, period: number, amount: number): void {
    for (let i = 0; i < scores.length; i += 2) {
      const before = this.#sums.get(scores[i]);
      const after = added(before, period, amount * scores[i + 1]);
      if (after !== before) set(this.#sums, scores[i], after);
    }
  }
}

function set<Key>(sums: Map<Key, PeriodSums>, key: Key, value: PeriodSums | undefined): void {
  if (value === undefined) sums.delete(key);
  else sums.set(key, value);
}
