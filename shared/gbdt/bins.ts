import { MISSING_ZERO, ZERO_THRESHOLD, type GbdtModel } from './model.ts';
import { float32Threshold, getOrAdd } from './binning.ts';

/** What a model can tell apart in a feature that it splits on. Plain data, for other threads too. */
export interface FeatureThresholds {
  feature: number;
  /** Ascending, distinct; null where it splits by category: then every value counts. */
  thresholds: Float32Array | null;
  /** Some split takes 0 as missing. */
  zeroIsMissing: boolean;
}

/** The thresholds of a model, feature by feature. */
export function thresholdsOf(model: GbdtModel): FeatureThresholds[] {
  const thresholds = new Map<number, Set<number>>();
  const categorical = new Set<number>();
  const zeroIsMissing = new Set<number>();
  for (const tree of model.trees) {
    for (let split = 0; split < tree.leaves - 1; split++) {
      const feature = tree.feature[split];
      const ofFeature = getOrAdd(thresholds, feature, () => new Set());
      if (tree.categorical[split]) categorical.add(feature);
      else ofFeature.add(float32Threshold(tree.threshold[split]));
      if (tree.missing[split] === MISSING_ZERO) zeroIsMissing.add(feature);
    }
  }
  return [...thresholds]
    .sort(([a], [b]) => a - b)
    .map(([feature, values]) => ({
      feature,
      thresholds: categorical.has(feature) ? null : Float32Array.from(values).sort(),
      zeroIsMissing: zeroIsMissing.has(feature),
    }));
}

/** The numbers of the bins of a feature: of values in one bin, no split tells which it is. */
export interface FeatureBins {
  readonly feature: number;
  /** Numbers are below this. */
  readonly size: number;
  /** Writes the bin of each value. */
  binsOf(values: Float32Array, bins: Uint32Array): void;
  /** Writes a value of each bin. @throws RangeError where there is no such bin */
  valuesOf(bins: Uint32Array, values: Float32Array): void;
}

export function binsOf(thresholds: FeatureThresholds): FeatureBins {
  return thresholds.thresholds === null
    ? new EveryValue(thresholds.feature)
    : new Intervals(thresholds.feature, thresholds.thresholds, thresholds.zeroIsMissing);
}

/** Cells that the floats between the first threshold and the last are divided into. */
const CELLS = 1024;

/** 0 is NaN, 1 + i what is above i thresholds, and the last one is 0 where some split takes that as missing. */
class Intervals implements FeatureBins {
  readonly feature: number;
  readonly size: number;
  readonly #thresholds: Float32Array;
  readonly #zeroBin: number;
  /** A value of each bin. */
  readonly #values: Float32Array;
  /** By cell: how many thresholds lie in the cells before. */
  readonly #before = new Uint32Array(CELLS);
  readonly #first: number;
  readonly #shift: number;

  constructor(feature: number, thresholds: Float32Array, zeroIsMissing: boolean) {
    this.feature = feature;
    this.#thresholds = thresholds;
    this.#zeroBin = zeroIsMissing ? thresholds.length + 2 : 0;
    this.size = thresholds.length + (zeroIsMissing ? 3 : 2);
    const keys = Array.from(new Int32Array(thresholds.buffer, thresholds.byteOffset, thresholds.length), keyOf);
    this.#first = keys[0];
    const span = keys[keys.length - 1] - this.#first;
    this.#shift = Math.max(0, 32 - Math.clz32(span) - Math.log2(CELLS));
    for (const key of keys) {
      for (let cell = ((key - this.#first) >>> this.#shift) + 1; cell < CELLS; cell++) this.#before[cell]++;
    }
    this.#values = new Float32Array(this.size).fill(NaN);
    for (let bin = 1; bin < thresholds.length + 2; bin++) this.#values[bin] = this.#aValueOf(bin);
    if (zeroIsMissing) this.#values[this.#zeroBin] = 0;
  }

  binsOf(values: Float32Array, bins: Uint32Array): void {
    const thresholds = this.#thresholds;
    const before = this.#before;
    const first = this.#first;
    const shift = this.#shift;
    const least = thresholds[0];
    const last = thresholds.length - 1;
    const most = thresholds[last];
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value <= least) bins[i] = 1;
      else if (value > most) bins[i] = last + 2;
      else if (value !== value) bins[i] = 0;
      else {
        let below = before[(keyOf(bits[i]) - first) >>> shift];
        while (thresholds[below] < value) below++;
        bins[i] = below + 1;
      }
    }
    if (this.#zeroBin === 0) return;
    for (let i = 0; i < values.length; i++) {
      if (Math.abs(values[i]) <= ZERO_THRESHOLD) bins[i] = this.#zeroBin;
    }
  }

  valuesOf(bins: Uint32Array, values: Float32Array): void {
    const ofBin = this.#values;
    for (let i = 0; i < values.length; i++) values[i] = ofBin[bins[i]];
  }

  /** A value that falls into a bin; NaN where none does. */
  #aValueOf(bin: number): number {
    const thresholds = this.#thresholds;
    const own =
      bin <= thresholds.length ? thresholds[bin - 1] : floatAbove(thresholds[thresholds.length - 1]);
    // One that is taken as 0 where zero has a bin of its own: then what lies around zero.
    const tried = Float32Array.of(own, -floatAbove(ZERO_THRESHOLD), floatAbove(ZERO_THRESHOLD));
    const bins = new Uint32Array(tried.length);
    this.binsOf(tried, bins);
    const found = bins.indexOf(bin);
    return found < 0 ? NaN : tried[found];
  }
}

/** The bits of each value. */
class EveryValue implements FeatureBins {
  readonly feature: number;
  readonly size = 2 ** 32;

  constructor(feature: number) {
    this.feature = feature;
  }

  binsOf(values: Float32Array, bins: Uint32Array): void {
    bins.set(new Uint32Array(values.buffer, values.byteOffset, values.length));
  }

  valuesOf(bins: Uint32Array, values: Float32Array): void {
    new Uint32Array(values.buffer, values.byteOffset, values.length).set(bins);
  }
}

/** Of a float's bits, a number in the order of the floats: -0 is just below 0. */
function keyOf(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** The next larger float32; of the infinity, itself. */
function floatAbove(value: number): number {
  if (value === Infinity) return value;
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  bits[0] += value >= 0 ? 1 : -1;
  return float[0];
}
