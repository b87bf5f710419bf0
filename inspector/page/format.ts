/** A count as people read it: `16,632`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A count with its noun. */
export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A score between 0 and 1. */
export function score(value: number): string {
  return value.toFixed(3);
}

/** Log-odds, with their sign. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** Any number of a table: as short as it can be. */
export function number(value: number | null): string {
  if (value === null) return 'missing';
  if (Number.isInteger(value)) return count(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : value.toPrecision(3);
}

/** A share as per cent. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** A time, in the reader's own zone. */
export function time(of: string | number): string {
  return new Date(of).toLocaleString('en-GB', {
    ...{ year: 'numeric', month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
}

/** A duration: `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** `camelCase` in words. */
export function words(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}
