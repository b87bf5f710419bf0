/** Integers by period, none of them 0, the newest period first: period, sum, period, sum… */
export type PeriodSums = number[];

/** The sum of a period. */
export function sumOf(sums: Readonly<PeriodSums>, period: number): number {
  const place = placeOf(sums, period);
  return sums[place] === period ? sums[place + 1] : 0;
}

/** Adds to the sum of a period. @returns the sums, which may be others: undefined where none is left */
export function added(sums: PeriodSums | undefined, period: number, amount: number): PeriodSums | undefined {
  if (sums === undefined) return amount === 0 ? undefined : [period, amount];
  const place = placeOf(sums, period);
  const sum = (sums[place] === period ? sums[place + 1] : 0) + amount;
  if (sums[place] !== period) return amount === 0 ? sums : sums.toSpliced(place, 0, period, amount);
  if (sum !== 0) sums[place + 1] = sum;
  else return sums.length === 2 ? undefined : sums.toSpliced(place, 2);
  return sums;
}

/** The sums without the periods before one: the very same where there are none, undefined where none is left. */
export function withoutBefore(sums: PeriodSums, oldest: number): PeriodSums | undefined {
  let end = sums.length;
  while (end > 0 && sums[end - 2] < oldest) end -= 2;
  if (end === 0) return undefined;
  return end === sums.length ? sums : sums.slice(0, end);
}

/** Where a period is, or would be. */
function placeOf(sums: Readonly<PeriodSums>, period: number): number {
  let place = 0;
  while (place < sums.length && sums[place] > period) place += 2;
  return place;
}
