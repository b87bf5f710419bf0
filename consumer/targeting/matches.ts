import { PositionBits } from './positions/bits.ts';
import { PositionList } from './positions/list.ts';
import type { Positions } from './positions/positions.ts';
import type { SpareBits } from './positions/spare-bits.ts';
import type { PromotedPins } from './promoted-pins.ts';

/**
 * The promoted Pins that fit a targeting, as they were when it was asked: it may be kept while the index changes, except
 * that Pins that are withdrawn meanwhile are passed over. Nothing is made of a Pin before it is asked for.
 *
 * Who asks often disposes of it (`using matches = index.filter(…)`), so that its memory serves the next answer; there is
 * nothing in it then.
 */
export class TargetingMatches implements Iterable<string>, Disposable {
  readonly #pins: PromotedPins;
  readonly #spare: SpareBits;
  readonly #moment: number;
  #positions: Positions;

  /** @param spare where the bits of `positions` go in the end */
  constructor(pins: PromotedPins, positions: Positions, spare: SpareBits) {
    this.#pins = pins;
    this.#positions = positions;
    this.#spare = spare;
    this.#moment = pins.moment;
  }

  /** How many there were. */
  get count(): number {
    return this.#positions.size;
  }

  has(pin: string): boolean {
    const position = this.#pins.positionOf(pin, this.#moment);
    return position !== undefined && this.#positions.has(position);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#from(0);
  }

  /**
   * Some of the Pins. The order is the same in every answer, and says nothing.
   *
   * @param skip how many of `count` to leave out first: a random one spreads what is taken over all
   */
  take(most: number, skip: number = 0): string[] {
    const taken: string[] = [];
    for (const pin of this.#from(skip)) {
      if (taken.length >= most) break;
      taken.push(pin);
    }
    return taken;
  }

  [Symbol.dispose](): void {
    if (this.#positions instanceof PositionBits) this.#spare.give(this.#positions);
    this.#positions = new PositionList();
  }

  *#from(skip: number): Generator<string, undefined> {
    for (const position of this.#positions.values(skip)) {
      const pin = this.#pins.pinAt(position, this.#moment);
      if (pin !== undefined) yield pin;
    }
  }
}
