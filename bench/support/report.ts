/** One figure that a benchmark stands for, with the bound that it must keep. */
export interface Claim {
  /** What is claimed, in words: `300 × 31, batch of 70: engine against LightGBM’s C API`. */
  name: string;
  value: number;
  /** `×` for a ratio. */
  unit: string;
  /** It must not be below. */
  atLeast?: number;
  /** It must not be above. */
  atMost?: number;
  /**
   * It is compared with the last landed value: a ratio, a number of bytes or another figure that does not depend on how
   * fast the machine is today.
   */
  gated?: true;
}

/** Rows of a table, by title. */
export type Tables = Record<string, readonly Record<string, string | number>[]>;

/** What one benchmark found. */
export interface Report {
  claims: readonly Claim[];
  tables: Tables;
}

/**
 * Runs a benchmark that is a file of its own: prints its tables and claims, or with `--json` one document.
 * Call it at the end of the file.
 */
export async function runBenchmark(benchmark: () => Promise<Report>): Promise<void> {
  const report = await benchmark();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  for (const [title, rows] of Object.entries(report.tables)) {
    console.log(title);
    console.table(rows);
  }
  console.table(report.claims.map(claimRow));
}

/** A claim as a row of a printed table. */
export function claimRow(claim: Claim): Record<string, string | number> {
  const bound =
    claim.atLeast !== undefined
      ? `≥ ${claim.atLeast}`
      : claim.atMost !== undefined
        ? `≤ ${claim.atMost}`
        : '';
  return {
    claim: claim.name,
    value: claim.value,
    unit: claim.unit,
    bound,
    holds: holds(claim) ? 'yes' : 'NO',
  };
}

/** True where the claim keeps its bound. */
export function holds({ value, atLeast = -Infinity, atMost = Infinity }: Claim): boolean {
  return value >= atLeast && value <= atMost;
}
