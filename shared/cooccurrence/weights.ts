/**
 * Weights are whole numbers of hundredths, so that sums do not depend on the order of addition and a replay or a
 * resumed run ends with the same bytes. One Pin whose interests people stated counts UNIT.
 */
export const UNIT = 100;

/**
 * What a Pin counts whose interests were only read off its text: text names an interest that the Pin is about far
 * less reliably than an annotation does, but in a corpus without annotations it is all there is.
 */
export const TEXT_TRUST = 10;
