import { P2iError } from '../errors/errors.ts';

const TAB = '\t'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);

/** Digits that a double holds exactly, the point among them. */
const MAX_DIGITS = 15;

/** A number as it is written in the files of a language. */
const NUMBER = /^-?\d+(\.\d+)?(e-?\d+)?$/;

/**
 * Where a UTF-16 unit stands first, from `start`; `end` where it does not stand before that. Not indexOf, which would look
 * for it beyond.
 */
export function indexWithin(text: string, unit: number, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== unit) at++;
  return at;
}

/** Reads lines of cells that tabs part, without cutting them out: the cell in hand is `text` from `start` until `end`. */
export class LineReader {
  readonly text: string;
  readonly #path: string;
  /** Lines read. */
  lines = 0;
  start = 0;
  end = -1;
  #lineEnd = -1;

  /** @param path the file that the text is from */
  constructor(text: string, path: string) {
    this.text = text;
    this.#path = path;
  }

  /** Goes to the next line, before its first cell. Returns false behind the last. */
  next(): boolean {
    const from = this.#lineEnd + 1;
    if (from >= this.text.length) return false;
    const end = this.text.indexOf('\n', from);
    this.#lineEnd = end < 0 ? this.text.length : end;
    this.end = from - 1;
    this.lines++;
    return true;
  }

  /** Goes to the next cell of the line. Returns false where there is none. */
  nextCell(): boolean {
    if (this.end >= this.#lineEnd) return false;
    this.start = this.end + 1;
    this.end = indexWithin(this.text, TAB, this.start, this.#lineEnd);
    return true;
  }

  /** The number in (0, 1] at `start` until `end`. @throws P2iError ARTEFACT_INVALID */
  share(start: number, end: number): number {
    const share = this.number(start, end);
    if (share > 0 && share <= 1) return share;
    throw this.invalid(`${share} is not above 0 and at most 1`);
  }

  /** @throws P2iError ARTEFACT_INVALID where there is none */
  number(start: number, end: number): number {
    return this.#decimal(start, end) ?? this.#anyNumber(start, end);
  }

  /** A number of a few digits, as nearly all are, without cutting it out; undefined where it is another, or none. */
  #decimal(start: number, end: number): number | undefined {
    const isNegative = this.text.charCodeAt(start) === MINUS;
    const first = isNegative ? start + 1 : start;
    if (end - first > MAX_DIGITS || first >= end) return undefined;
    let digits = 0;
    let scale = 0;
    for (let i = first; i < end; i++) {
      const code = this.text.charCodeAt(i);
      if (code === POINT && scale === 0 && i > first && i + 1 < end) scale = 1;
      else if (code >= ZERO && code < ZERO + 10) {
        digits = 10 * digits + code - ZERO;
        scale *= 10;
      } else return undefined;
    }
    // One division of two whole numbers: exactly what the digits say, rounded once.
    const size = scale === 0 ? digits : digits / scale;
    return isNegative ? -size : size;
  }

  #anyNumber(start: number, end: number): number {
    const written = this.text.slice(start, end);
    const number = Number(written);
    if (NUMBER.test(written) && Number.isFinite(number)) return number;
    throw this.invalid(`${JSON.stringify(written)} is no number`);
  }

  /** That the line in hand is wrong. */
  invalid(message: string): P2iError {
    return new P2iError('ARTEFACT_INVALID', message, { where: `${this.#path}:${this.lines}` });
  }
}
