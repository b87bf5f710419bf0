import { holds, type Claim } from './report.ts';

/** How much worse than it landed a gated claim may be, as a share: machines are noisy. */
export const MAX_WORSENING = 0.15;

/** What was measured when it was last landed: by benchmark, then by the claim's name. */
export type Landed = Record<string, Record<string, number>>;

/** A claim against its bound and against the landed one. */
export interface Verdict {
  benchmark: string;
  claim: Claim;
  /** Undefined where nothing landed. */
  landed?: number;
  /** Share by which it grew since; undefined where nothing landed, or where that is no share of 0. */
  change?: number;
  /** What is wrong with it, as one line; undefined where nothing is. */
  fault?: string;
}

/** Judges the claims of one benchmark. */
export function judge(benchmark: string, claims: readonly Claim[], landed: Landed): Verdict[] {
  return claims.map((claim): Verdict => {
    const before = landed[benchmark]?.[claim.name];
    const change = before === undefined || before === 0 ? undefined : claim.value / before - 1;
    const fault = faultOf(claim, before);
    return {
      ...{ benchmark, claim },
      ...(before !== undefined && { landed: before }),
      ...(change !== undefined && { change }),
      ...(fault !== undefined && { fault: `${benchmark}: ${claim.name}: ${fault}` }),
    };
  });
}

function faultOf(claim: Claim, landed: number | undefined): string | undefined {
  const { value, unit, atLeast, atMost, gated } = claim;
  if (!holds(claim)) {
    return value < (atLeast ?? -Infinity)
      ? `${value} ${unit} is below ${atLeast}`
      : `${value} ${unit} is above ${atMost}`;
  }
  if (!gated || landed === undefined) return undefined;
  // The less the better is only what has a bound above it.
  const worst = atMost === undefined ? landed * (1 - MAX_WORSENING) : landed * (1 + MAX_WORSENING);
  const worse = atMost === undefined ? value < worst : value > worst;
  return worse
    ? `${value} ${unit} is more than ${100 * MAX_WORSENING} % worse than the ${landed} that landed`
    : undefined;
}

/** Lines on claims that landed and that the benchmark makes no more: nobody would notice if they broke. */
export function dropped(benchmark: string, claims: readonly Claim[], landed: Landed): string[] {
  const made = new Set(claims.map(({ name }) => name));
  return Object.keys(landed[benchmark] ?? {})
    .filter((name) => !made.has(name))
    .map((name) => `${benchmark}: ${name}: landed, but is not measured any more`);
}

/** What lands with those claims: they take the place of the benchmark's; other benchmarks keep theirs. */
export function land(benchmark: string, claims: readonly Claim[], landed: Landed): Landed {
  return { ...landed, [benchmark]: Object.fromEntries(claims.map(({ name, value }) => [name, value])) };
}
