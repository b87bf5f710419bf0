/**
 * e^x with the bits of the GNU C library (2.28 and later, on a processor with fused multiply-add), which official
 * LightGBM calls for its probabilities. `Math.exp` differs from it in the last bit for a tenth of all arguments.
 *
 * The algorithm is that of Arm's optimized routines (Szabolcs Nagy, math/exp.c): x = k ln2/128 + r, and
 * e^x = 2^(k/128) (1 + tmp), tmp a polynomial in r, with |error| below 0.509 ulp. JavaScript has no fused
 * multiply-add; so e^x is first computed without, and where the rounding of its last step hangs on the difference (3 %
 * of arguments) once more with every fused operation done exactly.
 */

const TABLE_SIZE = 128;
const INVERSE_LN2_N = 1.4426950408889634 * TABLE_SIZE;
/** -ln2/128 in two parts; the high one times k is exact. */
const NEGATIVE_LN2_HIGH = -0.005415212348111709;
const NEGATIVE_LN2_LOW = -1.2864023111638346e-14;
const C2 = 0.49999999999996786;
const C3 = 0.16666666666665886;
const C4 = 0.0416666808410674;
const C5 = 0.008333335853059549;
/** Adding and subtracting it rounds to an integer, ties to even. */
const ROUNDING_SHIFT = 1.5 * 2 ** 52;
const OVERFLOW_AT = 709.782712893384;

/** 2^(k/128) is nearly POWER[k] * (1 + POWER_TAIL[k]). */
const POWER = new Float64Array(TABLE_SIZE);
const POWER_TAIL = new Float64Array(TABLE_SIZE);
fillPowers();

/**
 * @param x at least -512 for exact bits: below, e^x vanishes against the 1 it is added to
 * @returns e^x
 */
export function exp(x: number): number {
  if (x > OVERFLOW_AT) return Infinity;
  if (!(x >= -512)) return Math.exp(x);
  const product = INVERSE_LN2_N * x;
  const k = product + ROUNDING_SHIFT - ROUNDING_SHIFT;
  // Near a tie the fused product may round to the other k.
  if (Math.abs(Math.abs(product - k) - 0.5) < 1e-9) return expFused(x);

  const r = x + k * NEGATIVE_LN2_HIGH + k * NEGATIVE_LN2_LOW;
  const r2 = r * r;
  const index = k & (TABLE_SIZE - 1);
  const tmp = POWER_TAIL[index] + r + r2 * (C2 + r * C3) + r2 * r2 * (C4 + r * C5);
  const power = POWER[index];
  const step = power * tmp;
  const sum = power + step;
  // `step` is within 2^-58 of its fused value, so the sum is certain unless what it rounds off is that near to a tie.
  const roundedOff = Math.abs(step - (sum - power));
  const tie = sum > 1 ? 2 ** -53 : 2 ** -54;
  if (roundedOff >= tie - 2 ** -58) return expFused(x);
  return scale(sum, (k - index) / TABLE_SIZE);
}

function expFused(x: number): number {
  const k = fusedMultiplyAdd(INVERSE_LN2_N, x, ROUNDING_SHIFT) - ROUNDING_SHIFT;
  const r = fusedMultiplyAdd(k, NEGATIVE_LN2_LOW, fusedMultiplyAdd(k, NEGATIVE_LN2_HIGH, x));
  const r2 = r * r;
  const index = k & (TABLE_SIZE - 1);
  const low = fusedMultiplyAdd(r2, fusedMultiplyAdd(r, C3, C2), POWER_TAIL[index] + r);
  const tmp = fusedMultiplyAdd(r2 * r2, fusedMultiplyAdd(r, C5, C4), low);
  const power = POWER[index];
  return scale(fusedMultiplyAdd(power, tmp, power), (k - index) / TABLE_SIZE);
}

/** value * 2^exponent in two steps, as 2^1024 is beyond float64. */
function scale(value: number, exponent: number): number {
  const half = exponent >> 1;
  return value * 2 ** half * 2 ** (exponent - half);
}

const WORDS = new Uint32Array(2);
const DOUBLE = new Float64Array(WORDS.buffer);
const LOW_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/**
 * a * b + c rounded once, where nothing over- or underflows: the exact product and sum as three addends, the lower ones
 * added with rounding to odd (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
 */
function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const productError = multiplyError(a, b, product);
  const low = c + productError;
  const lowError = addError(c, productError, low);
  const high = product + low;
  const highError = addError(product, low, high);
  return high + addToOdd(lowError, highError);
}

/** a + b - sum, exactly (Knuth's two-sum). */
function addError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  return a - (sum - bRounded) + (b - bRounded);
}

/** a * b - product, exactly (Dekker's two-product). */
function multiplyError(a: number, b: number, product: number): number {
  const aScaled = 134217729 * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = 134217729 * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** a + b; where inexact, the neighbour with an odd last bit. */
function addToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = addError(a, b, sum);
  if (error === 0) return sum;
  DOUBLE[0] = sum;
  if ((WORDS[LOW_WORD] & 1) === 1) return sum;
  if (error > 0 === sum > 0) {
    WORDS[LOW_WORD] |= 1;
  } else {
    if (WORDS[LOW_WORD] === 0) WORDS[1 - LOW_WORD]--;
    WORDS[LOW_WORD]--;
  }
  return DOUBLE[0];
}

/** By exact integer arithmetic with 256 bits after the point: the 128th root of 2 is seven square roots. */
function fillPowers(): void {
  const fractionBits = 256n;
  let root = 2n << fractionBits;
  for (let i = 0; i < 7; i++) root = integerSquareRoot(root << fractionBits);
  let power = 1n << fractionBits;
  for (let k = 0; k < TABLE_SIZE; k++) {
    POWER[k] = toNearestDouble(power, Number(fractionBits));
    const rounded = BigInt(POWER[k] * 2 ** 52) << (fractionBits - 52n);
    POWER_TAIL[k] = toNearestDouble(((power - rounded) << fractionBits) / rounded, Number(fractionBits));
    power = (power * root) >> fractionBits;
  }
}

function integerSquareRoot(n: bigint): bigint {
  let guess = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** n / 2^fractionBits, where n has at least 53 significant bits or is 0; `Number` rounds to nearest, ties to even. */
function toNearestDouble(n: bigint, fractionBits: number): number {
  return Number(n) / 2 ** fractionBits;
}
