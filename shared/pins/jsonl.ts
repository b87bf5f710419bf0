import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { P2iError, type ErrorCode } from '../errors/errors.ts';
import { boundedLines, type Line } from './lines.ts';
import { parsePin, PIN_LIMITS } from './parse.ts';
import type { Pin } from './pin.ts';

/** What a reader has seen so far. pins + the sum of errors = the lines that are not blank. */
export interface PinInputCounts {
  /** Valid Pins given out. */
  pins: number;
  /** Of these, Pins with broken text (a lone surrogate, bytes that are not UTF-8) mended with U+FFFD. */
  repaired: number;
  /** Refused lines by code. */
  errors: Map<ErrorCode, number>;
}

/**
 * Reads Pins from JSONL, one a line, as docs/pins.md has it. Iterating gives, for each line that is not blank, a Pin
 * or the P2iError that says what is wrong with the line: PIN_MALFORMED_JSON, PIN_INVALID, PIN_TOO_LARGE or
 * PIN_DUPLICATE. A bad line never stops its neighbours. Iterating throws INPUT_UNREADABLE where the input ends early.
 *
 * Memory: one line, and the id of every Pin read (duplicates are found over the whole input).
 */
export class PinReader implements AsyncIterable<Pin | P2iError> {
  readonly counts: PinInputCounts = { pins: 0, repaired: 0, errors: new Map() };
  readonly #input: AsyncIterable<Uint8Array>;
  readonly #name: string;
  readonly #seen = new SeenPins();

  /** @param name what errors call the input: `NAME:LINE` */
  constructor(input: AsyncIterable<Uint8Array>, name: string) {
    this.#input = input;
    this.#name = name;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Pin | P2iError> {
    const lines = boundedLines(this.#input, PIN_LIMITS.lineBytes);
    try {
      for await (const line of lines) {
        const text = textOf(line);
        if (text?.trim() !== '') yield this.#read(line, text);
      }
    } catch (cause) {
      if (cause instanceof P2iError) throw cause;
      const message = `the Pins cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
      throw new P2iError('INPUT_UNREADABLE', message, { where: this.#name, cause });
    }
  }

  #read(line: Line, text: string | undefined): Pin | P2iError {
    try {
      const { pin, repaired } = this.#parse(line, text);
      this.counts.pins++;
      if (repaired) this.counts.repaired++;
      return pin;
    } catch (error) {
      if (!(error instanceof P2iError)) throw error;
      this.counts.errors.set(error.code, (this.counts.errors.get(error.code) ?? 0) + 1);
      return error;
    }
  }

  #parse(line: Line, text: string | undefined): { pin: Pin; repaired: boolean } {
    const where = `${this.#name}:${line.number}`;
    if (line.bytes === null || text === undefined) {
      const message = `the line is longer than ${PIN_LIMITS.lineBytes.toLocaleString('en')} bytes`;
      throw new P2iError('PIN_TOO_LARGE', message, { where });
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new P2iError('PIN_MALFORMED_JSON', (cause as SyntaxError).message, { where, cause });
    }
    const { pin, repaired } = parsePin(value, where);
    const firstLine = this.#seen.add(pin, line.number);
    if (firstLine !== undefined) {
      const message = `Pin ${pin.id} of version ${pin.version} is already on line ${firstLine}`;
      throw new P2iError('PIN_DUPLICATE', message, { where });
    }
    return { pin, repaired: repaired || !isUtf8(line.bytes) };
  }
}

/** The line as text, without a byte order mark; undefined where the line is too long. */
function textOf({ number, bytes }: Line): string | undefined {
  const text = bytes?.toString('utf8');
  return number === 1 && text?.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Opens a file of Pins; `-` is the standard input. */
export function openPins(path: string): PinReader {
  return path === '-' ? new PinReader(process.stdin, 'stdin') : new PinReader(bytesOf(path), path);
}

/** Opens the file only when it is read, so that whoever reads hears of a file that is not there. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

/** A Map of V8 holds at most 2^24 entries. */
const MAP_CAPACITY = 2 ** 24 - 1;

/** The line of every (id, version) seen. */
class SeenPins {
  readonly #lines = [new Map<string, number>()];

  /** Remembers the Pin. @returns the line that it was first seen on, undefined where this is the first */
  add(pin: Pin, line: number): number | undefined {
    const key = `${pin.version}:${pin.id}`;
    for (const lines of this.#lines) {
      const firstLine = lines.get(key);
      if (firstLine !== undefined) return firstLine;
    }
    if (this.#lines.at(-1)!.size >= MAP_CAPACITY) this.#lines.push(new Map());
    this.#lines.at(-1)!.set(key, line);
    return undefined;
  }
}
