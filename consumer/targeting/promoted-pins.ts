import { doubled } from '../../shared/arrays/doubled.ts';

/**
 * The Pins that are promoted, each at a position of its own. A position that a withdrawn Pin leaves is taken again by
 * another; who remembers positions remembers the moment with them, and is told of nobody that came later.
 */
export class PromotedPins {
  readonly #positions = new Map<string, number>();
  /** By position; undefined where it is free. */
  readonly #pins: (string | undefined)[] = [];
  readonly #free: number[] = [];
  /** By position: which promotion that was, from 1 on. */
  #promotedAt = new Float64Array(1 << 8);
  #promotions = 0;

  get size(): number {
    return this.#positions.size;
  }

  /** Passes with each promotion. */
  get moment(): number {
    return this.#promotions;
  }

  /** The Pin's position now; undefined where it is not promoted. @param moment so that later promotions do not count */
  positionOf(pin: string, moment: number = this.#promotions): number | undefined {
    const position = this.#positions.get(pin);
    return position !== undefined && this.#promotedAt[position] <= moment ? position : undefined;
  }

  /** The Pin that is at a position since then or longer. */
  pinAt(position: number, moment: number): string | undefined {
    return this.#promotedAt[position] <= moment ? this.#pins[position] : undefined;
  }

  /** Gives a Pin that has none a position: a free one, or the next. */
  add(pin: string): number {
    const position = this.#free.pop() ?? this.#pins.length;
    if (position >= this.#promotedAt.length) this.#promotedAt = doubled(this.#promotedAt);
    this.#positions.set(pin, position);
    this.#pins[position] = pin;
    this.#promotedAt[position] = ++this.#promotions;
    return position;
  }

  /** Takes the position of a Pin that has one. */
  remove(pin: string): void {
    const position = this.#positions.get(pin)!;
    this.#positions.delete(pin);
    this.#pins[position] = undefined;
    this.#free.push(position);
  }
}
