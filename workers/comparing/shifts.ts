/** By how much scores moved, from before to after. */
export interface ShiftSummary {
  mean: number;
  /** To 0.001. */
  p5: number;
  p50: number;
  p95: number;
  /** How many lie in each class: up to the first of SHIFT_BOUNDS, above it up to the second…, above the last. */
  histogram: number[];
}

/** Where the classes of a histogram of shifts end. */
export const SHIFT_BOUNDS = [-0.2, -0.05, -0.01, 0.01, 0.05, 0.2] as const;

/** Shifts are counted to 1/1000: 16 kB, however many there are. */
const STEPS = 1000;

/** Counts shifts between -1 and 1. */
export class Shifts {
  count = 0;
  #sum = 0;
  readonly #counts = new Float64Array(2 * STEPS + 1);

  add(shift: number): void {
    this.count++;
    this.#sum += shift;
    // Away from 0 on both sides, so that the opposite shifts have the opposite histogram.
    this.#counts[STEPS + Math.sign(shift) * Math.round(Math.abs(shift) * STEPS)]++;
  }

  /** Undefined where there are none. */
  summary(): ShiftSummary | undefined {
    if (this.count === 0) return undefined;
    return {
      mean: this.#sum / this.count,
      p5: this.#percentile(0.05),
      p50: this.#percentile(0.5),
      p95: this.#percentile(0.95),
      histogram: this.#histogram(),
    };
  }

  /** The least shift that so great a share is not above. */
  #percentile(share: number): number {
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i];
      if (seen >= share * this.count) return (i - STEPS) / STEPS;
    }
    return 1;
  }

  #histogram(): number[] {
    const classes = new Array<number>(SHIFT_BOUNDS.length + 1).fill(0);
    this.#counts.forEach((count, i) => {
      const shift = (i - STEPS) / STEPS;
      const above = SHIFT_BOUNDS.findIndex((bound) => shift <= bound);
      classes[above < 0 ? SHIFT_BOUNDS.length : above] += count;
    });
    return classes;
  }
}
