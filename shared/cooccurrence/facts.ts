/** What one Pin adds to the co-occurrence statistics. */
export interface PinFacts {
  /** Hash of the Pin id: the order of the bottom-k samples. */
  pin: number;
  version: number;
  /** Weight of the Pin in units of weights.ts. */
  trust: number;
  /** Distinct hashes of its terms. */
  terms: Float64Array;
  /** Distinct hashes of its boards. */
  boards: Float64Array;
  /** Distinct interest ids of its precise matches, with their ancestors. */
  interests: Int32Array;
  /** Weight of each interest, at most `trust`. */
  weights: Int32Array;
}
