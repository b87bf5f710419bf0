import { doubled } from '../../shared/arrays/doubled.ts';
import type { PinInterests } from '../publishing/topic.ts';

/** The two sides of a comparison. */
export type SideName = 'before' | 'after';

/** How many Pins have an interest: of those that both sides have. */
export interface InterestCounts {
  before: number;
  after: number;
  /** On both sides. */
  kept: number;
}

/** The interests that either side found, numbered as they come: what Pins are packed with, and counted by. */
export class InterestTable {
  readonly ids: number[] = [];
  readonly #labels: string[] = [];
  readonly #levels: Record<SideName, number[]> = { before: [], after: [] };
  readonly #numbers = new Map<number, number>();
  readonly #counts = { before: new Float64Array(1024), after: new Float64Array(1024) };
  #kept = new Float64Array(1024);

  /** Its number. What it is called is what the side after calls it, where that has it. */
  numberOf({ id, level, label }: PinInterests['interests'][number], side: SideName): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.ids.push(id) - 1;
      this.#numbers.set(id, number);
      if (this.#kept.length === number) this.#grow();
    }
    const levels = this.#levels[side];
    if (levels[number] === undefined) {
      levels[number] = level;
      if (side === 'after' || this.#levels.after[number] === undefined) this.#labels[number] = label;
    }
    return number;
  }

  label(number: number): string {
    return this.#labels[number];
  }

  /** On that side; where that does not have it, on the other. */
  level(number: number, side: SideName): number {
    const other = side === 'before' ? 'after' : 'before';
    return this.#levels[side][number] ?? this.#levels[other][number];
  }

  /** A Pin has it on that side. */
  count(number: number, side: SideName): void {
    this.#counts[side][number]++;
  }

  /** A Pin has it on both sides. */
  countKept(number: number): void {
    this.#kept[number]++;
  }

  counts(number: number): InterestCounts {
    return {
      before: this.#counts.before[number],
      after: this.#counts.after[number],
      kept: this.#kept[number],
    };
  }

  #grow(): void {
    this.#counts.before = doubled(this.#counts.before);
    this.#counts.after = doubled(this.#counts.after);
    this.#kept = doubled(this.#kept);
  }
}
