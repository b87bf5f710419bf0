import { setImmediate } from 'node:timers/promises';
import { P2iError } from '../shared/errors/errors.ts';

/**
 * Work that keeps the thread busy, one at a time: other requests are answered between two of them.
 */
export class Turns {
  readonly #most: number;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param most that wait or work at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** Does the work when it is its turn. @throws P2iError OVERLOADED where too many wait; what the work throws */
  async take<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#waiting >= this.#most)
      throw new P2iError('OVERLOADED', `${this.#most} requests wait to be answered already`);
    this.#waiting++;
    const turn = this.#tail.then(() => setImmediate()).then(work);
    this.#tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}
