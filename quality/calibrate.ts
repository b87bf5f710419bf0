import type { ModelManifest } from '../shared/ranking/ranking-model.ts';

/** Scores and whether each was right. */
export interface Judged {
  raw: Float64Array;
  /** 1: people gave the interest, or one below it. */
  right: Uint8Array;
}

const ITERATIONS = 50;

/** Platt scaling (1999): the logistic regression of right on raw, by Newton's method. */
export function fitCalibration({ raw, right }: Judged): ModelManifest['calibration'] {
  let slope = 1;
  let intercept = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (let i = 0; i < raw.length; i++) {
      const p = 1 / (1 + Math.exp(-(slope * raw[i] + intercept)));
      const residual = p - right[i];
      const weight = p * (1 - p);
      g0 += residual;
      g1 += residual * raw[i];
      h00 += weight;
      h01 += weight * raw[i];
      h11 += weight * raw[i] * raw[i];
    }
    const determinant = h00 * h11 - h01 * h01;
    if (determinant === 0) break;
    intercept -= (h11 * g0 - h01 * g1) / determinant;
    slope -= (h00 * g1 - h01 * g0) / determinant;
  }
  return { slope, intercept };
}

/** Expected calibration error over ten equal bins of probability (Guo et al. 2017). */
export function calibrationError(probabilities: Float64Array, right: Uint8Array): number {
  const bins = Array.from({ length: 10 }, () => ({ n: 0, promised: 0, kept: 0 }));
  probabilities.forEach((p, i) => {
    const bin = bins[Math.min(9, Math.floor(p * 10))];
    bin.n++;
    bin.promised += p;
    bin.kept += right[i];
  });
  return bins.reduce((sum, { promised, kept }) => sum + Math.abs(promised - kept), 0) / probabilities.length;
}

/** The threshold, in hundredths, that gives the best F1 over all pairs: what the keep rule cuts at. */
export function bestThreshold(probabilities: Float64Array, right: Uint8Array): number {
  const total = right.reduce((sum, value) => sum + value, 0);
  let best = { threshold: 0, f1: -1 };
  for (let hundredth = 1; hundredth < 100; hundredth++) {
    let kept = 0;
    let found = 0;
    for (let i = 0; i < probabilities.length; i++) {
      if (probabilities[i] * 100 < hundredth) continue;
      kept++;
      found += right[i];
    }
    const f1 = (2 * found) / (kept + total);
    if (f1 > best.f1) best = { threshold: hundredth / 100, f1 };
  }
  return best.threshold;
}
