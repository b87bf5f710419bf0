import { SingleBar } from 'cli-progress';
import type { P2iError } from '../shared/errors/errors.ts';

/** Writes lines for people to the standard output. */
export function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes what `--json` promises: one JSON document on the standard output, and nothing else there. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Tells of what was passed over, on the standard error. */
export function warn({ code, message }: P2iError): void {
  process.stderr.write(`warning ${code} ${message}\n`);
}

/** A count as people read it: `16,632`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** A count with its noun: `1 child`, `7 children`. */
export function countOf(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A duration as people read it: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/**
 * Lays rows out in columns under a header; a column of numbers is aligned to the right.
 * A string cell may be of any script: East Asian characters take two places.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)));
  const widths = header.map((title, column) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[column]))),
  );
  const numeric = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const layOut = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column] - displayWidth(cell));
        return numeric[column] ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [layOut(header), layOut(widths.map((width) => '─'.repeat(width))), ...cells.map(layOut)].join('\n');
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(4);
}

const WIDE =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/gu;

/** Places that a text takes in a terminal. */
export function displayWidth(text: string): number {
  const visible = text.replace(NO_WIDTH, '');
  return [...visible].length + (visible.match(WIDE)?.length ?? 0);
}

const SECONDS_BETWEEN_LINES = 5;

/**
 * Progress of a long job on the standard error: a bar with rate and time left on a terminal, elsewhere a plain line
 * every few seconds.
 */
export class Progress {
  readonly #label: string;
  readonly #unit: string;
  readonly #total: number | undefined;
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = performance.now();
  #lastLineAt = performance.now();
  #done = 0;

  /**
   * @param label what is going on: `classifying`
   * @param unit what is counted, in the plural: `Pins`
   * @param total how many there will be; undefined where nobody knows (a stream)
   */
  constructor(label: string, unit: string, total: number | undefined) {
    this.#label = label;
    this.#unit = unit;
    this.#total = total;
    if (!process.stderr.isTTY || total === undefined) return;
    this.#bar = new SingleBar({
      format: `${label} {bar} {percentage} % · {status}`,
      stream: process.stderr,
      hideCursor: true,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
    });
    this.#bar.start(total, 0, { status: '' });
  }

  /** Says that `done` are done in all, not since the last call. Cheap enough to call for each batch. */
  update(done: number): void {
    this.#done = done;
    if (this.#bar) {
      this.#bar.update(done, { status: this.#status() });
      return;
    }
    const now = performance.now();
    if (now - this.#lastLineAt < SECONDS_BETWEEN_LINES * 1000) return;
    this.#lastLineAt = now;
    process.stderr.write(`${this.#label}: ${this.#status()}\n`);
  }

  /** Ends the bar, or writes a last line. @returns seconds since the start */
  stop(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    if (this.#bar) this.#bar.stop();
    else process.stderr.write(`${this.#label}: ${this.#status()}, took ${formatSeconds(seconds)}\n`);
    return seconds;
  }

  #status(): string {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? this.#done / seconds : 0;
    const parts = [`${formatCount(rate)} ${this.#unit}/s`];
    if (this.#total === undefined) parts.unshift(`${formatCount(this.#done)} ${this.#unit}`);
    else {
      parts.unshift(`${formatCount(this.#done)} of ${formatCount(this.#total)} ${this.#unit}`);
      const left = this.#total - this.#done;
      if (left > 0 && rate > 0) parts.push(`${formatSeconds(left / rate)} left`);
    }
    return parts.join(', ');
  }
}
