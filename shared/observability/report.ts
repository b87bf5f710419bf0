import { PHASES, type Phase } from '../stream/observer.ts';
import type { StageName } from '../stream/stage.ts';

/** Where a stage's time went. */
export interface StageReport {
  stage: StageName;
  pinsIn: number;
  pinsOut: number;
  pinsFailed: number;
  seconds: Record<Phase, number>;
  /** Share of the wall time in which it did anything but poll, in [0, 1]. */
  busyShare: number;
  /** Throughput of one core that does nothing but this stage. */
  pinsPerBusySecond: number;
}

/** The reports as a table for people: seconds by phase, busy share, Pins a second and core. */
export function formatPhaseReport(reports: readonly StageReport[]): string {
  const rows = [['stage', 'pins', 'failed', ...PHASES, 'busy', 'Pins/s/core']];
  for (const { stage, pinsIn, pinsFailed, seconds, busyShare, pinsPerBusySecond } of reports) {
    rows.push([
      stage,
      String(pinsIn),
      String(pinsFailed),
      ...PHASES.map((phase) => `${seconds[phase].toFixed(2)} s`),
      `${(100 * busyShare).toFixed(0)} %`,
      pinsPerBusySecond.toFixed(0),
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
