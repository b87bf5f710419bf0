import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An option parser: an ISO time, or how long ago (`90s`, `15m`, `2h`, `7d`), as milliseconds since 1970. */
export function timeOption(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Date.now() - Number(count) * UNIT_MS[unit];
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError(
      'It must be a time like 2026-01-31T06:00Z, or how long ago: 90s, 15m, 2h, 7d.',
    );
  return time;
}
